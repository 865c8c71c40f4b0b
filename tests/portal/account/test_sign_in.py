"""Signing in and out."""

import re
import time
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update
from werkzeug.test import TestResponse

from calmboard.access.credentials.sessions import ABSOLUTE, IDLE
from calmboard.clock import now
from calmboard.db import db
from calmboard.models import UserSession
from tests.portal.forms import send
from tests.support.users import SESSION_COOKIE, TestUser, csrf_token, new_address

_REFUSAL = "E-mail and password do not belong together."


def _sign_in(client: FlaskClient, email: str, password: str, page: str = "/sign-in", **fields: str) -> TestResponse:
    return send(client, page, page, email=email, password=password, **fields)


def test_signing_in_leads_to_the_page(client: FlaskClient, owner: TestUser) -> None:
    answer = _sign_in(client, owner.email, owner.password)
    assert (answer.status_code, answer.location) == (303, "/integrations")
    assert client.get("/integrations").status_code == 200


def test_the_case_of_the_email_does_not_matter(client: FlaskClient, owner: TestUser) -> None:
    assert _sign_in(client, owner.email.upper(), owner.password).status_code == 303


def test_a_wrong_password_and_an_unknown_email_get_the_same_answer(client: FlaskClient, owner: TestUser) -> None:
    wrong = _sign_in(client, owner.email, "not the password")
    unknown = _sign_in(client, "nobody@calmboard.test", "not the password")
    assert (wrong.status_code, unknown.status_code) == (422, 422)
    assert _REFUSAL in wrong.text
    assert _without_values(wrong.text) == _without_values(unknown.text)


@pytest.mark.slow
def test_a_wrong_password_and_an_unknown_email_take_equally_long(app: Flask, new_user: Callable[..., TestUser]) -> None:
    person = new_user()
    known = min(_time_of_refusal(app, person.email) for _ in range(5))
    unknown = min(_time_of_refusal(app, f"not-{person.email}") for _ in range(5))
    assert 0.5 < known / unknown < 2


def test_a_form_without_its_token_is_refused(client: FlaskClient, owner: TestUser) -> None:
    answer = client.post("/sign-in", data={"email": owner.email, "password": owner.password})
    assert answer.status_code == 400
    assert "This form was open too long" in answer.text


def test_a_form_works_behind_https(make_app: Callable[..., Flask], owner: TestUser) -> None:
    client = make_app(origin="https://calmboard.example").test_client()
    page = client.get("/sign-in", base_url="https://calmboard.example")
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    answer = client.post(
        "/sign-in",
        base_url="https://calmboard.example",
        headers={"Referer": "https://calmboard.example/sign-in"},
        data={"csrf_token": token and token[1], "email": owner.email, "password": owner.password},
    )
    assert answer.status_code == 303
    assert "Secure" in _session_cookie(answer)


@pytest.mark.parametrize("path", ["/integrations", "/account", "/integrations/keys/new?integration=jira"])
def test_a_page_asked_for_is_reached_after_signing_in(client: FlaskClient, owner: TestUser, path: str) -> None:
    redirect = client.get(path)
    assert redirect.status_code == 303
    assert _sign_in(client, owner.email, owner.password, redirect.location).location == path


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example", "//evil.example", "/\\evil.example", "/\t/evil.example", "javascript:alert(1)", "evil"],
)
def test_signing_in_never_leads_elsewhere(client: FlaskClient, owner: TestUser, elsewhere: str) -> None:
    client.get("/sign-in")
    answer = send(client, "/sign-in", "/sign-in?" + urlencode({"next": elsewhere}), email=owner.email, password=owner.password)
    assert answer.location == "/integrations"


def test_signing_in_starts_a_new_session(client: FlaskClient, owner: TestUser) -> None:
    _sign_in(client, owner.email, owner.password)
    before = client.get_cookie(SESSION_COOKIE)
    client.post("/sign-out", data={"csrf_token": _token(client)})
    _sign_in(client, owner.email, owner.password)
    after = client.get_cookie(SESSION_COOKIE)
    assert before
    assert after
    assert before.value != after.value


def test_the_cookie_is_kept_from_scripts_and_other_sites(client: FlaskClient, owner: TestUser) -> None:
    cookie = _session_cookie(_sign_in(client, owner.email, owner.password))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Expires" not in cookie


def test_the_cookie_outlives_the_browser_where_that_is_asked(client: FlaskClient, owner: TestUser) -> None:
    assert "Expires" in _session_cookie(_sign_in(client, owner.email, owner.password, remember="yes"))


def test_signing_out_ends_the_session(client: FlaskClient, owner: TestUser) -> None:
    _sign_in(client, owner.email, owner.password)
    cookie = client.get_cookie(SESSION_COOKIE)
    answer = client.post("/sign-out", data={"csrf_token": _token(client)})
    assert answer.location == "/sign-in"
    assert cookie is not None
    client.set_cookie(SESSION_COOKIE, cookie.value)
    assert client.get("/integrations").status_code == 303


@pytest.mark.parametrize(("moment", "life"), [("last_seen_at", IDLE), ("created_at", ABSOLUTE)])
def test_a_session_ends_once_it_is_unused_or_old(new_user: Callable[..., TestUser], moment: str, life: timedelta) -> None:
    person = new_user()
    browser = person.sign_in()
    for age, status in ((life - timedelta(hours=1), 200), (life + timedelta(hours=1), 303)):
        with person.app.app_context():
            aged = update(UserSession).where(UserSession.user_id == person.person.id).values({moment: now() - age})
            db.session.execute(aged)
            db.session.commit()
        assert browser.get("/account").status_code == status


def test_who_is_signed_in_passes_the_sign_in_page(owner: TestUser) -> None:
    assert owner.sign_in().get("/sign-in?next=/account").location == "/account"


@pytest.mark.slow
def test_guessing_is_slowed_down_by_address(client: FlaskClient) -> None:
    for number in range(10):
        assert _sign_in(client, f"nobody-{number}@calmboard.test", "guess").status_code == 422
    answer = _sign_in(client, "nobody@calmboard.test", "guess")
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 60
    assert "Try again in" in answer.text


def _time_of_refusal(app: Flask, email: str) -> float:
    client = app.test_client()
    client.environ_base["REMOTE_ADDR"] = new_address()
    client.get("/sign-in")
    started_at = time.perf_counter()
    _sign_in(client, email, "not the password")
    return time.perf_counter() - started_at


def _session_cookie(answer: TestResponse) -> str:
    [cookie] = [cookie for cookie in answer.headers.getlist("Set-Cookie") if cookie.startswith(SESSION_COOKIE)]
    return cookie


def _token(client: FlaskClient) -> str:
    return csrf_token(client.get("/account"))


def _without_values(page: str) -> str:
    return re.sub(r'value="[^"]*"', "", page)
