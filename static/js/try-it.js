// Calls the API from its reference. The key is a variable of this page, and goes to this origin's API and nowhere else.
"use strict";

const SHOWN_HEADERS = ["x-request-id", "ratelimit", "retry-after", "etag", "location", "link", "deprecation", "sunset"];
const API = `${location.origin}/api/v1/`;
const FROM_SCRIPT = { Accept: "application/json" };

// The key made by one click: its secret, its scopes, and when it ends.
let made = null;
let pasted = "";
// The form whose question is open.
let asking = null;

const ACTS = { "make-key": makeKey, "end-key": endKey, try: start };

const trials = () => document.querySelectorAll(".try");
const fits = (trial) => made !== null && made.scopes.includes(trial.dataset.scope);
const keyFor = (trial) => pasted || (fits(trial) ? made.key : "");

document.addEventListener("input", (event) => {
  if (!event.target.matches("[data-pasted-key]")) return;
  pasted = event.target.value.trim();
  for (const field of document.querySelectorAll("[data-pasted-key]")) {
    if (field !== event.target) field.value = event.target.value;
  }
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  const kind = Object.keys(ACTS).find((name) => form.matches(`[data-${name}]`));
  if (!kind || event.submitter?.hasAttribute("data-hx-get")) return;
  event.preventDefault();
  ACTS[kind](form);
});

async function makeKey(form) {
  const answer = await post(form);
  if (!answer) return;
  const lifeMs = answer.expires_in * 1000;
  made = { ...answer, endsAt: timeOf(Date.now() + lifeMs) };
  pasted = "";
  const { key } = made;
  setTimeout(() => { if (made?.key === key) drop("The key for ten minutes has ended."); }, lifeMs);
  showKeys();
  announce(`A key is ready. It may ${answer.scopes.join(" and ")} and ends at ${made.endsAt}.`);
  form.closest(".try").querySelector("[data-send]").focus();
}

async function endKey(form) {
  if (!(await post(form))) return;
  const trial = form.closest(".try");
  drop("The key has ended.");
  trial.querySelector("[data-make-key] button").focus();
}

function drop(sentence) {
  made = null;
  showKeys();
  announce(sentence);
}

// What the form was answered with, or nothing where that is told beside it.
async function post(form) {
  const control = form.querySelector("button");
  forget(form);
  begin(control, form);
  try {
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: FROM_SCRIPT, redirect: "manual" });
    if (answer.status === 204) return {};
    const isJson = answer.headers.get("Content-Type") === "application/json";
    if (answer.ok && isJson) return await answer.json();
    complain(form, isJson ? (await answer.json()).detail : "Your session has ended, or this page is too old. Load it again.");
  } catch {
    complain(form, "CalmBoard did not answer. Try again.");
  } finally {
    end(control, form);
  }
  return null;
}

const timeOf = (at) => new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

function showKeys() {
  for (const trial of trials()) {
    const isFit = fits(trial);
    trial.querySelector("[data-make-key]")?.toggleAttribute("hidden", isFit);
    trial.querySelector("[data-end-key]")?.toggleAttribute("hidden", !isFit);
    trial.querySelector("[data-paste-key]").hidden = isFit && !pasted;
    trial.querySelector("[data-pasted-key]").value = pasted;
    if (isFit) trial.querySelector("[data-ends]").textContent = made.endsAt;
  }
}

document.addEventListener("htmx:after:swap", showKeys);

// A form that is sent: what changes something asks first, by a question that names it.
function start(form) {
  const trial = form.closest(".try");
  forget(trial);
  if (!keyFor(trial)) {
    fault(trial.querySelector("[data-paste-key]"), "Use a key for ten minutes, or paste one.").focus();
    return;
  }
  if (isIncomplete(form)) return;
  const request = requestOf(form);
  if (!request) return;
  if (form.dataset.try === "GET") send(form, request);
  else ask(form, request);
}

// Without each part of its path a request has no address; all else the API judges itself.
function isIncomplete(form) {
  const empty = [...form.querySelectorAll('[data-field^="path."]')].filter((field) => !textsOf(field).length);
  const noted = empty.map((field) => fault(field, `Fill in ${field.dataset.field.slice(5)}: it is a part of the address.`));
  noted[0]?.focus();
  return empty.length > 0;
}

function ask(form, request) {
  asking = { form, request };
  const about = new URLSearchParams(new FormData(form));
  for (const name of [...about.keys()].filter((key) => !key.startsWith("path."))) about.delete(name);
  for (const name of request.sets) about.append("sets", name);
  const source = form.querySelector("[data-send]");
  htmx.ajax("GET", `${form.dataset.question}?${about}`, { source, target: "#dialog", swap: "innerHTML" });
}

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-send-now]") || !asking) return;
  document.getElementById("dialog").close();
  send(asking.form, asking.request);
  asking = null;
});

