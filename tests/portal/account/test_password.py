"""The account's password: changed, forgotten, reset by a mailed link."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from calmboard.access.credentials.passwords import create_reset_token
from tests.portal.forms import send
from tests.support.users import TestUser

_NEW = "four unrelated words here"


@pytest.fixture
def person(new_user: Callable[..., TestUser]) -> TestUser:
    return new_user()


def _reset_path(app: Flask, person: TestUser) -> str:
    with app.app_context():
        opened = create_reset_token(person.email)
    assert opened
    return f"/reset-password/{opened[1]}"


def _may_sign_in(client: FlaskClient, email: str, password: str) -> bool:
    return send(client, "/sign-in", "/sign-in", email=email, password=password).status_code == 303


def test_asking_for_a_link_says_the_same_whoever_asks(client: FlaskClient, person: TestUser) -> None:
    known = send(client, "/forgot-password", "/forgot-password", email=person.email)
    unknown = send(client, "/forgot-password", "/forgot-password", email="nobody@calmboard.test")
    assert known.status_code == unknown.status_code == 200
    assert known.text.replace(person.email, "") == unknown.text.replace("nobody@calmboard.test", "")


def test_a_link_sets_a_new_password_and_signs_out_everywhere(app: Flask, client: FlaskClient, person: TestUser) -> None:
    elsewhere, path = person.sign_in(), _reset_path(app, person)
    answer = send(client, path, path, new_password=_NEW)
    assert (answer.status_code, answer.location) == (303, "/sign-in")
    assert elsewhere.get("/integrations").status_code == 303
    assert _may_sign_in(client, person.email, _NEW)


def test_a_link_works_once(app: Flask, client: FlaskClient, person: TestUser) -> None:
    path = _reset_path(app, person)
    send(client, path, path, new_password=_NEW)
    answer = client.get(path)
    assert answer.status_code == 404
    assert "This link is used up" in answer.text


def test_a_made_up_link_leads_to_a_new_one(client: FlaskClient) -> None:
    answer = client.get("/reset-password/made-up")
    assert answer.status_code == 404
    assert 'href="/forgot-password"' in answer.text


def test_a_short_password_is_refused_and_the_link_stays(app: Flask, client: FlaskClient, person: TestUser) -> None:
    path = _reset_path(app, person)
    answer = send(client, path, path, new_password="short")
    assert answer.status_code == 422
    assert "Use at least 10 characters." in answer.text
    assert client.get(path).status_code == 200


def test_changing_the_password_signs_out_other_browsers_only(person: TestUser) -> None:
    here, elsewhere = person.sign_in(), person.sign_in()
    answer = send(here, "/account", "/account/password", current_password=person.password, new_password=_NEW)
    assert answer.location == "/account/security"
    assert "The new password is saved." in here.get("/account").text
    assert elsewhere.get("/account").status_code == 303


def test_both_errors_of_a_password_change_are_told(person: TestUser) -> None:
    answer = send(person.sign_in(), "/account", "/account/password", current_password="wrong", new_password="short")
    assert answer.status_code == 422
    assert "Two things need a second look." in answer.text
    assert "This is not your current password." in answer.text
    assert "Use at least 10 characters." in answer.text


def test_signing_out_everywhere_ends_this_session_too(person: TestUser) -> None:
    here, elsewhere = person.sign_in(), person.sign_in()
    answer = send(here, "/account", "/account/sign-out-everywhere")
    assert answer.location == "/sign-in"
    assert here.get("/account").status_code == elsewhere.get("/account").status_code == 303


def test_the_account_lists_the_browsers_that_are_signed_in(person: TestUser) -> None:
    here = person.sign_in()
    person.sign_in()
    page = here.get("/account/sessions").text
    assert page.count('class="session"') == 2
    assert page.count("This browser") == 1
