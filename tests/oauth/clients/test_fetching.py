"""Documents of others are fetched from public addresses alone, once, up to a size, and without redirects."""

import gzip
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from calmboard.errors import Unavailable
from calmboard.outgoing.fetch import MAX_READERS, Fetch, OutgoingRefused, make_fetch
from tests.oauth.conftest import HostApp
from tests.support.servers.programs import wait_until
from tests.support.users import TestUser

MAX_BYTES = 5 * 1024
_DOCUMENT = json.dumps({"client_name": "Claude Code"}).encode()
_RESPONSES: dict[str, tuple[int, dict[str, str], bytes]] = {
    "/fine": (200, {"Content-Type": "application/json"}, _DOCUMENT),
    "/charset": (200, {"Content-Type": "Application/JSON; charset=utf-8"}, _DOCUMENT),
    "/zipped": (200, {"Content-Type": "application/json", "Content-Encoding": "gzip"}, gzip.compress(_DOCUMENT)),
    "/away": (302, {"Location": "/fine", "Content-Type": "application/json"}, b"{}"),
    "/for-good": (308, {"Location": "/fine", "Content-Type": "application/json"}, b"{}"),
    "/page": (200, {"Content-Type": "text/html"}, _DOCUMENT),
    "/untyped": (200, {}, _DOCUMENT),
    "/missing": (404, {"Content-Type": "application/json"}, _DOCUMENT),
    "/created": (201, {"Content-Type": "application/json"}, _DOCUMENT),
    "/large": (200, {"Content-Type": "application/json"}, b"x" * (MAX_BYTES + 1)),
    "/bomb": (200, {"Content-Type": "application/json", "Content-Encoding": "gzip"}, gzip.compress(b"0" * 10_000_000)),
    "/garbled": (200, {"Content-Type": "application/json", "Content-Encoding": "gzip"}, b"not zipped"),
}


class _OtherServer(BaseHTTPRequestHandler):
    requests: list[str]

    def do_GET(self) -> None:
        self.requests.append(f"{self.path} {self.headers.get('Cookie')} {self.headers.get('Authorization')}")
        if self.path == "/silent":
            return
        if self.path == "/dripping":
            self._drip()
            return
        status, headers, body = _RESPONSES[self.path]
        self.send_response_only(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _drip(self) -> None:
        """Start a document, and send one byte at a time until the reader disconnects."""
        self.wfile.write(b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n")
        try:
            while True:
                self.wfile.write(b" ")
                time.sleep(0.05)
        except OSError:
            pass


@pytest.fixture
def other_server(certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, list[str]]]:
    """The URL of a server whose certificate is trusted, and the requests that it received."""
    requests: list[str] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("OtherServer", (_OtherServer,), {"requests": requests}))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", str(certificate[0]))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield f"https://127.0.0.1:{server.server_port}", requests
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def fetch() -> Fetch:
    """As configured by an operator who allows this machine."""
    return make_fetch((ip_network("127.0.0.0/8"),))


@pytest.mark.parametrize("path", ["/fine", "/charset", "/zipped"])
def test_a_document_is_read(other_server: tuple[str, list[str]], fetch: Fetch, path: str) -> None:
    url, requests = other_server
    assert fetch(url + path, MAX_BYTES) == _DOCUMENT
    assert requests == [f"{path} None None"]


@pytest.mark.parametrize(
    "path", ["/away", "/for-good", "/page", "/untyped", "/missing", "/created", "/large", "/bomb", "/garbled", "/silent"]
)
def test_anything_else_is_refused_and_nobody_followed(other_server: tuple[str, list[str]], fetch: Fetch, path: str) -> None:
    url, requests = other_server
    with pytest.raises(OutgoingRefused):
        fetch(url + path, MAX_BYTES)
    assert [line.split()[0] for line in requests] == [path]


def test_what_the_operator_did_not_allow_is_not_even_connected_to(other_server: tuple[str, list[str]]) -> None:
    url, requests = other_server
    for fetch in (make_fetch(), make_fetch((ip_network("10.0.0.0/8"),))):
        with pytest.raises(OutgoingRefused):
            fetch(f"{url}/fine", MAX_BYTES)
    assert requests == []


@pytest.mark.slow
def test_a_document_that_never_ends_is_given_up_in_time(other_server: tuple[str, list[str]]) -> None:
    started_at_s = time.monotonic()
    with pytest.raises(OutgoingRefused):
        make_fetch((ip_network("127.0.0.0/8"),), timeout_s=0.5)(f"{other_server[0]}/dripping", MAX_BYTES)
    assert time.monotonic() - started_at_s < 5


def test_a_server_without_tls_is_not_contacted(other_server: tuple[str, list[str]], fetch: Fetch) -> None:
    url, requests = other_server
    with pytest.raises(OutgoingRefused):
        fetch(f"{url}/fine".replace("https", "http"), MAX_BYTES)
    assert requests == []


