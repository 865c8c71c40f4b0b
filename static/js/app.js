// What HTML cannot do by itself: copying, saving, hiding, opening the dialog, keeping the focus.
"use strict";

const live = () => document.getElementById("live");

function announce(message) {
  live().textContent = "";
  setTimeout(() => { live().textContent = message; }, 50);
}

const textOf = (id) => document.getElementById(id).textContent;

async function copy(button) {
  await navigator.clipboard.writeText(textOf(button.dataset.copy));
  const word = button.querySelector("[data-copied]");
  const before = word.textContent;
  if (button.classList.contains("is-copied")) return;
  button.classList.add("is-copied");
  word.textContent = word.dataset.copied;
  announce(word.dataset.copied);
  setTimeout(() => {
    button.classList.remove("is-copied");
    word.textContent = before;
  }, 2000);
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

function hide(button) {
  document.getElementById(button.dataset.hide).classList.toggle("is-hidden", press(button));
}

function reveal(button) {
  document.getElementById(button.dataset.reveal).type = press(button) ? "text" : "password";
}

const actions = { copy, download, hide, reveal };

document.addEventListener("click", (event) => {
  for (const [name, action] of Object.entries(actions)) {
    const button = event.target.closest(`[data-${name}]`);
    if (button) action(button);
  }
  closeMenus(event.target.closest(".menu"));
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

document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && event.target.closest(".menu[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

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
  if (!dialog || dialog.open || event.detail.ctx.target !== dialog) return;
  closeMenus(null);
  dialog.showModal();
});

document.addEventListener("close", () => opener?.isConnected && opener.focus(), true);

document.addEventListener("htmx:error", () => announce("CalmBoard did not answer. Try again."));

function markCurrentSection(entries) {
  const entry = entries.find((candidate) => candidate.isIntersecting);
  if (!entry) return;
  for (const link of document.querySelectorAll('.contents a[href*="#"]')) {
    if (link.hash === `#${entry.target.id}`) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

const observer = new IntersectionObserver(markCurrentSection, { rootMargin: "-15% 0px -75%" });
for (const section of document.querySelectorAll(".with-contents .section")) observer.observe(section);
