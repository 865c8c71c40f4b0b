"""Attacks that would send people elsewhere, or the server itself."""

import base64
import hashlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlencode, urlsplit

import requests

from tests.attack.target import NotTried, Target, csrf_token, new_browser, require

_ELSEWHERE = "attacker.example"
_HIDDEN_LOOPBACK = (
    *("127.0.0.1", "localhost", "localhost.", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0.0.0.0"),
    *("[::1]", "[::]", "[::ffff:127.0.0.1]", "[::127.0.0.1]", "[::ffff:0:127.0.0.1]", "[64:ff9b::127.0.0.1]", "[2002:7f00:1::]"),
)
_LOCAL_PATHS = (
    "//{0}",
    "/\\{0}",
    "\\\\{0}",
    "https://{0}",
    "/%09/{0}",
    "/\t/{0}",
    "///{0}",
    "http:{0}",
    "/%5c{0}",
    "javascript:0//{0}",
)


def follow_errors_of_authorize(target: Target) -> str:
    """A client that anybody registered gets no redirect to its address before anybody was asked (RFC 9700, section 4.11.2)."""
    callback = f"https://{_ELSEWHERE}/callback"
    registered = target.post("/api/oauth/register", json={"client_name": "Attack", "redirect_uris": [callback]})
    require(registered.status_code in {201, 429}, f"the registration was answered {registered.status_code}")
    if registered.status_code == 429:
        raise NotTried("registrations are limited at the moment")
    fine = {"client_id": registered.json()["client_id"], "redirect_uri": callback, "response_type": "code", "state": "s"}
    fine |= {"code_challenge": _challenge("x" * 43), "code_challenge_method": "S256", "resource": target.url}
    wrong = ({"response_type": "x"}, {"scope": "nope"}, {"prompt": "none"}, {"resource": "x"}, {"code_challenge_method": "plain"})
    browsers = [new_browser(), *([target.signed_in] if target.email else [])]
    for browser in browsers:
        for parameters in wrong:
            address = f"{target.url}/api/oauth/authorize?{urlencode(fine | parameters)}"
            answer = browser.get(address, allow_redirects=False, timeout=30)
            require(not _leads_elsewhere(answer), f"{parameters} redirected to the client")
    return f"{len(wrong)} errors, {'signed in and not' if len(browsers) == 2 else 'not signed in'}"


def follow_next(target: Target) -> str:
    """The sign-in leads to pages of its own alone."""
    for path in _LOCAL_PATHS:
        browser, address = new_browser(), path.format(_ELSEWHERE)
        page = browser.get(f"{target.url}/sign-in", params={"next": address}, timeout=30).text
        form = {"csrf_token": csrf_token(page), "next": address, "email": target.email, "password": target.password}
        answer = browser.post(f"{target.url}/sign-in", params={"next": address}, data=form, timeout=30, allow_redirects=False)
        if answer.status_code == 429:
            raise NotTried("sign-ins are limited at the moment")
        require(not _leads_elsewhere(answer), f"next={address} redirected there")
    return f"{len(_LOCAL_PATHS)} addresses"


def let_it_fetch_itself(target: Target) -> str:
    """The address of a client's description never makes the server connect to its own machine."""
    if not target.is_loopback:
        raise NotTried("listens on the server's own machine, so it needs a loopback address")
    with _canary() as (port, connections):
        for host in _HIDDEN_LOOPBACK:
            query = {"client_id": f"https://{host}:{port}/client", "response_type": "code", "redirect_uri": "https://a.example/"}
            target.get(f"/api/oauth/authorize?{urlencode(query)}")
        require(not connections, f"{len(connections)} of {len(_HIDDEN_LOOPBACK)} connected")
    return f"{len(_HIDDEN_LOOPBACK)} ways to write loopback"


def _leads_elsewhere(answer: requests.Response) -> bool:
    location = answer.headers.get("Location", "")
    return answer.is_redirect and (_ELSEWHERE in urlsplit(location).netloc or location.startswith(("//", "/\\", "\\")))


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


@contextmanager
def _canary() -> Iterator[tuple[int, list[object]]]:
    """A port of this machine, and who connected to it."""
    connections: list[object] = []
    with socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True) as listener:

        def accept() -> None:
            while True:
                try:
                    connection, address = listener.accept()
                except OSError:
                    return
                connections.append(address)
                connection.close()

        threading.Thread(target=accept, daemon=True).start()
        yield listener.getsockname()[1], connections
        listener.shutdown(socket.SHUT_RDWR)