async function send(form, { address, headers, body }) {
  const trial = form.closest(".try");
  const control = form.querySelector("[data-send]");
  begin(control, form);
  showAnswer(trial, "Waiting for the answer", [], "");
  try {
    const options = { method: form.dataset.try, headers: { Authorization: `Bearer ${keyFor(trial)}`, ...headers }, body };
    const answer = await fetch(address, { ...options, credentials: "omit", cache: "no-store", redirect: "error" });
    const text = await bodyOf(answer);
    showAnswer(trial, `${answer.status} ${answer.statusText}`.trim(), headersOf(answer), pretty(text));
    if (answer.status === 401 && !pasted) made = null;
    showKeys();
    if (!answer.ok) explain(form, text);
  } catch {
    showAnswer(trial, "No answer", [], "CalmBoard did not answer. Try again.");
  } finally {
    end(control, form);
  }
}

// The request as entered, as portal/docs/trying/requests.py reads the same fields; nothing where JSON was meant and is none.
function requestOf(form) {
  const request = { address: null, headers: {}, body: undefined, sets: [] };
  const query = new URLSearchParams();
  const values = {};
  let path = form.dataset.path;
  for (const field of form.querySelectorAll("[data-field]")) {
    const [location, ...rest] = field.dataset.field.split(".");
    const name = rest.join(".");
    const texts = textsOf(field);
    if (location === "path") path = path.replace(`{${name}}`, () => encodeURIComponent(texts[0]));
    if (!texts.length) continue;
    if (location === "query") query.append(name, texts.join(","));
    if (location === "header") request.headers[name] = texts[0];
    if (location === "body" && !read(field, (value) => { values[name] = value; })) return null;
  }
  request.address = new URL(query.size ? `${path}?${query}` : path, location.origin);
  if (!request.address.href.startsWith(API)) return null;
  return withBody(form, request, values) ? request : null;
}

function withBody(form, request, values) {
  if (!form.querySelector('[data-field^="body."]')) return true;
  const file = form.querySelector("[type=file]");
  request.sets = Object.keys(values);
  if (file) {
    request.body = new FormData();
    if (file.files.length) request.body.append("file", file.files[0]);
    return true;
  }
  request.headers["Content-Type"] = "application/json";
  const json = form.querySelector('[data-field="json"]');
  const [text] = textsOf(json);
  request.body = text ?? JSON.stringify(values);
  return text === undefined || parse(json, text, (value) => { request.sets = Object.keys(value ?? {}); });
}

const controlsOf = (field) => field.querySelectorAll("input, select, textarea");

function textsOf(field) {
  const chosen = [...controlsOf(field)].filter((control) => control.type !== "checkbox" || control.checked);
  return chosen.map((control) => control.value).filter((text) => text.trim());
}

const READERS = {
  boolean: ([text]) => text === "true",
  integer: ([text]) => (/^-?\d{1,15}$/.test(text) ? Number(text) : text),
  list: ([text]) => (text === "[]" ? [] : text.split(",").map((part) => part.trim()).filter(Boolean)),
  choices: (texts) => texts,
};

// Gives the value of a field of the body to `take`; returns whether it could be read.
function read(field, take) {
  const texts = textsOf(field);
  const { control, nullable } = field.dataset;
  if (control === "json") return parse(field, texts[0], take);
  take(nullable !== undefined && texts[0] === "null" ? null : (READERS[control] ?? (([text]) => text))(texts));
  return true;
}

function parse(field, text, take) {
  try {
    take(JSON.parse(text));
    return true;
  } catch (error) {
    fault(field, `This cannot be read as JSON. ${error.message}.`).focus();
    return false;
  }
}

// Opened, the JSON is what the fields hold; closed, the fields hold what it says.
document.addEventListener("toggle", (event) => {
  const fold = event.target;
  if (!fold.matches?.("[data-json]")) return;
  const form = fold.closest("form");
  const area = fold.querySelector("textarea");
  if (fold.open && !area.value) fill(form, area);
  else if (!fold.open && area.value.trim()) take(form, fold, area);
}, true);

function fill(form, area) {
  const values = {};
  for (const field of bodyFields(form)) {
    if (textsOf(field).length && !read(field, (value) => { values[nameOf(field)] = value; })) return;
  }
  area.value = JSON.stringify(values, null, 2);
}

function take(form, fold, area) {
  forget(fold);
  const field = area.closest("[data-field]");
  let values = null;
  const isRead = parse(field, area.value, (value) => { values = value; });
  const sentence = isRead && whyOnlyJson(form, values);
  if (sentence) fault(field, sentence);
  fold.open = !isRead || Boolean(sentence);
  if (fold.open) return;
  for (const one of bodyFields(form)) set(one, values[nameOf(one)]);
  area.value = "";
}

