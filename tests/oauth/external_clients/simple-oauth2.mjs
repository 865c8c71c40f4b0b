// simple-oauth2 as it is by default: Basic with the id and an empty secret. Arguments: the server, its client, the challenge, the verifier.
import assert from "node:assert/strict";
import { AuthorizationCode } from "simple-oauth2";
import { ask, redirectUri, stopListening } from "./ask.mjs";

const [origin, id, challenge, verifier] = process.argv.slice(2);
const client = new AuthorizationCode({
  client: { id, secret: "" },
  auth: {
    tokenHost: origin,
    tokenPath: "/api/oauth/token",
    revokePath: "/api/oauth/revoke",
    authorizePath: "/api/oauth/authorize",
  },
});

const request = { redirect_uri: redirectUri, scope: ["projects:read"], state: "harbour", resource: origin };
const answer = await ask(client.authorizeURL({ ...request, code_challenge: challenge, code_challenge_method: "S256" }));
const code = answer.searchParams.get("code");
const first = await client.getToken({ code, redirect_uri: redirectUri, code_verifier: verifier });
const second = await first.refresh();
assert.notEqual(second.token.access_token, first.token.access_token);
assert.equal(await status(second), 200);
await second.revokeAll();
assert.equal(await status(second), 401);
stopListening();

async function status(access) {
  const response = await fetch(`${origin}/api/v1/me`, { headers: { Authorization: `Bearer ${access.token.access_token}` } });
  return response.status;
}
