"""What is attacked: an installation behind an address, as any client reaches it."""

import re
import socket
from dataclasses import dataclass, field
from functools import cached_property
from ipaddress import ip_address
from urllib.parse import urlsplit

import requests

TIMEOUT_S = 30
_CSRF = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"|name="csrf-token" content="([^"]+)"')


class NotHeld(Exception):
    """The attack had an effect that it must not have; the text says which."""


class NotTried(Exception):
    """The attack cannot be tried here; the text says what it needs."""


@dataclass(frozen=True)
class Target:
    """An installation, and an account and a key on it where attacks from within are wanted."""

    url: str
    email: str = ""
    password: str = field(default="", repr=False)
    key: str = field(default="", repr=False)

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        parts = urlsplit(self.url)
        return parts.port or (443 if parts.scheme == "https" else 80)

    @property
    def is_loopback(self) -> bool:
        try:
            return self.host == "localhost" or ip_address(self.host).is_loopback
        except ValueError:
            return False

    def get(self, path: str, **options: object) -> requests.Response:
        return self.send("GET", path, **options)

    def post(self, path: str, **options: object) -> requests.Response:
        return self.send("POST", path, **options)

    def send(self, method: str, path: str, **options: object) -> requests.Response:
        """One request on a connection of its own, which follows no redirect."""
        defaults = {"timeout": TIMEOUT_S, "allow_redirects": False}
        return requests.request(method, f"{self.url}{path}", **{**defaults, **options})  # type: ignore[arg-type]

    def by_key(self, method: str, path: str, **options: object) -> requests.Response:
        if not self.key:
            raise NotTried("needs KEY")
        return self.send(method, f"/api/v1{path}", headers={"Authorization": f"Bearer {self.key}"}, **options)

    def sign_in(self, password: str | None = None, session: requests.Session | None = None) -> requests.Response:
        """Send the form of the sign-in page, in a browser of its own or in this one."""
        if not self.email:
            raise NotTried("needs EMAIL and PASSWORD")
        browser = session or new_browser()
        token = csrf_token(browser.get(f"{self.url}/sign-in", timeout=TIMEOUT_S).text)
        form = {"csrf_token": token, "email": self.email, "password": self.password if password is None else password}
        return browser.post(f"{self.url}/sign-in", data=form, timeout=TIMEOUT_S, allow_redirects=False)

    @cached_property
    def signed_in(self) -> requests.Session:
        """A browser that is signed in."""
        session = new_browser()
        answer = self.sign_in(session=session)
        if answer.status_code != 303:
            raise NotTried(f"the sign-in with EMAIL and PASSWORD was answered {answer.status_code}")
        return session

    def connect(self) -> socket.socket:
        """A bare connection with a small buffer, so that little is sent of what is not read."""
        if urlsplit(self.url).scheme != "http":
            raise NotTried("speaks HTTP on bare connections, and the address is https")
        connection = socket.create_connection((self.host, self.port), TIMEOUT_S)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        return connection


def new_browser() -> requests.Session:
    """A browser with cookies of its own, which keeps no connection."""
    session = requests.Session()
    session.headers["Connection"] = "close"
    return session


def csrf_token(page: str) -> str:
    found = _CSRF.search(page)
    return "" if found is None else found[1] or found[2]


def require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise NotHeld(otherwise)


def require_refusal(answer: requests.Response, what: str) -> None:
    """It was refused in so many words: neither done, nor an error of the server, nor a trace of one."""
    require(400 <= answer.status_code < 500, f"{what} was answered {answer.status_code}")
    require("Traceback (most recent call last)" not in answer.text, f"{what} was answered with a traceback")
