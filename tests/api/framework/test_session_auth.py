"""Signing in without a page: the session token, where it is accepted, and when it ends."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from werkzeug.test import TestResponse

from calmboard.access.credentials.sessions import delete_expired_sessions
from calmboard.access.secret_format import is_well_formed, new_secret
from calmboard.clock import now
from calmboard.db import db
from calmboard.ids import new_id
from calmboard.models import SessionToken, UserSession
from tests.support.users import DEMO_PASSWORD, TestUser, csrf_token, new_address

PATH = "/api/auth/session"


def _sign_in(client: FlaskClient, email: str, password: str, **more: str) -> TestResponse:
    return client.post(PATH, json={"email": email, "password": password, **more})


def _token(client: FlaskClient, user: TestUser) -> str:
    answer = _sign_in(client, user.email, user.password)
    assert answer.status_code == 200, answer.text
    return str(answer.get_json()["session_token"])


def _user_of(client: FlaskClient, token: str) -> tuple[int, Any]:
    answer = client.get(PATH, headers={"Authorization": f"Bearer {token}"})
    return answer.status_code, answer.get_json().get("code") or answer.get_json()["user"]["email"]


def _token_from_page(browser: FlaskClient) -> str:
    answer = browser.post("/session-token", data={"csrf_token": csrf_token(browser.get("/account"))})
    assert answer.status_code == 200, answer.text
    return str(answer.get_json()["session_token"])


def test_the_answer_is_a_token_for_an_hour_that_nobody_stores(client: FlaskClient, new_user: Callable[..., TestUser]) -> None:
    person = new_user()
    answer = _sign_in(client, person.email.upper(), person.password)
    body = answer.get_json()
    assert is_well_formed(body.pop("session_token"))
    user = {"id": person.person.id, "name": person.person.name, "email": person.email}
    assert body.pop("client_id").startswith("cli_")
    assert body.pop("redirect_uri") == "http://127.0.0.1:8000/oauth/callback"
    assert body == {"token_type": "Bearer", "expires_in": 3600, "user": user}
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert "Set-Cookie" not in answer.headers


def test_the_free_plan_signs_in_too(client: FlaskClient, free: TestUser) -> None:
    assert _user_of(client, _token(client, free)) == (200, free.email)


def test_a_code_may_come_along(client: FlaskClient, owner: TestUser) -> None:
    assert _sign_in(client, owner.email, owner.password, otp="123456").status_code == 200


def test_a_wrong_password_and_an_unknown_email_get_the_same_answer(client: FlaskClient, owner: TestUser) -> None:
    wrong = _sign_in(client, owner.email, "not the password")
    unknown = _sign_in(client, "nobody@calmboard.test", "not the password")
    assert (wrong.status_code, wrong.get_json()["code"]) == (422, "validation_failed")
    assert _without_id(wrong) == _without_id(unknown)


@pytest.mark.slow
def test_a_wrong_password_and_an_unknown_email_take_equally_long(app: Flask, owner: TestUser) -> None:
    known, unknown = (min(_time_of_refusal(app, email) for _ in range(5)) for email in (owner.email, "no-one@calmboard.test"))
    assert 0.5 < known / unknown < 2


@pytest.mark.parametrize(
    ("sent", "status", "pointers"),
    [
        ({"email": "a@b.test"}, 422, ["/password"]),
        ({"email": 1, "password": 2}, 422, ["/email", "/password"]),
        ({"email": "a@b.test", "password": "x", "remember": True}, 422, ["/remember"]),
        ({"email": "a@b.test", "password": "x", "otp": "12"}, 422, ["/otp"]),
    ],
)
def test_every_faulty_field_is_named(client: FlaskClient, sent: dict[str, Any], status: int, pointers: list[str]) -> None:
    answer = client.post(PATH, json=sent)
    assert answer.status_code == status
    assert sorted(error["pointer"] for error in answer.get_json()["errors"]) == pointers


def test_a_form_from_another_site_is_refused(client: FlaskClient, owner: TestUser) -> None:
    answer = client.post(PATH, data={"email": owner.email, "password": owner.password})
    assert (answer.status_code, answer.get_json()["code"]) == (415, "unsupported_media_type")


@pytest.mark.slow
def test_guessing_is_slowed_down_together_with_the_sign_in_page(client: FlaskClient) -> None:
    for number in range(5):
        assert _sign_in(client, f"nobody-{number}@calmboard.test", "guess").status_code == 422
        form = {"email": f"{new_id('usr')}@calmboard.test", "password": "guess", "csrf_token": csrf_token(client.get("/sign-in"))}
        assert client.post("/sign-in", data=form).status_code == 422
    answer = _sign_in(client, "somebody@calmboard.test", "guess")
    assert (answer.status_code, answer.get_json()["code"]) == (429, "rate_limit_exceeded")
    assert 0 < int(answer.headers["Retry-After"]) <= 60


@pytest.mark.parametrize("path", ["/api/v1/me", "/api/v1/projects"])
def test_the_api_accepts_no_session_token(client: FlaskClient, owner: TestUser, path: str) -> None:
    answer = client.get(path, headers={"Authorization": f"Bearer {_token(client, owner)}"})
    assert (answer.status_code, answer.get_json()["code"]) == (401, "invalid_api_key")


def test_a_key_is_no_session_token(client: FlaskClient, owner: TestUser) -> None:
    assert _user_of(client, owner.key) == (401, "invalid_token")
    assert _user_of(client, new_secret("cbs")) == (401, "invalid_token")
    assert _user_of(client, "") == (401, "missing_api_key")


def test_a_cookie_and_a_token_together_are_refused(client: FlaskClient, owner: TestUser) -> None:
    answer = owner.sign_in().get(PATH, headers={"Authorization": f"Bearer {_token(client, owner)}"})
    assert (answer.status_code, answer.get_json()["code"]) == (400, "invalid_request")


def test_ending_the_token_ends_the_session_opened_for_it(client: FlaskClient, new_user: Callable[..., TestUser]) -> None:
    person = new_user()
    token = _token(client, person)
    assert client.delete(PATH, headers={"Authorization": f"Bearer {token}"}).status_code == 204
    assert _user_of(client, token) == (401, "invalid_token")
    assert _rows(person) == (0, 0)


def test_ending_a_token_of_a_page_leaves_the_browser_signed_in(client: FlaskClient, owner: TestUser) -> None:
    browser = owner.sign_in()
    token = _token_from_page(browser)
    assert _user_of(client, token) == (200, owner.email)
    client.delete(PATH, headers={"Authorization": f"Bearer {token}"})
    assert _user_of(client, token) == (401, "invalid_token")
    assert browser.get("/account").status_code == 200


def test_a_token_of_a_page_ends_with_its_session(client: FlaskClient, owner: TestUser) -> None:
    browser = owner.sign_in()
    token = _token_from_page(browser)
    browser.post("/sign-out", data={"csrf_token": csrf_token(browser.get("/account"))})
    assert _user_of(client, token) == (401, "invalid_token")


def test_signing_out_everywhere_ends_every_token(client: FlaskClient, new_user: Callable[..., TestUser]) -> None:
    person = new_user()
    browser = person.sign_in()
    tokens = [_token(client, person), _token_from_page(browser), _token_from_page(person.sign_in())]
    browser.post("/account/sign-out-everywhere", data={"csrf_token": csrf_token(browser.get("/account"))})
    assert [_user_of(client, token) for token in tokens] == [(401, "invalid_token")] * 3


def test_a_new_password_ends_every_token(client: FlaskClient, new_user: Callable[..., TestUser]) -> None:
    person = new_user()
    browser = person.sign_in()
    tokens = [_token(client, person), _token_from_page(browser)]
    passwords = {"current_password": DEMO_PASSWORD, "new_password": "another-quiet-harbour"}
    browser.post("/account/password", data={"csrf_token": csrf_token(browser.get("/account")), **passwords})
    assert [_user_of(client, token) for token in tokens] == [(401, "invalid_token")] * 2
    assert browser.get("/account").status_code == 200


def test_a_token_ends_after_an_hour(client: FlaskClient, new_user: Callable[..., TestUser]) -> None:
    person = new_user()
    token = _token(client, person)
    with person.app.app_context():
        mine = select(UserSession.id).where(UserSession.user_id == person.person.id)
        past = now() - timedelta(seconds=1)
        db.session.execute(update(UserSession).where(UserSession.id.in_(mine)).values(expires_at=past))
        db.session.commit()
        assert _user_of(client, token) == (401, "invalid_token")
        delete_expired_sessions()
    assert _rows(person) == (0, 0)


def test_a_page_sends_the_token_of_its_forms(client: FlaskClient, owner: TestUser) -> None:
    assert owner.sign_in().post("/session-token").status_code == 400
    assert client.post("/session-token").location.startswith("/sign-in")


def test_the_token_of_a_page_is_stored_nowhere(owner: TestUser) -> None:
    browser = owner.sign_in()
    answer = browser.post("/session-token", data={"csrf_token": csrf_token(browser.get("/account"))})
    assert answer.headers["Cache-Control"] == "no-store"
    assert "cbs_" not in browser.get("/integrations").text


def _rows(person: TestUser) -> tuple[int, int]:
    """How many sessions and session tokens somebody has."""
    with person.app.app_context():
        mine = UserSession.user_id == person.person.id
        sessions = db.session.execute(select(func.count()).select_from(UserSession).where(mine)).scalar_one()
        tokens = select(func.count()).select_from(SessionToken).join(UserSession).where(mine)
        return sessions, db.session.execute(tokens).scalar_one()


def _time_of_refusal(app: Flask, email: str) -> float:
    client = app.test_client()
    client.environ_base["REMOTE_ADDR"] = new_address()
    started_at = time.perf_counter()
    _sign_in(client, email, "not the password")
    return time.perf_counter() - started_at


def _without_id(answer: TestResponse) -> dict[str, Any]:
    return {name: value for name, value in answer.get_json().items() if name != "request_id"}
