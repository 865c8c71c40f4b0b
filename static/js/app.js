// What HTML cannot do by itself: copying, saving, hiding, opening the dialog, keeping the focus.
"use strict";

const live = () => document.getElementById("live");

function announce(message) {
  live().textContent = "";
  setTimeout(() => { live().textContent = message; }, 50);
}

const textOf = (id) => document.getElementById(id).textContent;

const COPY_KEYS = /Mac|iPhone|iPad/.test(navigator.platform) ? "⌘C" : "Ctrl+C";

async function copy(button) {
  const source = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(source.textContent);
    tell(button, button.querySelector("[data-copied]").dataset.copied, "is-copied");
  } catch {
    // No permission, or no TLS: the keyboard may copy what is selected. Hidden text cannot be selected.
    if (source.matches(".is-hidden")) document.querySelector(`[data-hide="${source.id}"]`)?.click();
    getSelection().selectAllChildren(source);
    tell(button, `Press ${COPY_KEYS}`, "is-selected");
  }
}

function tell(button, sentence, state) {
  const word = button.querySelector("[data-copied]");
  announce(sentence);
  if (button.matches(".is-copied, .is-selected")) return;
  const before = word.textContent;
  button.classList.add(state);
  word.textContent = sentence;
  setTimeout(() => {
    button.classList.remove(state);
    word.textContent = before;
  }, state === "is-copied" ? 2000 : 6000);
}

function download(button) {
  const content = `${button.dataset.before}${textOf(button.dataset.download)}\n`;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type: "text/plain" }));
  link.download = button.dataset.file;
  link.click();
  URL.revokeObjectURL(link.href);
}

function press(button) {
  const isOn = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", String(isOn));
  button.classList.toggle("is-on", isOn);
  return isOn;
}

// Every place of the secret, in lines of code too.
function hide(button) {
  const isOn = press(button);
  const secret = textOf(button.dataset.hide);
  for (const place of document.querySelectorAll(`#${button.dataset.hide}, .code-yours`)) {
    if (place.textContent === secret) place.classList.toggle("is-hidden", isOn);
  }
}

function reveal(button) {
  document.getElementById(button.dataset.reveal).type = press(button) ? "text" : "password";
}

function showExactTime(time) {
  if (time.classList.toggle("is-exact")) announce(time.title);
}

const actions = { copy, download, hide, reveal };

document.addEventListener("click", (event) => {
  for (const [name, action] of Object.entries(actions)) {
    const button = event.target.closest(`[data-${name}]`);
    if (button) action(button);
  }
  const time = event.target.closest("time[data-exact]");
  if (time) showExactTime(time);
  closeMenus(event.target.closest(".menu"));
  closeContents(event.target.closest(".contents-fold a"));
  const closeLink = event.target.closest("dialog [data-close]");
  if (!closeLink) return;
  event.preventDefault();
  closeLink.closest("dialog").close();
});

function closeMenus(except) {
  for (const menu of document.querySelectorAll(".menu[open]")) {
    if (menu !== except) menu.open = false;
  }
}

// On a small screen the contents stand in front of the part that they lead to.
function closeContents(link) {
  if (link) link.closest(".contents-fold").open = false;
}

document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && document.querySelector(".menu[open]");
  if (!menu) return;
  menu.open = false;
  if (menu.contains(document.activeElement)) menu.querySelector("summary").focus();
});

// A menu closes when the focus goes elsewhere, and opens inside of the screen.
document.addEventListener("focusout", (event) => {
  const menu = event.target.closest(".menu[open]");
  if (menu && event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
});

document.addEventListener("toggle", (event) => {
  if (event.target.matches(".menu[open]")) event.target.querySelector(".menu-list").scrollIntoView({ block: "nearest" });
}, true);

// A required checkbox shows our own message beside it.
document.addEventListener("invalid", (event) => {
  const box = event.target;
  const error = document.getElementById(box.dataset.error);
  if (!error) return;
  event.preventDefault();
  error.querySelector("span").textContent = box.dataset.why;
  error.hidden = false;
  box.setAttribute("aria-invalid", "true");
  box.setAttribute("aria-describedby", error.id);
  box.focus();
}, true);

let opener = null;

document.addEventListener("htmx:before:request", (event) => {
  const source = event.detail.ctx.sourceElement;
  if (!source.closest("dialog")) opener = source.closest(".menu")?.querySelector("summary") ?? source;
});

// The dialog makes the rest of the page inert: it closes before the response moves the focus there.
document.addEventListener("htmx:before:swap", (event) => {
  const dialog = document.getElementById("dialog");
  if (dialog?.open && event.detail.ctx.hx?.retarget !== "#dialog") dialog.close();
});

document.addEventListener("htmx:after:swap", (event) => {
  const dialog = document.getElementById("dialog");
  if (!dialog || dialog.open || ![dialog, "#dialog"].includes(event.detail.ctx.target)) return;
  closeMenus(null);
  dialog.showModal();
});

document.addEventListener("close", () => opener?.isConnected && opener.focus(), true);

function markCurrentSection(entries) {
  const entry = entries.find((candidate) => candidate.isIntersecting);
  if (!entry) return;
  for (const link of document.querySelectorAll('.contents a[href*="#"]')) {
    if (link.hash !== `#${entry.target.id}`) {
      link.removeAttribute("aria-current");
      continue;
    }
    link.setAttribute("aria-current", "true");
    const list = link.closest(".contents");
    if (list.scrollHeight > list.clientHeight) list.scrollTop = link.offsetTop - list.clientHeight / 2;
  }
}

const observer = new IntersectionObserver(markCurrentSection, { rootMargin: "-15% 0px -75%" });
for (const section of document.querySelectorAll(".with-contents .section")) observer.observe(section);
