"""Guessing is slow, and locks nobody out: by network, by account, and past both in a browser that signed in before."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from calmboard.settings import Settings
from tests.portal.forms import send
from tests.support.users import DEMO_PASSWORD, TestUser, csrf_token, new_address

_DEVICE = "calmboard_device"
_NEW = "four unrelated words here"
_AT_ONCE = 60

NewUser = Callable[..., TestUser]


@pytest.fixture
def person(new_user: NewUser) -> TestUser:
    return new_user()


def browser_at(app: Flask, address: str | None = None) -> FlaskClient:
    client = app.test_client()
    client.environ_base["REMOTE_ADDR"] = address or new_address()
    return client


def sign_in(client: FlaskClient, email: str, password: str = DEMO_PASSWORD) -> TestResponse:
    return send(client, "/sign-in", "/sign-in", email=email, password=password)


def sign_in_by_program(app: Flask, address: str, email: str, password: str = DEMO_PASSWORD) -> TestResponse:
    body = {"email": email, "password": password}
    return browser_at(app, address).post("/api/auth/session", json=body)


def guess_at_once(app: Flask, email: str, addresses: list[str]) -> list[int]:
    start = Barrier(len(addresses))

    def guess(address: str) -> int:
        start.wait()
        return sign_in_by_program(app, address, email, "guess").status_code

    with ThreadPoolExecutor(len(addresses)) as pool:
        return list(pool.map(guess, addresses))


def forget_signing_in(client: FlaskClient) -> None:
    """Leave the browser what it keeps when its session is over."""
    device = client.get_cookie(_DEVICE, path="/sign-in")
    assert device
    client.delete_cookie("calmboard_session")


@pytest.mark.database("sqlite")
@pytest.mark.slow
def test_guesses_from_anywhere_lock_nobody_out(app: Flask, person: TestUser) -> None:
    assert guess_at_once(app, person.email, [new_address() for _ in range(10)]) == [422] * 10
    assert sign_in(browser_at(app), person.email).status_code == 303


@pytest.mark.database("sqlite")
@pytest.mark.slow
@pytest.mark.parametrize("is_known", [True, False])
def test_beyond_ten_an_hour_an_account_is_guessed_one_at_a_time(app: Flask, person: TestUser, is_known: bool) -> None:
    email = person.email if is_known else f"not-{person.email}"
    answers = guess_at_once(app, email, [new_address() for _ in range(20)])
    assert answers.count(422) in (11, 12)  # one more where five seconds passed
    refused = sign_in(browser_at(app), email.upper(), "guess")
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 5
    for words in ("Try again in ", "Too many wrong passwords came", "A browser that signed in before is not held up."):
        assert words in refused.text


@pytest.mark.slow
def test_a_browser_that_signed_in_before_is_not_held_up(app: Flask, person: TestUser) -> None:
    known = browser_at(app)
    assert sign_in(known, person.email).status_code == 303
    forget_signing_in(known)
    address = known.environ_base["REMOTE_ADDR"]
    assert 429 in guess_at_once(app, person.email, [address] * 11)
    assert sign_in_by_program(app, address, person.email).status_code == 429
    assert sign_in(known, f" {person.email.upper()}").status_code == 303


@pytest.mark.database("sqlite")
@pytest.mark.slow
def test_a_known_browser_has_a_window_too_and_for_its_person_alone(app: Flask, new_user: NewUser) -> None:
    person, other = new_user(), new_user()
    known = browser_at(app)
    assert sign_in(known, person.email).status_code == 303
    forget_signing_in(known)
    assert [sign_in(known, person.email, "guess").status_code for _ in range(11)] == [422] * 10 + [429]
    address = known.environ_base["REMOTE_ADDR"]
    assert guess_at_once(app, f"not-{person.email}", [address] * 10) == [422] * 10
    assert sign_in(known, other.email).status_code == 429


@pytest.fixture(params=["shared memory", "redis"])
def counting_app(request: pytest.FixtureRequest, make_app: Callable[..., Flask]) -> Flask:
    url = request.getfixturevalue("redis_url") if request.param == "redis" else None
    return make_app(rate_storage_url=url)


@pytest.mark.database("sqlite")
@pytest.mark.slow
def test_guesses_at_once_are_no_more_than_one_after_another(counting_app: Flask) -> None:
    answers = guess_at_once(counting_app, f"{new_address()}@calmboard.test", [new_address()] * _AT_ONCE)
    assert Counter(answers) == {422: 10, 429: _AT_ONCE - 10}


@pytest.mark.database("sqlite")
@pytest.mark.slow
def test_a_right_password_takes_no_try_away_but_is_no_way_to_keep_the_processor_busy(app: Flask, person: TestUser) -> None:
    address = new_address()
    assert [sign_in_by_program(app, address, person.email).status_code for _ in range(20)] == [200] * 20
    refused = sign_in_by_program(app, address, person.email)
    assert (refused.status_code, refused.get_json()["code"]) == (429, "rate_limit_exceeded")
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert sign_in(browser_at(app), person.email).status_code == 303


def test_a_page_asks_for_twenty_session_tokens_a_minute_at_most(person: TestUser) -> None:
    browser = person.sign_in()
    token = csrf_token(browser.get("/account"))
    answers = [browser.post("/session-token", data={"csrf_token": token}) for _ in range(21)]
    assert [answer.status_code for answer in answers] == [200] * 20 + [429]
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60


def test_the_cookie_of_a_known_browser_says_nothing_and_goes_to_the_sign_in_alone(app: Flask, person: TestUser) -> None:
    answer = sign_in(browser_at(app), person.email)
    [cookie] = [cookie for cookie in answer.headers.getlist("Set-Cookie") if cookie.startswith(f"{_DEVICE}=")]
    for attribute in ("HttpOnly", "SameSite=Lax", "Path=/sign-in", "Max-Age=34560000"):
        assert attribute in cookie.split("; ")
    assert "Secure" not in cookie
    assert person.email not in cookie
    assert person.person.id not in cookie


def test_over_https_it_is_secure(make_app: Callable[..., Flask], settings: Settings, person: TestUser) -> None:
    https: dict[str, Any] = {"base_url": "https://calmboard.example", "headers": {"Referer": "https://calmboard.example/sign-in"}}
    client = browser_at(make_app(origin=https["base_url"]))
    form = {"email": person.email, "password": person.password, "csrf_token": csrf_token(client.get("/sign-in", **https))}
    cookies = client.post("/sign-in", data=form, **https).headers.getlist("Set-Cookie")
    assert ["Secure" in cookie for cookie in cookies if cookie.startswith(_DEVICE)] == [True]


@pytest.mark.slow
@pytest.mark.parametrize("end", ["a new password", "everywhere"])
def test_a_known_browser_is_forgotten(app: Flask, person: TestUser, end: str) -> None:
    known, here = browser_at(app), person.sign_in()
    assert sign_in(known, person.email).status_code == 303
    forget_signing_in(known)
    if end == "a new password":
        send(here, "/account", "/account/password", current_password=person.password, new_password=_NEW)
        assert here.get_cookie(_DEVICE, path="/sign-in")
    else:
        send(here, "/account", "/account/sign-out-everywhere")
        assert here.get_cookie(_DEVICE, path="/sign-in") is None
    guess_at_once(app, person.email, [new_address() for _ in range(12)])
    # One of them may pass, where five seconds went by since the last.
    assert 429 in [sign_in(known, person.email, "guess").status_code for _ in range(3)]
    if end == "a new password":
        forget_signing_in(here)
        assert sign_in(here, person.email, _NEW).status_code == 303


@pytest.mark.parametrize("value", ["", "x", "a.b.c", "é"])
def test_a_cookie_that_is_none_of_ours_changes_nothing(app: Flask, person: TestUser, value: str) -> None:
    browser = browser_at(app)
    browser.set_cookie(_DEVICE, value, path="/sign-in")
    assert sign_in(browser, person.email).status_code == 303


def test_links_for_one_address_are_asked_for_slowly_and_for_ever(app: Flask, person: TestUser) -> None:
    def ask() -> TestResponse:
        return send(browser_at(app), "/forgot-password", "/forgot-password", email=person.email)

    assert [ask().status_code for _ in range(6)] == [200] * 6
    refused = ask()
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 300
    assert "the newest works" in refused.text


@pytest.mark.database("sqlite")
@pytest.mark.slow
def test_guessing_the_present_password_is_slowed_down_for_the_person(person: TestUser, new_user: NewUser) -> None:
    form = {"current_password": "guess", "new_password": _NEW}
    answers = [send(person.sign_in(), "/account", "/account/password", **form).status_code for _ in range(11)]
    assert answers == [422] * 10 + [429]
    neighbour = new_user().sign_in()
    neighbour.environ_base["REMOTE_ADDR"] = new_address()
    assert send(neighbour, "/account", "/account/password", **form).status_code == 422


def test_who_is_signed_out_changes_no_password(client: FlaskClient) -> None:
    token = csrf_token(client.get("/sign-in"))
    assert client.post("/account/password", data={"csrf_token": token}).status_code == 303
