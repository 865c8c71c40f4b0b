// A signed-in page keeps localStorage.calmboard_token current, for Postman. A signed-out page removes it.
"use strict";

const TOKEN = "calmboard_token";
const ENDS_AT = "calmboard_token_ends_at"; // milliseconds, by this computer's clock
const SPARE_MS = 10 * 60 * 1000;
const LOOK_EVERY_MS = 60 * 1000;

const signOut = document.querySelector("form[data-session-token]");

function forgetToken() {
  localStorage.removeItem(TOKEN);
  localStorage.removeItem(ENDS_AT);
}

async function fetchToken() {
  const answer = await fetch(signOut.dataset.sessionToken, { method: "POST", body: new FormData(signOut), redirect: "manual" });
  if (!answer.ok) return;
  const { session_token: token, expires_in: lastsS } = await answer.json();
  localStorage.setItem(TOKEN, token);
  localStorage.setItem(ENDS_AT, String(Date.now() + lastsS * 1000));
}

function keepToken() {
  const isCurrent = localStorage.getItem(TOKEN) && Number(localStorage.getItem(ENDS_AT)) - Date.now() > SPARE_MS;
  // Where the server does not answer, the next look asks again.
  if (!isCurrent && !document.hidden) fetchToken().catch(() => {});
}

if (signOut) {
  keepToken();
  setInterval(keepToken, LOOK_EVERY_MS);
  document.addEventListener("visibilitychange", keepToken);
  document.addEventListener("submit", (event) => {
    if (event.target.matches("[data-ends-session-token]")) forgetToken();
  });
} else {
  forgetToken();
}
