"""Postman's flow: a session token authorizes its person's own client, and the response is JSON."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from calmboard.access.credentials.session_tokens import find_token_session
from calmboard.access.credentials.sessions import end_all_sessions
from calmboard.access.oauth.clients import Client, own_client
from calmboard.clock import now
from calmboard.db import db
from calmboard.models import OAuthGrant, OAuthRefreshToken
from tests.oauth.conftest import ORIGIN, challenge_of
from tests.support.users import Answer, Api, TestUser, add_user, csrf_token, new_address

VERIFIER = "v" * 43


@pytest.fixture
def person(app: Flask) -> TestUser:
    return add_user(app)


@pytest.fixture
def client(app: Flask, person: TestUser) -> Client:
    with app.app_context():
        return own_client(person.person, ORIGIN)


def session_token(app: Flask, person: TestUser) -> str:
    answer = app.test_client().post(
        "/api/auth/session",
        json={"email": person.email, "password": person.password},
        environ_base={"REMOTE_ADDR": new_address()},
    )
    token: str = answer.get_json()["session_token"]
    return token


def authorize(app: Flask, token: str, client: Client, **changes: Any) -> Answer:
    params = {
        "response_type": "code",
        "client_id": client.id,
        "redirect_uri": client.redirect_uris[0],
        "state": "s-1",
        "code_challenge": challenge_of(VERIFIER),
        "code_challenge_method": "S256",
        "resource": ORIGIN,
        **changes,
    }
    return Api(app, token).get("/api/oauth/authorize", query_string=params)


def redeem(app: Flask, client: Client, code: str) -> dict[str, Any]:
    form = {"grant_type": "authorization_code", "code": code, "client_id": client.id, "code_verifier": VERIFIER}
    answer = app.test_client().post("/api/oauth/token", data={**form, "redirect_uri": client.redirect_uris[0]})
    assert answer.status_code == 200, answer.text
    tokens: dict[str, Any] = answer.get_json()
    return tokens


def refresh_token_expiries(app: Flask, client: Client) -> list[datetime]:
    ends = db.select(OAuthRefreshToken.expires_at).join(OAuthGrant).where(OAuthGrant.client_id == client.id)
    with app.app_context():
        return list(db.session.execute(ends).scalars())


def test_the_flow_runs_without_a_browser_and_ends_with_the_session(app: Flask, person: TestUser, client: Client) -> None:
    granted = authorize(app, session_token(app, person), client)
    assert (granted.status_code, granted.json["state"], granted.json["iss"]) == (200, "s-1", ORIGIN)
    assert granted.headers["Cache-Control"] == "no-store"
    assert "Access-Control-Allow-Origin" not in granted.headers
    api = Api(app, redeem(app, client, granted.json["code"])["access_token"])
    assert api.get("/me").json["user"]["id"] == person.person.id
    with app.app_context():
        end_all_sessions(person.access, person.person.id)
    assert api.get("/me").json["code"] == "invalid_token"


def test_what_a_session_of_an_hour_grants_ends_within_the_hour(app: Flask, person: TestUser, client: Client) -> None:
    token = session_token(app, person)
    tokens = redeem(app, client, authorize(app, token, client).json["code"])
    form = {"grant_type": "refresh_token", "client_id": client.id, "refresh_token": tokens["refresh_token"]}
    again = app.test_client().post("/api/oauth/token", data=form).get_json()
    with app.app_context():
        ends_at = find_token_session(token).expires_at
    assert again["expires_in"] <= 3600
    assert len(ends := refresh_token_expiries(app, client)) == 2
    assert max(ends) <= ends_at


def test_what_a_session_without_an_end_grants_ends_within_a_day(app: Flask, person: TestUser, client: Client) -> None:
    browser = person.sign_in()
    token = browser.post("/session-token", data={"csrf_token": csrf_token(browser.get("/account"))}).get_json()["session_token"]
    redeem(app, client, authorize(app, token, client).json["code"])
    [ends_at] = refresh_token_expiries(app, client)
    assert timedelta(hours=23) < ends_at - now() <= timedelta(hours=24)


def test_a_session_token_asks_for_no_other_client(app: Flask, person: TestUser, owner: TestUser) -> None:
    with app.app_context():
        other = own_client(owner.person, ORIGIN)
    answer = authorize(app, session_token(app, person), other)
    assert (answer.status_code, answer.json["error"]) == (403, "unauthorized_client")


def test_too_many_requests_of_a_program_are_refused_in_json_with_retry_after(
    app: Flask, person: TestUser, client: Client
) -> None:
    token = session_token(app, person)
    answers = [authorize(app, token, client) for _ in range(61)]
    assert [answer.status_code for answer in answers] == [200] * 60 + [429]
    assert answers[-1].json["error"] == "temporarily_unavailable"
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60


def test_a_session_token_makes_us_fetch_nothing(app: Flask, person: TestUser, client: Client) -> None:
    answer = authorize(app, session_token(app, person), client, client_id="https://app.example/oauth/client-metadata")
    assert (answer.status_code, answer.json["error"]) == (403, "unauthorized_client")


@pytest.mark.parametrize("token", ["cbs_" + "0" * 36, "cbk_" + "0" * 36, "x", ""])
def test_only_a_live_session_token_is_taken(app: Flask, client: Client, token: str) -> None:
    answer = Api(app, None).get("/api/oauth/authorize", headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json["error"]) == (401, "invalid_token")


def test_a_key_is_no_session_token(app: Flask, person: TestUser, client: Client) -> None:
    assert authorize(app, person.key, client).json["error"] == "invalid_token"


def test_cookie_and_token_together_are_refused(app: Flask, person: TestUser, client: Client) -> None:
    browser = person.sign_in()
    answer = browser.get("/api/oauth/authorize", headers={"Authorization": f"Bearer {session_token(app, person)}"})
    assert (answer.status_code, answer.get_json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_challenge": ""}, "invalid_request"),
        ({"resource": ""}, "invalid_target"),
        ({"redirect_uri": "https://elsewhere.example"}, "invalid_request"),
        ({"scope": "everything"}, "invalid_scope"),
    ],
)
def test_an_invalid_request_is_answered_in_json(
    app: Flask, person: TestUser, client: Client, changes: dict[str, str], error: str
) -> None:
    answer = authorize(app, session_token(app, person), client, **changes)
    assert (answer.status_code, answer.json["error"]) == (400, error)
