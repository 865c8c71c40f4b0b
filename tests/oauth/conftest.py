"""The fixtures of the authorization server's tests: an application that performs the flow."""

import base64
import hashlib
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support.users import Api, ProjectAndBoard, TestUser, new_address

ORIGIN = "http://127.0.0.1:8000"
CALLBACK = "https://app.example/callback"
_CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')


def challenge_of(verifier: str) -> str:
    """RFC 7636, appendix A."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


@dataclass
class HostApp:
    """A host application, with the browser of one person beside it."""

    app: Flask
    browser: FlaskClient
    client_id: str
    registration: dict[str, Any]
    redirect_uri: str = CALLBACK
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    def request(self, **changes: str | None) -> dict[str, str]:
        """The parameters of an authorization request; None leaves one out."""
        defaults = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "state": "s-1",
            "code_challenge": challenge_of(self.verifier),
            "code_challenge_method": "S256",
            "resource": ORIGIN,
            "scope": "projects:read tasks:write",
        }
        return {name: value for name, value in {**defaults, **changes}.items() if value is not None}

    def open_consent(self, **changes: str | None) -> TestResponse:
        return self.browser.get("/api/oauth/authorize", query_string=self.request(**changes))

    def decide(self, decision: str = "allow", choices: dict[str, Any] | None = None, **changes: Any) -> TestResponse:
        """Submit the consent page; without choices with its initial values: every right, in all projects."""
        page = self.open_consent(**changes)
        assert page.status_code == 200, page.text
        token = _CSRF.search(page.text)
        assert token
        rights = re.findall(r'name="right" value="([^"]+)" checked', page.text)
        initial = {"csrf_token": token[1], "decision": decision, "right": rights, "reach": "all"}
        form = {**initial, **self.request(**changes), **(choices or {})}
        return self.browser.post("/api/oauth/authorize", data=form)

    def get_code(self, choices: dict[str, Any] | None = None, **changes: Any) -> str:
        response = self.decide(choices=choices, **changes)
        assert response.status_code == 303, response.text
        return redirect_parameters(response)["code"]

    def become_known(self) -> "HostApp":
        """Have the person grant something, so that an error is redirected to the application from then on."""
        self.get_code()
        return self

    def token(self, **form: str | None) -> TestResponse:
        data = {name: value for name, value in form.items() if value is not None}
        return self.app.test_client().post("/api/oauth/token", data=data, environ_base={"REMOTE_ADDR": new_address()})

    def redeem(self, issued: str, **changes: str | None) -> TestResponse:
        defaults: dict[str, str | None] = {
            "grant_type": "authorization_code",
            "code": issued,
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "code_verifier": self.verifier,
        }
        return self.token(**{**defaults, **changes})

    def refresh(self, issued: str, **changes: str | None) -> TestResponse:
        defaults: dict[str, str | None] = {"grant_type": "refresh_token", "refresh_token": issued, "client_id": self.client_id}
        return self.token(**{**defaults, **changes})

    def get_tokens(self, choices: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
        answer = self.redeem(self.get_code(choices, **changes))
        assert answer.status_code == 200, answer.text
        tokens: dict[str, Any] = answer.get_json()
        return tokens

    def api(self, access_token: str) -> Api:
        return Api(self.app, access_token)


def redirect_parameters(response: TestResponse) -> dict[str, str]:
    """The parameters that the application receives at its redirect URI."""
    query = parse_qs(urlsplit(response.headers["Location"]).query, strict_parsing=True)
    assert all(len(values) == 1 for values in query.values())
    return {name: values[0] for name, values in query.items()}


def register(app: Flask, **metadata: Any) -> TestResponse:
    body = {"client_name": "Stand-up bot", "redirect_uris": [CALLBACK], **metadata}
    return app.test_client().post("/api/oauth/register", json=body, environ_base={"REMOTE_ADDR": new_address()})


@pytest.fixture(autouse=True)
def _monkeypatch_response_class() -> None:
    """Overrides pytest-flask's, which would convert every response to its own class: a redirect would be rewritten."""


@pytest.fixture
def owner(new_user: Callable[..., TestUser], new_project: Callable[..., ProjectAndBoard]) -> TestUser:
    """A user of this test's own: a person decides about applications sixty times a minute at most."""
    person = new_user()
    new_project(person)
    return person


@pytest.fixture
def host_app(app: Flask) -> Callable[..., HostApp]:
    """Register an application that requests this person's consent: `host_app(owner)`."""

    def make(person: TestUser, **metadata: Any) -> HostApp:
        response = register(app, **metadata)
        assert response.status_code == 201, response.text
        body = response.get_json()
        return HostApp(app, person.sign_in(), body["client_id"], body, body["redirect_uris"][0])

    return make
