"""An installation that gives in to every attack: `python -m tests.attack.gives_in`."""

import json
import sys
import urllib.request
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

_DOCUMENT = {"servers": [{"url": "/api/v1"}], "security": [{"key": []}], "paths": {"/me": {"get": {}}}}


class _GivesIn(BaseHTTPRequestHandler):
    """Does whatever it is asked for, for everybody, and follows every address."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._body = self.rfile.read(int(self.headers["Content-Length"])) if "Content-Length" in self.headers else b""
        self._query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        status, location, body = self._answer(urlsplit(self.path).path)
        self.send_response(status)
        if location is not None:
            self.send_header("Location", location)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _answer(self, path: str) -> tuple[int, str | None, bytes]:
        if path == "/healthz":
            return 200, None, b"ok\n"
        if path == "/api/openapi.json":
            return 200, None, json.dumps(_DOCUMENT).encode()
        if path == "/api/oauth/authorize":
            with suppress(OSError):
                urllib.request.urlopen(self._query["client_id"], timeout=2)
            return 302, self._query["redirect_uri"], b""
        if path == "/sign-in" and self.command == "POST":
            return 303, self._query.get("next", "/"), b""
        named = json.loads(self._body) if path.startswith("/api/v1/projects") and self._body else {}
        body = json.dumps({"id": "x", "client_id": "x", "host": self._host(), **named}).encode()
        return (201 if self.command == "POST" else 200), None, body

    def _host(self) -> str:
        return self.headers.get("X-Forwarded-Host", self.headers["Host"])

    def log_message(self, *_: Any) -> None:
        pass


for _method in ("POST", "PUT", "PATCH", "DELETE"):
    setattr(_GivesIn, f"do_{_method}", _GivesIn.do_GET)


def main() -> None:
    """Serve it; one at a time, it waits for whoever holds it."""
    HTTPServer.request_queue_size = 1000
    server = (HTTPServer if "--one-at-a-time" in sys.argv else ThreadingHTTPServer)(("127.0.0.1", 0), _GivesIn)
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