// What the fields cannot hold stays JSON, which is sent as it is.
function whyOnlyJson(form, values) {
  if (values === null || typeof values !== "object" || Array.isArray(values)) return "The fields can hold an object only, in braces.";
  const names = bodyFields(form).map(nameOf);
  const other = Object.keys(values).filter((name) => !names.includes(name));
  return other.length ? `No field holds ${other.join(", ")}, so this is sent as it stands here.` : "";
}

const bodyFields = (form) => [...form.querySelectorAll('[data-field^="body."]')];
const nameOf = (field) => field.dataset.field.slice(5);

function set(field, value) {
  const text = asText(value, field.dataset.control);
  for (const control of controlsOf(field)) {
    if (control.type === "checkbox") control.checked = [value].flat().includes(control.value);
    else control.value = text;
  }
}

function asText(value, control) {
  if (value === undefined) return "";
  if (control === "list" && Array.isArray(value)) return value.join(", ") || "[]";
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}

// The API's own errors, each beside the field that it points to; the first one takes the focus.
function explain(form, text) {
  const problem = jsonOf(text);
  const errors = problem?.errors ?? [];
  const noted = errors.map(({ pointer, detail }) => {
    const field = fieldAt(form, pointer, problem.status);
    return field && fault(field, detail);
  });
  // What is not there was named by the last part of the path.
  if (problem?.status === 404) noted.push(fault([...form.querySelectorAll('[data-field^="path."]')].at(-1), problem.detail));
  noted.find(Boolean)?.focus();
}

function fieldAt(form, pointer, status) {
  const name = pointer.replace(/^\//, "").split("/")[0];
  const json = form.querySelector('[data-field="json"]');
  if (status === 422 && json && textsOf(json).length) return json;
  const locations = status === 422 ? ["body", "path"] : ["query", "path", "header"];
  return locations.map((location) => form.querySelector(`[data-field="${CSS.escape(location)}.${CSS.escape(name)}"]`)).find(Boolean);
}

// Notes an error at a field and returns its control. What hides the field opens.
function fault(field, sentence) {
  const control = controlsOf(field)[0];
  const error = field.closest(".try").querySelector("[data-error]").content.firstElementChild.cloneNode(true);
  error.id = `${control.id}-error`;
  error.querySelector("span").textContent = sentence;
  document.getElementById(error.id)?.remove();
  field.append(error);
  control.setAttribute("aria-invalid", "true");
  control.dataset.described ??= control.getAttribute("aria-describedby") ?? "";
  control.setAttribute("aria-describedby", `${control.dataset.described} ${error.id}`.trim());
  for (let fold = field.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  return control;
}

function complain(form, sentence) {
  const error = form.closest(".try").querySelector("[data-error]").content.firstElementChild.cloneNode(true);
  error.querySelector("span").textContent = sentence;
  form.append(error);
  announce(sentence);
}

function forget(part) {
  for (const error of part.querySelectorAll(".error")) error.remove();
  for (const control of part.querySelectorAll("[aria-invalid]")) {
    control.removeAttribute("aria-invalid");
    if (control.dataset.described) control.setAttribute("aria-describedby", control.dataset.described);
    else control.removeAttribute("aria-describedby");
  }
}

const headersOf = (answer) => SHOWN_HEADERS.filter((name) => answer.headers.has(name)).map((name) => `${name}: ${answer.headers.get(name)}`);

// A file is not shown, only what it is.
async function bodyOf(answer) {
  const type = answer.headers.get("Content-Type") ?? "";
  if (answer.status === 204 || /json|^text\/plain/.test(type)) return answer.text();
  const file = await answer.blob();
  return `${file.size} bytes of ${type}`;
}

function jsonOf(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const pretty = (text) => (jsonOf(text) === null ? text : JSON.stringify(jsonOf(text), null, 2));

function showAnswer(trial, status, headers, text) {
  trial.querySelector("[data-status]").textContent = status;
  trial.querySelector("[data-headers]").replaceChildren(...lines(headers));
  trial.querySelector("[data-text]").replaceChildren(...lines(text ? text.split("\n") : []));
  trial.querySelector("[data-answer]").hidden = false;
  trial.querySelector("[data-answer] [data-copy]").hidden = !text;
  announce(status);
}

// The newlines between the lines are for copying.
function lines(texts) {
  return texts.flatMap((text, index) => {
    const line = document.createElement("span");
    line.className = "code-line";
    line.textContent = text;
    return index ? ["\n", line] : [line];
  });
}
