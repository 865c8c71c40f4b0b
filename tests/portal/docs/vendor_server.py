"""A stand-in for a vendor's server on loopback: it answers from `pages`, and records the requests it gets."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


@dataclass
class Vendor:
    """`pages` are the answers by path; `requested_paths` and `received_bodies` are what it got."""

    pages: Mapping[str, Any]
    url: str = ""
    requested_paths: list[str] = field(default_factory=list)
    received_bodies: list[Any] = field(default_factory=list)


@contextmanager
def running_vendor(pages: Mapping[str, Any]) -> Iterator[Vendor]:
    vendor = Vendor(pages)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(vendor))
    vendor.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield vendor
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler_of(vendor: Vendor) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            vendor.requested_paths.append(self.path)
            self._answer(vendor.pages[self.path])

        def do_POST(self) -> None:
            vendor.received_bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self._answer({})

        def log_request(self, code: object = "-", size: object = "-") -> None:
            """Say nothing."""

        def _answer(self, value: Any) -> None:
            body = json.dumps(value).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler
