"""A person with a browser that renders nothing: it stores cookies, and submits forms with all their fields."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

import requests

from tests.support.users import TestUser, new_address

_AUTHORIZE = "/api/oauth/authorize"
_OWN_CLIENT = re.compile(r'id="client-id">(cli_\w+)<')
_CHECKABLE = ("checkbox", "radio")
_TIMEOUT_S = 20


class Visitor:
    """Signs in when required, and decides about applications."""

    def __init__(self, person: TestUser) -> None:
        self.person = person
        self._browser = requests.Session()
        self._browser.trust_env = False
        self._browser.headers["X-Forwarded-For"] = new_address()

    def decide(self, url: str, decision: str = "allow", **choices: Any) -> str:
        """Answer the authorization request at this URL; returns the URL of the callback."""
        page = self.open(url)
        response = self._send(page, _AUTHORIZE, {"decision": decision, **choices}, follow=False)
        return response.headers["Location"]

    def own_client(self, origin: str, *callbacks: str) -> str:
        """The id of the client that belongs to this person, after these callbacks were saved for it."""
        page = self.open(f"{origin}/integrations")
        self._send(page, "/integrations/oauth/callbacks", {"callbacks": ", ".join(callbacks)})
        match = _OWN_CLIENT.search(page.text)
        assert match
        return match[1]

    def open(self, url: str) -> requests.Response:
        """The page at a URL, after the sign-in where one is required."""
        page = self._browser.get(url, timeout=_TIMEOUT_S)
        if 'name="password"' not in page.text:
            return page
        return self._send(page, "/sign-in", {"email": self.person.email, "password": self.person.password})

    def _send(self, page: requests.Response, path: str, values: dict[str, Any], *, follow: bool = True) -> requests.Response:
        """Submit the form of the page whose action is this path."""
        form = next(form for form in _forms(page.text) if form.action.partition("?")[0] == path)
        url, data = urljoin(page.url, form.action), {**form.fields, **values}
        answer = self._browser.post(url, data, timeout=_TIMEOUT_S, allow_redirects=follow)
        assert answer.status_code < 400, answer.text
        return answer


@dataclass
class _Form:
    """The action of a form, and the fields that it submits unchanged."""

    action: str
    fields: dict[str, list[str]] = field(default_factory=dict)


def _forms(page: str) -> list[_Form]:
    parser = _FormParser()
    parser.feed(page)
    return parser.forms


class _FormParser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[_Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(_Form(attributes.get("action", "")))
        elif tag == "input" and "name" in attributes and _is_sent(attributes):
            self.forms[-1].fields.setdefault(attributes["name"], []).append(attributes.get("value", ""))


def _is_sent(attributes: dict[str, str]) -> bool:
    return attributes.get("type") not in _CHECKABLE or "checked" in attributes
