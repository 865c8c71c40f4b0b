// A signed-in page keeps localStorage.calmboard_token current, for Postman. A signed-out page removes it.
"use strict";

const TOKEN = "calmboard_token";
const ENDS_AT = "calmboard_token_ends_at"; // milliseconds, by this computer's clock
const REFRESH_MARGIN_MS = 10 * 60 * 1000;
const CHECK_INTERVAL_MS = 60 * 1000;

const signOut = document.querySelector("form[data-session-token]");

function removeToken() {
  localStorage.removeItem(TOKEN);
  localStorage.removeItem(ENDS_AT);
}

async function fetchToken() {
  const answer = await fetch(signOut.dataset.sessionToken, { method: "POST", body: new FormData(signOut), redirect: "manual" });
  if (!answer.ok) return;
  const { session_token: token, expires_in: expiresInS } = await answer.json();
  localStorage.setItem(TOKEN, token);
  localStorage.setItem(ENDS_AT, String(Date.now() + expiresInS * 1000));
}

function refreshToken() {
  const isCurrent = localStorage.getItem(TOKEN) && Number(localStorage.getItem(ENDS_AT)) - Date.now() > REFRESH_MARGIN_MS;
  // Where the server does not respond, the next check retries.
  if (!isCurrent && !document.hidden) fetchToken().catch(() => {});
}

if (signOut) {
  refreshToken();
  setInterval(refreshToken, CHECK_INTERVAL_MS);
  document.addEventListener("visibilitychange", refreshToken);
  document.addEventListener("submit", (event) => {
    if (event.target.matches("[data-ends-session-token]")) removeToken();
  });
} else {
  removeToken();
}
