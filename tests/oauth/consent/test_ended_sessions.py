"""The consent page outlives its session: the request is shown again after signing in, and a stale form comes back filled."""

import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from calmboard.access.credentials.sessions import end_all_sessions
from calmboard.db import db
from calmboard.models import OAuthGrant
from tests.oauth.conftest import HostApp, redirect_parameters
from tests.portal.forms import send
from tests.support.users import TestUser, add_project_and_board, csrf_token

_AUTHORIZE = "/api/oauth/authorize"
_OURS = {"Origin": "http://localhost"}
_STALE = "This form was opened before you last signed in, so nothing was granted."

Make = Callable[..., HostApp]


def test_a_decision_after_the_session_ended_leads_over_the_sign_in_to_the_same_request(host_app: Make, owner: TestUser) -> None:
    application = host_app(owner)
    page = application.open_consent(state="s-7")
    _end_sessions(owner)
    answer = _send(application, page, state="s-7", decision="allow", reach="all")
    assert answer.status_code == 303
    signed_in = _sign_in(application, owner, answer.location)
    assert application.request(state="s-7") == {name: values[0] for name, values in _query(signed_in.location).items()}
    assert "Allow</button>" in application.browser.get(signed_in.location).text


def test_a_stale_form_comes_back_filled_and_works_when_it_is_sent_again(app: Flask, host_app: Make, owner: TestUser) -> None:
    selected, other = add_project_and_board(app, owner), add_project_and_board(app, owner)
    application = host_app(owner)
    scope = "tasks:write boards:write"
    page = application.open_consent(scope=scope)
    _end_sessions(owner)
    _sign_in(application, owner, "/sign-in")
    chosen = {"decision": "allow", "reach": "some", "project": selected.project_id, "right": "boards:write"}
    again = _send(application, page, scope=scope, **chosen)
    assert (again.status_code, again.text.count(_STALE), _grants(application)) == (422, 1, 0)
    assert "<title>Error: " in again.text
    assert re.findall(r'value="([^"]*)"[^>]* checked', again.text) == ["boards:write", "some", selected.project_id]
    assert other.project_id in again.text
    assert "code" in redirect_parameters(_send(application, again, scope=scope, **chosen))


@pytest.mark.parametrize("headers", [{}, {"Origin": "https://other.example"}, {"Origin": "null"}])
def test_a_form_of_another_site_does_not_come_back(host_app: Make, owner: TestUser, headers: dict[str, str]) -> None:
    application = host_app(owner)
    form = {**application.request(), "csrf_token": "theirs", "decision": "allow", "reach": "all"}
    answer = application.browser.post(_AUTHORIZE, data=form, headers=headers)
    assert (answer.status_code, _STALE in answer.text, _grants(application)) == (400, False, 0)


def _send(application: HostApp, page: TestResponse, scope: str | None = None, state: str = "s-1", **chosen: str) -> TestResponse:
    params = application.request(state=state, **({"scope": scope} if scope else {}))
    form = {**params, "csrf_token": csrf_token(page), **chosen}
    return application.browser.post(_AUTHORIZE, data=form, headers=_OURS)


def _end_sessions(person: TestUser) -> None:
    with person.app.app_context():
        end_all_sessions(person.access, person.person.id)


def _sign_in(application: HostApp, person: TestUser, address: str) -> TestResponse:
    return send(application.browser, address, address, email=person.email, password=person.password)


def _query(address: str) -> dict[str, list[str]]:
    return parse_qs(urlsplit(address).query)


def _grants(application: HostApp) -> int:
    with application.app.app_context():
        granted = select(OAuthGrant.id).where(OAuthGrant.client_id == application.client_id)
        return len(db.session.execute(granted).all())
