"""A proxy that terminates TLS in front of a server, as in a real installation."""

import http.client
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.support.servers.certificates import make_certificate

_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}


@contextmanager
def running_tls_proxy(port: int, server_port: int, directory: Path) -> Iterator[str]:
    """Serve TLS on a local port, with a self-signed certificate; yields the URL."""
    context = _context(directory)
    proxy = _Proxy(("127.0.0.1", port), type("Forward", (_Forward,), {"server_port": server_port}))
    proxy.socket = context.wrap_socket(proxy.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=proxy.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"https://127.0.0.1:{port}"
    finally:
        proxy.shutdown()
        proxy.server_close()
        thread.join()


def _context(directory: Path) -> ssl.SSLContext:
    key, certificate = make_certificate(directory)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


class _Proxy(ThreadingHTTPServer):
    """Hangs up on whoever is still connected when it closes, and waits until each has been left."""

    daemon_threads = False

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._connections: set[socket.socket] = set()

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        self._connections.add(connection)
        return connection, address

    def close_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().close_request(request)

    def server_close(self) -> None:
        for connection in tuple(self._connections):
            # Of the socket below TLS: a browser that connected ahead of its next request is still about to shake hands.
            with suppress(OSError):
                socket.socket.shutdown(connection, socket.SHUT_RDWR)
        super().server_close()


class _Forward(BaseHTTPRequestHandler):
    """Forwards a request with X-Forwarded headers; a subclass sets the server's port."""

    server_port: int

    def do_GET(self) -> None:
        self._forward()

    def do_POST(self) -> None:
        self._forward()

    def _forward(self) -> None:
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP_BY_HOP}
        headers |= {"X-Forwarded-Proto": "https", "X-Forwarded-Host": self.headers["Host"]}
        headers["X-Forwarded-For"] = self.headers.get("X-Forwarded-For", self.client_address[0])
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with closing(http.client.HTTPConnection("127.0.0.1", self.server_port, timeout=10)) as connection:
            connection.request(self.command, self.path, body or None, headers)
            self._answer(connection.getresponse())

    def _answer(self, answer: http.client.HTTPResponse) -> None:
        body = answer.read()
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in _HOP_BY_HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
