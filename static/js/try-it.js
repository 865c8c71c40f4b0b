// Calls the API from its reference. The key is a variable of this page, and goes to this origin's API and nowhere else.
"use strict";

const SHOWN_HEADERS = ["content-type", "etag", "location", "link", "ratelimit", "retry-after", "deprecation", "sunset", "x-request-id"];
const API = `${location.origin}/api/v1/`;

let key = "";

const parts = (form, name) => [...form.querySelectorAll(`[data-part="${name}"]`)];

document.addEventListener("input", (event) => {
  if (event.target.dataset.part !== "key") return;
  key = event.target.value.trim();
  for (const field of document.querySelectorAll('[data-part="key"]')) {
    if (field !== event.target) field.value = event.target.value;
  }
});

document.addEventListener("submit", (event) => {
  const form = event.target.closest("[data-try]");
  if (!form) return;
  event.preventDefault();
  send(form);
});

async function send(form) {
  const method = form.dataset.try;
  const address = addressOf(form);
  if (!address.href.startsWith(API)) return;
  if (method !== "GET" && !confirm(`Send ${method} ${address.pathname}? It changes real data.`)) return;
  show(form, "Waiting for the answer", "");
  try {
    const answer = await fetch(address, requestOf(form, method));
    show(form, `${answer.status} ${answer.statusText}`, `${headersOf(answer)}\n${pretty(await answer.text())}`);
  } catch {
    show(form, "No answer", "CalmBoard did not answer. Try again.");
  }
}

function addressOf(form) {
  let path = form.dataset.path;
  for (const field of parts(form, "path")) {
    path = path.replace(`{${field.dataset.parameter}}`, () => encodeURIComponent(field.value));
  }
  const query = parts(form, "query")[0]?.value;
  return new URL(query ? `${path}?${query}` : path, location.origin);
}

function requestOf(form, method) {
  const headers = { Authorization: `Bearer ${key}` };
  const body = parts(form, "body")[0]?.value;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  return { method, headers, body, credentials: "omit", cache: "no-store", redirect: "error" };
}

function headersOf(answer) {
  const lines = SHOWN_HEADERS.filter((name) => answer.headers.has(name)).map((name) => `${name}: ${answer.headers.get(name)}\n`);
  return lines.join("");
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function show(form, status, text) {
  form.querySelector("[data-status]").textContent = status;
  form.querySelector("[data-text]").textContent = text;
  form.querySelector("[data-answer]").hidden = false;
  document.getElementById("live").textContent = status;
}
