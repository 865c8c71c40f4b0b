"""The second factor: set up with an app, asked for at each sign-in, with recovery codes for when the app is gone."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from calmboard.access.credentials.second_factor import ATTEMPT_LIMIT, CODES_LIMIT, check_second_factor
from calmboard.db import db
from calmboard.models import OutboxMessage, SecondFactor
from tests.portal.account.factors import begin, confirm, forget_steps, pass_ten_minutes, set_up
from tests.portal.forms import key_form, open_created, send
from tests.support.statements import recorded
from tests.support.users import Api, TestUser, csrf_token, new_address


@pytest.fixture
def person(new_user: Callable[..., TestUser]) -> TestUser:
    return new_user()


def enter_password(client: FlaskClient, person: TestUser, page: str = "/sign-in") -> TestResponse:
    return send(client, page, page, email=person.email, password=person.password)


def enter_code(client: FlaskClient, code: str) -> TestResponse:
    return send(client, "/sign-in/code", "/sign-in/code", code=code)


def is_signed_in(client: FlaskClient) -> bool:
    return client.get("/account").status_code == 200


def test_the_password_alone_signs_nobody_in_any_more(client: FlaskClient, person: TestUser) -> None:
    app, _ = set_up(person, person.sign_in())
    answer = enter_password(client, person, "/sign-in?next=/account/sessions")
    assert answer.location == "/sign-in/code?next=/account/sessions"
    assert not is_signed_in(client)
    answer = send(client, answer.location, answer.location, code=app.code())
    assert answer.location == "/account/sessions"
    assert is_signed_in(client)


def test_a_code_works_once(app: Flask, client: FlaskClient, person: TestUser) -> None:
    authenticator, _ = set_up(person, person.sign_in())
    enter_password(client, person)
    code = authenticator.code()
    enter_code(client, code)
    other = app.test_client()
    enter_password(other, person)
    answer = enter_code(other, code)
    assert answer.status_code == 422
    assert "This code does not fit." in answer.text
    assert not is_signed_in(other)


def test_a_recovery_code_works_once_however_it_is_typed(app: Flask, client: FlaskClient, person: TestUser) -> None:
    browser = person.sign_in()
    _, codes = set_up(person, browser)
    assert len(set(codes)) == 10
    enter_password(client, person)
    assert enter_code(client, f" {codes[0].upper().replace('-', ' ')} ").status_code == 303
    assert "Nine recovery codes are left." in browser.get("/account/security").text
    other = app.test_client()
    enter_password(other, person)
    assert enter_code(other, codes[0]).status_code == 422


def test_recovery_codes_are_shown_once_and_stored_nowhere(app: Flask, person: TestUser) -> None:
    browser = person.sign_in()
    set_up(person, browser)
    answer = send(browser, "/account/security", "/account/second-factor/recovery-codes")
    assert "Keep these recovery codes" in browser.get(answer.location).text
    assert browser.get(answer.location).location == "/account/security"


def test_new_recovery_codes_end_the_old_ones(client: FlaskClient, person: TestUser) -> None:
    browser = person.sign_in()
    _, codes = set_up(person, browser)
    send(browser, "/account/security", "/account/second-factor/recovery-codes")
    enter_password(client, person)
    assert enter_code(client, codes[0]).status_code == 422


@pytest.mark.parametrize(("password", "code", "field"), [("wrong", None, "current_password"), (None, "000000", "code")])
def test_it_is_not_on_before_password_and_code_fit(
    person: TestUser, client: FlaskClient, password: str | None, code: str | None, field: str
) -> None:
    browser = person.sign_in()
    authenticator = begin(browser)
    form = {"current_password": password or person.password, "code": code or authenticator.code()}
    answer = confirm(person, browser, authenticator, **form)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert enter_password(client, person).location == "/integrations"


def test_the_secret_is_stored_encrypted(app: Flask, person: TestUser) -> None:
    authenticator, _ = set_up(person, person.sign_in())
    with app.app_context():
        rows = db.session.execute(select(SecondFactor.ciphertext).where(SecondFactor.user_id == person.person.id)).scalars()
        assert all(authenticator.secret not in ciphertext for ciphertext in rows)


def test_a_key_of_encryption_is_replaced_while_the_old_one_still_opens(
    make_app: Callable[..., Flask], client: FlaskClient, person: TestUser
) -> None:
    authenticator, _ = set_up(person, person.sign_in())
    elsewhere = make_app(encryption_keys=("k" * 32,)).test_client()
    enter_password(elsewhere, person)
    assert enter_code(elsewhere, authenticator.code()).status_code == 303


def test_guessing_codes_is_slowed_down_whatever_the_network(app: Flask, person: TestUser) -> None:
    set_up(person, person.sign_in())
    statuses = []
    for _ in range(ATTEMPT_LIMIT.amount + 1):
        guesser = app.test_client()
        guesser.environ_base["REMOTE_ADDR"] = new_address()
        enter_password(guesser, person)
        statuses.append(enter_code(guesser, "000000").status_code)
    assert statuses[-2:] == [422, 429]


def test_without_a_password_no_code_is_asked_for(client: FlaskClient, person: TestUser) -> None:
    authenticator, _ = set_up(person, person.sign_in())
    assert client.get("/sign-in/code").location == "/sign-in"
    answer = send(client, "/sign-in", "/sign-in/code", code=authenticator.code())
    assert (answer.status_code, answer.location) == (303, "/sign-in")
    assert not is_signed_in(client)


def test_a_program_sends_the_code_as_otp(app: Flask, person: TestUser) -> None:
    authenticator, _ = set_up(person, person.sign_in())
    body = {"email": person.email, "password": person.password}
    api = Api(app, "")
    missing = api.post("/api/auth/session", json=body)
    assert (missing.status_code, missing.json["errors"][0]["code"]) == (422, "otp_required")
    wrong = api.post("/api/auth/session", json={**body, "otp": "000000"})
    assert (wrong.status_code, wrong.json["errors"][0]["pointer"]) == (422, "/otp")
    assert api.post("/api/auth/session", json={**body, "otp": authenticator.code()}).status_code == 200


def test_a_wrong_password_does_not_tell_of_the_second_factor(app: Flask, person: TestUser) -> None:
    set_up(person, person.sign_in())
    answer = Api(app, "").post("/api/auth/session", json={"email": person.email, "password": "wrong"})
    assert [error["pointer"] for error in answer.json["errors"]] == ["/password"]


def test_turning_it_off_lets_the_password_suffice_and_is_told_of(app: Flask, client: FlaskClient, person: TestUser) -> None:
    browser = person.sign_in()
    set_up(person, browser)
    assert "Turn off the authenticator app?" in browser.get("/account/second-factor/remove").text
    send(browser, "/account/second-factor/remove", "/account/second-factor/remove")
    assert enter_password(client, person).location == "/integrations"
    with app.app_context():
        mails = select(OutboxMessage.kind).where(OutboxMessage.recipient == person.email)
        assert db.session.execute(mails).scalars().all() == ["factor_changed", "factor_changed"]


def test_after_ten_minutes_a_key_asks_for_a_code_and_keeps_its_form(app: Flask, person: TestUser) -> None:
    browser = person.sign_in()
    authenticator, _ = set_up(person, browser)
    assert open_created(browser, key_form("Within ten minutes")).status_code == 200
    pass_ten_minutes(app)
    headers = {"Origin": "http://127.0.0.1:8000"}
    page = browser.get("/integrations/keys/new")
    form = {"csrf_token": page.text.split('name="csrf_token" value="')[1].split('"')[0], **key_form("Later")}
    answer = browser.post("/integrations/keys", data=form, headers=headers)
    assert answer.location.startswith("/account/prove?next=/kept-form")
    assert browser.get("/account/prove").status_code == 200
    assert send(browser, answer.location, answer.location, code="000000").status_code == 422
    proven = send(browser, answer.location, answer.location, code=authenticator.code())
    assert 'value="Later"' in browser.get(proven.location).text
    assert open_created(browser, key_form("Later")).status_code == 200


def test_after_ten_minutes_replacing_and_trying_ask_for_a_code(app: Flask, person: TestUser) -> None:
    browser = person.sign_in()
    set_up(person, browser)
    key_id = Api(app, person.new_key("Old")).get("/me").json["credential"]["id"]
    pass_ten_minutes(app)
    path = f"/integrations/keys/{key_id}/replace"
    assert send(browser, path, path, overlap="24h").location.startswith("/account/prove")
    form = {"csrf_token": csrf_token(browser.get("/account")), "endpoint": "list_projects"}
    tried = browser.post("/integrations/keys/try", data=form, headers={"Accept": "application/json"})
    assert (tried.status_code, "cbk_" in tried.text) == (403, False)


def test_after_ten_minutes_turning_it_off_asks_for_a_code(app: Flask, client: FlaskClient, person: TestUser) -> None:
    browser = person.sign_in()
    authenticator, _ = set_up(person, browser)
    pass_ten_minutes(app)
    answer = send(browser, "/account/second-factor/remove", "/account/second-factor/remove")
    assert answer.location == "/account/prove?next=/account/second-factor/remove"
    assert enter_password(client, person).location.startswith("/sign-in/code")
    forget_steps(app)
    send(browser, answer.location, answer.location, code=authenticator.code())
    assert send(browser, "/account/second-factor/remove", "/account/second-factor/remove").location == "/account/security"


@pytest.mark.parametrize("code", ["", "x" * 10_000, "１２３４５６", "'; --", "000000\u202e"])
def test_whatever_is_entered_is_a_code_that_does_not_fit(client: FlaskClient, person: TestUser, code: str) -> None:
    set_up(person, person.sign_in())
    enter_password(client, person)
    assert enter_code(client, code).status_code == 422


def test_of_two_tabs_that_set_it_up_the_newer_is_confirmed_alone(client: FlaskClient, person: TestUser) -> None:
    browser = person.sign_in()
    older = begin(browser)
    shown = re.findall('name="shown" value="([^"]+)"', browser.get("/account/second-factor").text)
    newer = begin(browser)
    stale = confirm(person, browser, newer, shown=shown[0])
    assert "in another tab" in browser.get(stale.location).text
    assert confirm(person, browser, older).status_code == 422
    assert enter_password(client, person).location == "/integrations"
    assert confirm(person, browser, newer).status_code == 303


def test_recovery_codes_are_made_a_few_times_an_hour(person: TestUser) -> None:
    browser = person.sign_in()
    set_up(person, browser)
    path = "/account/second-factor/recovery-codes"
    statuses = [send(browser, "/account/security", path).status_code for _ in range(CODES_LIMIT.amount + 1)]
    assert statuses[-2:] == [303, 429]


@pytest.mark.parametrize("code", ["000000", "abcd-efgh-ijkl-mnop"])
def test_a_wrong_code_opens_no_transaction(app: Flask, person: TestUser, code: str) -> None:
    set_up(person, person.sign_in())
    with app.app_context(), recorded(app) as statements:
        assert not check_second_factor(person.person, code)
        assert not db.session().in_transaction()
    assert statements


def test_the_proof_says_that_it_keeps_what_was_entered_only_where_it_does(app: Flask, person: TestUser) -> None:
    browser = person.sign_in()
    authenticator, _ = set_up(person, browser)
    pass_ten_minutes(app)
    kept, empty = "What you entered is kept", "fill the form in again then"
    assert kept not in browser.get("/account/prove").text
    headers = {"Origin": "http://127.0.0.1:8000"}
    token = csrf_token(browser.get("/account"))
    for path, fields, sentence, other in (
        ("/integrations/keys", key_form("Later"), kept, empty),
        ("/account/password", {"username": person.email, "current_password": "a", "new_password": "b"}, empty, kept),
    ):
        answer = browser.post(path, data={"csrf_token": token, **fields}, headers=headers)
        page = browser.get(answer.location).text
        assert sentence in page
        assert other not in page
    answer = send(browser, answer.location, answer.location, code=authenticator.code())
    page = browser.get(answer.location).text
    assert "Your code fits. Fill the form in again" in page
    assert "This is what you entered" not in page
