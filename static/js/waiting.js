// Between a press and its answer: the control is busy and inert, and a failure is told beside it, with a way to try again.
"use strict";

htmx.config.defaultTimeout = 30_000;

// A page that is still there so long after its form was sent got a file as the answer, or its person stopped it.
const STAYS_MS = 30_000;

const BUSY = '[aria-busy="true"]:is(a, button), form[data-sending] :is(button:not([type="button"]))';

// The parts that a note stands after or before; in a row it comes last.
const AFTER = ".buttons, .callbacks-end, .more, .tab-row, .choices, form";

const notes = new WeakMap();

function begin(control, form) {
  control?.setAttribute("aria-busy", "true");
  form?.toggleAttribute("data-sending", true);
}

function end(control, form) {
  control?.removeAttribute("aria-busy");
  form?.removeAttribute("data-sending");
}

function stop(event) {
  event.preventDefault();
  event.stopImmediatePropagation();
}

document.addEventListener("click", (event) => event.target.closest(BUSY) && stop(event), true);
document.addEventListener("submit", (event) => event.target.hasAttribute("data-sending") && stop(event), true);

// Enter presses a button that nobody sees; the one that is seen shows that it was.
const shownButton = (form, submitter) => (submitter?.ariaHidden ? form.querySelector(".button-primary") : submitter);

// Forms that scripts send themselves are prevented by now.
window.addEventListener("submit", (event) => {
  const form = event.target;
  const target = event.submitter?.formTarget || form.target;
  if (event.defaultPrevented || form.method === "dialog" || (target && target !== "_self")) return;
  const control = shownButton(form, event.submitter);
  begin(control, form);
  setTimeout(() => end(control, form), STAYS_MS);
});

window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll("form[data-sending]")) end(null, form);
  for (const control of document.querySelectorAll('[aria-busy="true"]')) end(control, null);
});

const isPoll = (ctx) => ctx.sourceElement.matches("[data-poll]");

function partsOf({ sourceElement: source, request }) {
  const form = source.matches("form") ? source : null;
  const pressed = form ? shownButton(form, request.submitter) ?? form.querySelector("button") : source;
  return [pressed?.matches("a, button") ? pressed : null, form];
}

const notedAt = (ctx) => partsOf(ctx)[0] ?? ctx.sourceElement;

document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
  notes.get(notedAt(ctx))?.remove();
  begin(...partsOf(ctx));
});

// A page that is being left stays busy.
document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => ctx.keepIndicators || end(...partsOf(ctx)));

document.addEventListener("htmx:after:request", (event) => {
  const { ctx } = event.detail;
  if (ctx.response.status < 500 && ctx.response.status !== 429) return;
  event.preventDefault();
  fail(ctx, Number(ctx.response.headers.get("Retry-After")));
});

document.addEventListener("htmx:error", (event) => event.detail.ctx && fail(event.detail.ctx, 0));

function fail(ctx, waitS) {
  if (isPoll(ctx)) return;
  const control = notedAt(ctx);
  const note = document.getElementById("failure").content.firstElementChild.cloneNode(true);
  note.classList.add("failure");
  const words = new DOMParser().parseFromString(ctx.text ?? "", "text/html").querySelector("hx-partial p");
  if (words) note.querySelector("p").replaceWith(words);
  const again = note.querySelector("button");
  again.disabled = waitS > 0;
  setTimeout(() => { again.disabled = false; }, waitS * 1000);
  again.addEventListener("click", () => repeat(ctx, control));
  notes.get(control)?.remove();
  notes.set(control, note);
  show(note, control);
}

function show(note, control) {
  const row = control.closest("article, li");
  const acts = control.closest(".revoke-acts");
  if (row) row.append(note);
  else if (acts) acts.before(note);
  else (control.closest(AFTER) ?? control).after(note);
  // What stands outside of a dialog is not read out while it is open.
  if (control.closest("dialog")) note.setAttribute("role", "alert");
  else announce(note.querySelector("p").textContent);
}

function repeat({ sourceElement: source, sourceEvent, request }, control) {
  (control.closest(".menu:not([open])")?.querySelector("summary") ?? control).focus();
  if (source.matches("form")) source.requestSubmit(request.submitter);
  else if (source.matches("a, button")) source.click();
  else source.dispatchEvent(new Event(sourceEvent.type, { bubbles: true }));
}
