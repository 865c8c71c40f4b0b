"""A proxy that terminates TLS in front of a server, as in a real installation."""

import http.client
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.support.programs import find_program

_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}


@contextmanager
def running_tls_proxy(port: int, server_port: int, directory: Path) -> Iterator[str]:
    """Serve TLS on a local port, with a self-signed certificate; yields the URL."""
    context = _context(directory)
    proxy = ThreadingHTTPServer(("127.0.0.1", port), type("Forward", (_Forward,), {"server_port": server_port}))
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
    key, certificate = directory / "key.pem", directory / "certificate.pem"
    command = [find_program("openssl", "openssl"), "req", "-x509", "-nodes", "-days", "1", "-subj", "/CN=127.0.0.1"]
    command += ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


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
        connection = http.client.HTTPConnection("127.0.0.1", self.server_port, timeout=10)
        connection.request(self.command, self.path, body or None, headers)
        self._answer(connection.getresponse())
        connection.close()

    def _answer(self, answer: http.client.HTTPResponse) -> None:
        body = answer.read()
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in _HOP_BY_HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
