// The TypeScript SDK by its own steps: refused, registered, authorized, and refreshed. Argument: the MCP server.
import assert from "node:assert/strict";
import { UnauthorizedError } from "@modelcontextprotocol/sdk/client/auth.js";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { ask, redirectUri, stopListening } from "./ask.mjs";

const server = new URL(process.argv[2]);
let stored = {};
let answer;

const provider = {
  redirectUrl: redirectUri,
  clientMetadata: { client_name: "Harbour agent", redirect_uris: [redirectUri], token_endpoint_auth_method: "none" },
  state: () => "harbour",
  clientInformation: () => stored.client,
  saveClientInformation: (client) => (stored.client = client),
  tokens: () => stored.tokens,
  saveTokens: (tokens) => (stored.tokens = tokens),
  codeVerifier: () => stored.verifier,
  saveCodeVerifier: (verifier) => (stored.verifier = verifier),
  redirectToAuthorization: async (url) => (answer = await ask(url)),
};

await assert.rejects(listTools, UnauthorizedError);
assert.equal(answer.searchParams.get("state"), "harbour");
await new StreamableHTTPClientTransport(server, { authProvider: provider }).finishAuth(answer.searchParams.get("code"));
await listTools();

const before = stored.tokens;
stored.tokens = { ...before, access_token: "expired" };
await listTools();
assert.notEqual(stored.tokens.access_token, before.access_token);
assert.notEqual(stored.tokens.refresh_token, before.refresh_token);
stopListening();

async function listTools() {
  const client = new Client({ name: "harbour", version: "1" });
  await client.connect(new StreamableHTTPClientTransport(server, { authProvider: provider }));
  await client.listTools();
  await client.close();
}
