"""An error leads to an application's address by itself only where the person knows the application (RFC 9700, 4.11.2)."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.oauth.conftest import CALLBACK, ORIGIN, HostApp, redirect_parameters
from tests.support.users import TestUser, csrf_token

Make = Callable[..., HostApp]

_LINK = re.compile(r'<a href="([^"]+)" rel="noreferrer">Go back to ([^<]+)</a>')

REFUSALS = [
    ({"response_type": "x"}, "unsupported_response_type"),
    ({"scope": "nope"}, "invalid_scope"),
    ({"resource": None}, "invalid_target"),
    ({"code_challenge": None}, "invalid_request"),
    ({"response_mode": "fragment"}, "invalid_request"),
    ({"request": "eyJhbGciOiJub25lIn0.e30."}, "request_not_supported"),
]


def assert_told_here(answer: TestResponse, error: str, callback: str = CALLBACK) -> None:
    """A page that says what is wrong, with one link that leads to the application and tells it the same."""
    assert (answer.status_code, answer.mimetype, "Location" in answer.headers) == (400, "text/html", False)
    [(address, host)] = _LINK.findall(answer.text)
    assert f"<code>{error}</code>" in answer.text
    assert unescape(address).startswith(f"{callback}?error={error}&")
    assert host == urlsplit(callback).netloc
    result = {name: value for name, [value] in parse_qs(urlsplit(unescape(address)).query).items()}
    assert (result["state"], result["iss"], "code" in result) == ("s-1", ORIGIN, False)
    assert result["error_description"] in unescape(answer.text)


def open_by(browser: FlaskClient, params: dict[str, str]) -> TestResponse:
    return browser.get("/api/oauth/authorize", query_string=params)


@pytest.mark.parametrize(("changes", "error"), [*REFUSALS, ({"prompt": "none"}, "consent_required")])
def test_nobody_is_sent_to_an_unknown_application_unasked(host_app: Make, owner: TestUser, changes: Any, error: str) -> None:
    assert_told_here(host_app(owner).open_consent(**changes), error)


@pytest.mark.parametrize(("changes", "error"), [*REFUSALS, ({"prompt": "none"}, "login_required")])
def test_nobody_who_is_signed_out_is_sent_anywhere(app: Flask, host_app: Make, owner: TestUser, changes: Any, error: str) -> None:
    application = host_app(owner).become_known()
    assert_told_here(open_by(app.test_client(), application.request(**changes)), error)


def test_a_decision_is_no_way_around(host_app: Make, owner: TestUser) -> None:
    application = host_app(owner)
    form = {"csrf_token": csrf_token(application.open_consent()), "decision": "deny", **application.request(scope="nope")}
    assert_told_here(application.browser.post("/api/oauth/authorize", data=form), "invalid_scope")


def test_the_persons_own_no_leads_back(host_app: Make, owner: TestUser) -> None:
    assert redirect_parameters(host_app(owner).decide("deny"))["error"] == "access_denied"


def test_an_application_is_known_to_those_alone_who_granted_it_something(
    host_app: Make, new_user: Callable[..., TestUser]
) -> None:
    application = host_app(new_user()).become_known()
    assert redirect_parameters(application.open_consent(scope="nope"))["error"] == "invalid_scope"
    assert_told_here(open_by(new_user().sign_in(), application.request(scope="nope")), "invalid_scope")


def test_an_application_stays_known_once_it_was_disconnected(app: Flask, host_app: Make, owner: TestUser) -> None:
    application = host_app(owner)
    tokens = application.get_tokens()
    form = {"token": tokens["refresh_token"], "client_id": application.client_id}
    assert app.test_client().post("/api/oauth/revoke", data=form).status_code == 200
    assert redirect_parameters(application.open_consent(prompt="none"))["error"] == "consent_required"


@pytest.mark.parametrize("callback", ["cursor://anysphere.cursor-mcp/oauth/callback", "http://127.0.0.1:33418/cb?a=1"])
def test_the_link_keeps_the_address_as_it_was_registered(host_app: Make, owner: TestUser, callback: str) -> None:
    page = host_app(owner, redirect_uris=[callback]).open_consent(scope="nope")
    [(address, _)] = _LINK.findall(page.text)
    assert unescape(address).startswith(callback)
    assert unescape(address).count("?") == 1


def test_the_page_quotes_the_applications_words_as_text(host_app: Make, owner: TestUser) -> None:
    application = host_app(owner, client_name='"><script>alert(1)</script>')
    page = application.open_consent(scope="nope", state='"><script>alert(2)</script>')
    assert "<script>alert" not in page.text
