// Gives every request to SERVER_ORIGIN the credential in BEARER, from outside: the program itself stays as it was published.
import http from "node:http";
import { syncBuiltinESMExports } from "node:module";
import diagnostics from "node:diagnostics_channel";

const { BEARER, SERVER_ORIGIN } = process.env;
const { host } = new URL(SERVER_ORIGIN);
const credential = `Bearer ${BEARER}`;

// fetch and undici announce each request before it is sent.
diagnostics.subscribe("undici:request:create", ({ request }) => {
  if (request.origin === SERVER_ORIGIN) request.addHeader("authorization", credential);
});

const send = http.request;
http.request = (...words) => {
  const request = send(...words);
  const sent = `${request.host}:${words.find((word) => word?.port)?.port}`;
  if (sent === host) request.setHeader("authorization", credential);
  return request;
};
syncBuiltinESMExports();
