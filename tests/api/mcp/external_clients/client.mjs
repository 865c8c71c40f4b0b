// The official TypeScript client at work. Words: the server, the era, a board; BEARER: a key, or else it asks.
import { Client, StreamableHTTPClientTransport, UnauthorizedError } from "@modelcontextprotocol/client";
import { doWork } from "./work.mjs";

const [url, era, board] = process.argv.slice(2);
const mode = era.startsWith("2") ? { pin: era } : era;

await doWork(board, UnauthorizedError, (credential) => {
  const transport = new StreamableHTTPClientTransport(new URL(url), credential);
  const client = new Client({ name: "judge", version: "1" }, { versionNegotiation: { mode } });
  return { client, transport, finishAuth: (answer) => transport.finishAuth(answer) };
});
