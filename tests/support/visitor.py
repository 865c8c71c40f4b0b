"""A person at a browser that draws nothing: it keeps cookies, and sends forms with all that stands in them."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

import requests

from tests.support.users import TestUser, new_address

_AUTHORIZE = "/api/oauth/authorize"
_OWN_CLIENT = re.compile(r'id="client-id">(cli_\w+)<')
_TICKED = ("checkbox", "radio")
_TIMEOUT_S = 20


class Visitor:
    """Somebody who signs in when they are asked to, and decides about applications."""

    def __init__(self, person: TestUser) -> None:
        self.person = person
        self._browser = requests.Session()
        self._browser.trust_env = False
        self._browser.headers["X-Forwarded-For"] = new_address()

    def decide(self, url: str, decision: str = "allow", **choices: Any) -> str:
        """Answer the application that asks at this address; returns where it is called back."""
        page = self.open(url)
        sent = self._send(page, _AUTHORIZE, {"decision": decision, **choices}, follow=False)
        return sent.headers["Location"]

    def own_client(self, origin: str, *callbacks: str) -> str:
        """The id of the client that belongs to this person, after these callbacks were saved for it."""
        page = self.open(f"{origin}/integrations")
        self._send(page, "/integrations/oauth/callbacks", {"callbacks": ", ".join(callbacks)})
        found = _OWN_CLIENT.search(page.text)
        assert found
        return found[1]

    def open(self, url: str) -> requests.Response:
        """The page at an address, after the sign-in where one is asked for."""
        page = self._browser.get(url, timeout=_TIMEOUT_S)
        if 'name="password"' not in page.text:
            return page
        return self._send(page, "/sign-in", {"email": self.person.email, "password": self.person.password})

    def _send(self, page: requests.Response, path: str, values: dict[str, Any], *, follow: bool = True) -> requests.Response:
        """Send the form of the page that goes to this path."""
        form = next(form for form in _forms(page.text) if form.action.partition("?")[0] == path)
        where, what = urljoin(page.url, form.action), {**form.fields, **values}
        answer = self._browser.post(where, what, timeout=_TIMEOUT_S, allow_redirects=follow)
        assert answer.status_code < 400, answer.text
        return answer


@dataclass
class _Form:
    """Where a form goes, and what it sends when nobody changes it."""

    action: str
    fields: dict[str, list[str]] = field(default_factory=dict)


def _forms(page: str) -> list[_Form]:
    reader = _Reader()
    reader.feed(page)
    return reader.forms


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[_Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(_Form(given.get("action", "")))
        elif tag == "input" and "name" in given and _is_sent(given):
            self.forms[-1].fields.setdefault(given["name"], []).append(given.get("value", ""))


def _is_sent(given: dict[str, str]) -> bool:
    return given.get("type") not in _TICKED or "checked" in given
