// The TypeScript client before the present one. Words: the server, a board; BEARER: a key, or else it asks.
import { UnauthorizedError } from "@modelcontextprotocol/sdk/client/auth.js";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { doWork } from "./work.mjs";

const [url, board] = process.argv.slice(2);

await doWork(board, UnauthorizedError, createClient, forgetRefreshToken);

function createClient(credential) {
  const transport = new StreamableHTTPClientTransport(new URL(url), credential);
  const client = new Client({ name: "judge", version: "1" });
  return { client, transport, finishAuth: (answer) => transport.finishAuth(answer.get("code")) };
}

// With one, this generation refreshes where it has to request more scopes.
function forgetRefreshToken({ refresh_token, ...tokens }) {
  return tokens;
}
