// Asks for a part that changes by itself: ever less often, and only while somebody looks. The server ends it by 286.
"use strict";

const FIRST_MS = 1_000;
const LONGEST_MS = 30_000;

// What wakes it up: somebody looks again, or does something.
const WAKING = [[document, "visibilitychange"], [document, "click"], [window, "focus"]];

const polled = new WeakSet();

function pause(ms) {
  return new Promise((resolve) => {
    const listening = new AbortController();
    const finish = (isWoken) => {
      listening.abort();
      clearTimeout(timer);
      resolve(isWoken);
    };
    const timer = setTimeout(finish, ms, false);
    for (const [target, type] of WAKING) {
      target.addEventListener(type, () => document.hidden || finish(true), { signal: listening.signal });
    }
  });
}

// `data-poll-ms` is for a part that is asked for as often all the time, `data-poll-while` names the switch that has to be on.
async function poll(part) {
  const evenMs = Number(part.dataset.pollMs);
  let waitMs = evenMs || FIRST_MS;
  while (part.isConnected) {
    const isWoken = await pause(waitMs);
    if (isWoken) waitMs = evenMs || FIRST_MS;
    else if (!document.hidden && part.isConnected && isWanted(part)) {
      await htmx.ajax("GET", part.dataset.poll, { source: part, target: part, swap: "outerHTML" });
      waitMs = evenMs || Math.min(2 * waitMs, LONGEST_MS);
    }
  }
}

function isWanted(part) {
  const name = part.dataset.pollWhile;
  return !name || Boolean(document.getElementById(name)?.checked);
}

function startPolls(isOver) {
  for (const part of document.querySelectorAll("[data-poll]")) {
    if (polled.has(part)) continue;
    polled.add(part);
    if (!isOver) poll(part);
  }
}

// The part says so while nobody answers; where it does already, nothing changes and nothing is read out again.
function tellTrouble(ctx, isThere) {
  const words = isPoll(ctx) && ctx.sourceElement.querySelector("[data-trouble]");
  if (words && words.hidden === isThere) words.hidden = !isThere;
}

document.addEventListener("htmx:after:swap", (event) => startPolls(event.detail.ctx.response?.status === 286));
document.addEventListener("htmx:after:request", ({ detail: { ctx } }) => tellTrouble(ctx, ctx.response.status >= 400));
document.addEventListener("htmx:error", ({ detail: { ctx } }) => ctx && tellTrouble(ctx, true));

startPolls(false);
