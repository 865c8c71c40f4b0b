// Gives every request to SERVER_ORIGIN the credential in BEARER, from outside: the suite itself stays as it was published.
import { subscribe } from "node:diagnostics_channel";
import http from "node:http";

const { BEARER, SERVER_ORIGIN } = process.env;
const { host } = new URL(SERVER_ORIGIN);
const authorization = `Bearer ${BEARER}`;

// fetch and undici announce each request before they send it.
subscribe("undici:request:create", ({ request }) => {
  if (request.origin === SERVER_ORIGIN) request.addHeader("authorization", authorization);
});

const send = http.request;
http.request = (options, ...rest) =>
  `${options.hostname}:${options.port}` === host
    ? send({ ...options, headers: { ...options.headers, authorization } }, ...rest)
    : send(options, ...rest);
