// The TypeScript SDK by its own steps: turned away, registered, let in, and back after an hour. Word: the MCP server.
import assert from "node:assert/strict";
import { UnauthorizedError } from "@modelcontextprotocol/sdk/client/auth.js";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { ask, redirectUri, stopListening } from "./ask.mjs";

const server = new URL(process.argv[2]);
let kept = {};
let answer;

const provider = {
  redirectUrl: redirectUri,
  clientMetadata: { client_name: "Harbour agent", redirect_uris: [redirectUri], token_endpoint_auth_method: "none" },
  state: () => "harbour",
  clientInformation: () => kept.client,
  saveClientInformation: (client) => (kept.client = client),
  tokens: () => kept.tokens,
  saveTokens: (tokens) => (kept.tokens = tokens),
  codeVerifier: () => kept.verifier,
  saveCodeVerifier: (verifier) => (kept.verifier = verifier),
  redirectToAuthorization: async (url) => (answer = await ask(url)),
};

await assert.rejects(talk, UnauthorizedError);
assert.equal(answer.searchParams.get("state"), "harbour");
await new StreamableHTTPClientTransport(server, { authProvider: provider }).finishAuth(answer.searchParams.get("code"));
await talk();

const before = kept.tokens;
kept.tokens = { ...before, access_token: "over" };
await talk();
assert.notEqual(kept.tokens.access_token, before.access_token);
assert.notEqual(kept.tokens.refresh_token, before.refresh_token);
stopListening();

async function talk() {
  const client = new Client({ name: "harbour", version: "1" });
  await client.connect(new StreamableHTTPClientTransport(server, { authProvider: provider }));
  await client.listTools();
  await client.close();
}
