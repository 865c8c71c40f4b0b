// Passkeys: the browser makes one, or signs with one, and the form carries what it says to the server.
"use strict";

const FORMS = document.querySelectorAll("form[data-passkey]");
const CANCELLED = "No passkey was used: it was cancelled, or there is none for CalmBoard here.";
const NONE = "This browser cannot use passkeys.";

function say(form, sentence) {
  form.querySelector("[data-passkey-says]").textContent = sentence;
}

// Why none can be used here; empty where one can.
function obstacle(form) {
  if (!window.PublicKeyCredential?.parseCreationOptionsFromJSON) return NONE;
  const { passkeyHost: host } = form.dataset;
  const isThere = location.hostname === host || location.hostname.endsWith(`.${host}`);
  return isThere ? "" : `Passkeys work at ${location.protocol}//${host}${location.port && `:${location.port}`} alone: open CalmBoard there.`;
}

async function ask(form, options) {
  const credential = form.dataset.passkey === "create"
    ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
    : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
  return JSON.stringify(credential.toJSON());
}

async function fill(form) {
  const answer = await fetch(form.dataset.options, { method: "POST", body: new FormData(form), redirect: "manual" });
  // What was refused, the page says that the form leads to.
  if (!answer.ok) return form.submit();
  try {
    form.querySelector('[name="passkey"]').value = await ask(form, await answer.json());
  } catch (error) {
    return say(form, error.name === "InvalidStateError" ? "This device has a passkey for your account already." : CANCELLED);
  }
  return form.submit();
}

for (const form of FORMS) {
  const why = obstacle(form);
  if (why) {
    say(form, why);
    form.querySelector("button:not([data-reveal])").disabled = true;
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    say(form, "");
    fill(form).catch(() => say(form, "CalmBoard did not answer. Try again in a moment."));
  });
}