def test_a_certificate_that_nobody_trusts_is_refused(
    other_server: tuple[str, list[str]], fetch: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, requests = other_server
    monkeypatch.undo()
    with pytest.raises(OutgoingRefused):
        fetch(f"{url}/fine", MAX_BYTES)
    assert requests == []


@pytest.mark.parametrize("error", [socket.gaierror(-3, "Try again"), TimeoutError(), ConnectionResetError(), UnicodeError()])
def test_a_name_that_cannot_be_looked_up_is_refused(monkeypatch: pytest.MonkeyPatch, fetch: Fetch, error: Exception) -> None:
    def getaddrinfo(*_: Any, **__: Any) -> Any:
        raise error

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    with pytest.raises(OutgoingRefused):
        fetch("https://lost.example/client", MAX_BYTES)


def test_a_look_up_that_hangs_is_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    with hanging_lookups(monkeypatch):
        started_at_s = time.monotonic()
        with pytest.raises(OutgoingRefused):
            make_fetch(timeout_s=0.2)("https://lost.example/client", MAX_BYTES)
        assert time.monotonic() - started_at_s < 5


def test_readers_that_hang_are_never_more_than_a_few(
    monkeypatch: pytest.MonkeyPatch, other_server: tuple[str, list[str]], fetch: Fetch
) -> None:
    """Beyond these a document is refused at once; when they are done, all are fetched again."""
    with hanging_lookups(monkeypatch) as names:
        occupy_all_readers()
        for _ in range(3):
            with pytest.raises(Unavailable):
                make_fetch(timeout_s=0.01)("https://lost.example/client", MAX_BYTES)
        assert len(names) == MAX_READERS
    wait_until(lambda: not any(thread.name == "reader" for thread in threading.enumerate()), "that the readers are done")
    assert fetch(f"{other_server[0]}/fine", MAX_BYTES) == _DOCUMENT


@pytest.mark.slow
def test_a_request_while_all_readers_are_busy_is_answered_503(
    monkeypatch: pytest.MonkeyPatch, host_app: Callable[..., HostApp], owner: TestUser
) -> None:
    application = host_app(owner)
    with hanging_lookups(monkeypatch):
        occupy_all_readers()
        answer = application.open_consent(client_id="https://crowded.example/client")
    wait_until(lambda: not any(thread.name == "reader" for thread in threading.enumerate()), "that the readers are done")
    assert (answer.status_code, answer.mimetype, "Retry-After" in answer.headers) == (503, "text/html", True)
    assert "Too many descriptions of applications are being read at once. Try again in a moment." in answer.text


def test_readers_that_cannot_begin_are_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, other_server: tuple[str, list[str]], fetch: Fetch
) -> None:
    def start(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", start)
        for _ in range(MAX_READERS + 1):
            with pytest.raises(Unavailable):
                fetch(f"{other_server[0]}/fine", MAX_BYTES)
    assert fetch(f"{other_server[0]}/fine", MAX_BYTES) == _DOCUMENT


def occupy_all_readers() -> None:
    for _ in range(MAX_READERS):
        with pytest.raises(OutgoingRefused):
            make_fetch(timeout_s=0.01)("https://lost.example/client", MAX_BYTES)


@contextmanager
def hanging_lookups(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """No name is resolved until the block ends; yields the names that are looked up."""
    done, names = threading.Event(), list[str]()

    def getaddrinfo(host: str, *_: Any, **__: Any) -> Any:
        names.append(host)
        done.wait(30)
        raise socket.gaierror(-3, "Try again")

    with monkeypatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", getaddrinfo)
        yield names
        done.set()


def test_a_name_is_looked_up_once_and_connected_to_as_found(
    other_server: tuple[str, list[str]], fetch: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that resolves differently at the second lookup is how such checks are bypassed."""
    url, requests = other_server
    names = resolve_to(monkeypatch, "127.0.0.1", "127.0.0.2")
    assert fetch(url.replace("127.0.0.1", "rebinding.example") + "/fine", MAX_BYTES) == _DOCUMENT
    assert (names, len(requests)) == (["rebinding.example"], 1)


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "192.168.0.9", "100.64.0.1", "::1", "fd00::1", "::ffff:127.0.0.1"]
)
def test_a_public_name_with_an_address_of_ours_is_refused(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    names = resolve_to(monkeypatch, address)
    with pytest.raises(OutgoingRefused):
        make_fetch()("https://public.example/client", MAX_BYTES)
    assert names == ["public.example"]


def test_one_address_of_ours_among_public_ones_is_enough_to_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve_to(monkeypatch, "93.184.215.14,10.0.0.1")
    with pytest.raises(OutgoingRefused):
        make_fetch()("https://mixed.example/client", MAX_BYTES)


def resolve_to(monkeypatch: pytest.MonkeyPatch, *answers: str) -> list[str]:
    """Let each lookup of a name return the next of these (several with commas); returns the names that are looked up."""
    original, names = socket.getaddrinfo, list[str]()

    def getaddrinfo(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        if not str(host).endswith(".example"):
            return original(host, port, *args, **kwargs)
        addresses = answers[min(len(names), len(answers) - 1)]
        names.append(host)
        return [info for address in addresses.split(",") for info in original(address, port, *args, **kwargs)]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return names
