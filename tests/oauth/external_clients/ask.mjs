// How a client requests authorization: it prints the URL, and waits on a local port for the callback.
import { once } from "node:events";
import { createServer } from "node:http";

const server = createServer().listen(0, "127.0.0.1");
await once(server, "listening");

export const redirectUri = `http://127.0.0.1:${server.address().port}/callback`;

export async function ask(url, decision = "allow") {
  console.log(decision, String(url));
  const [request, response] = await once(server, "request");
  response.setHeader("Connection", "close").end("Go on in the application.");
  return new URL(request.url, redirectUri);
}

export function stopListening() {
  server.close();
}
