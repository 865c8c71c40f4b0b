// oauth4webapi refuses every deviation from the standards. Arguments: issuer, resource, a URL of the resource.
import assert from "node:assert/strict";
import * as oauth from "oauth4webapi";
import { ask, redirectUri, stopListening } from "./ask.mjs";

const [issuer, resource, probe] = process.argv.slice(2);
const insecure = { [oauth.allowInsecureRequests]: true };
const noSecret = oauth.None();

const { server, known } = await discover();
const client = await register();
await refuseWithoutToken();
await denyIsReported();
await rotateAndReuse();
await replayCode();
await revoke();
stopListening();

async function discover() {
  const response = await oauth.resourceDiscoveryRequest(new URL(resource), insecure);
  const known = await oauth.processResourceDiscoveryResponse(new URL(resource), response);
  assert.deepEqual(known.authorization_servers, [issuer]);
  const found = await oauth.discoveryRequest(new URL(issuer), { algorithm: "oauth2", ...insecure });
  return { known, server: await oauth.processDiscoveryResponse(new URL(issuer), found) };
}

async function register() {
  const metadata = { client_name: "Strict", redirect_uris: [redirectUri], token_endpoint_auth_method: "none" };
  const registered = await oauth.dynamicClientRegistrationRequest(server, metadata, insecure);
  return oauth.processDynamicClientRegistrationResponse(registered);
}

async function refuseWithoutToken() {
  const { error, resource_metadata } = await challenge("none-that-was-issued");
  assert.equal(error, "invalid_token");
  const metadata = await (await fetch(resource_metadata)).json();
  assert.equal(metadata.resource, known.resource);
}

async function denyIsReported() {
  const { url, state } = await prepare();
  const callback = await ask(url, "deny");
  assert.throws(() => oauth.validateAuthResponse(server, client, callback, state), { error: "access_denied" });
  assert.equal(callback.searchParams.get("iss"), issuer);
}

async function rotateAndReuse() {
  const first = await exchange(await authorize());
  assert.equal(first.scope, "projects:read tasks:read tasks:write");
  await assertAccepted(first);
  const second = await oauth.processRefreshTokenResponse(server, client, await refresh(first));
  assert.notEqual(second.refresh_token, first.refresh_token);
  assert.equal(second.scope, first.scope);
  await assertAccepted(second);
  await assert.rejects(async () => oauth.processRefreshTokenResponse(server, client, await refresh(first)), { error: "invalid_grant" });
  assert.equal((await challenge(second.access_token)).error, "invalid_token");
  await assert.rejects(async () => oauth.processRefreshTokenResponse(server, client, await refresh(second)), { error: "invalid_grant" });
}

async function replayCode() {
  const code = await authorize();
  const tokens = await exchange(code);
  await assertAccepted(tokens);
  await assert.rejects(exchange(code), { error: "invalid_grant" });
  assert.equal((await challenge(tokens.access_token)).error, "invalid_token");
}

async function revoke() {
  const tokens = await exchange(await authorize());
  await assertAccepted(tokens);
  const response = await oauth.revocationRequest(server, client, noSecret, tokens.refresh_token, insecure);
  await oauth.processRevocationResponse(response);
  assert.equal((await challenge(tokens.access_token)).error, "invalid_token");
}

async function prepare() {
  const verifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  const url = new URL(server.authorization_endpoint);
  url.search = new URLSearchParams({
    response_type: "code",
    client_id: client.client_id,
    redirect_uri: redirectUri,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    scope: "projects:read tasks:write",
    resource,
    state,
  });
  return { url, state, verifier };
}

async function authorize() {
  const { url, state, verifier } = await prepare();
  return { answer: oauth.validateAuthResponse(server, client, await ask(url), state), verifier };
}

async function exchange({ answer, verifier }) {
  const options = { additionalParameters: { resource }, ...insecure };
  const response = await oauth.authorizationCodeGrantRequest(server, client, noSecret, answer, redirectUri, verifier, options);
  return oauth.processAuthorizationCodeResponse(server, client, response);
}

function refresh(tokens) {
  return oauth.refreshTokenGrantRequest(server, client, noSecret, tokens.refresh_token, insecure);
}

async function assertAccepted(tokens) {
  assert.equal((await use(tokens.access_token)).status, 200);
}

async function challenge(token) {
  try {
    await use(token);
  } catch (error) {
    assert.ok(error instanceof oauth.WWWAuthenticateChallengeError, error);
    assert.equal(error.status, 401);
    return error.cause[0].parameters;
  }
  assert.fail("The resource accepted an invalid token.");
}

function use(token) {
  if (!probe.endsWith("/mcp")) return oauth.protectedResourceRequest(token, "GET", new URL(probe), undefined, undefined, insecure);
  const headers = new Headers({ "Content-Type": "application/json", Accept: "application/json, text/event-stream" });
  const ping = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping" });
  return oauth.protectedResourceRequest(token, "POST", new URL(probe), headers, ping, insecure);
}
