"""Passkeys: instead of the password or beside it; each answer counts once, in its browser, for its purpose and its page."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.portal.account.factors import pass_ten_minutes, set_up
from tests.portal.account.passkeys.device import Device, add, ask, send_answer
from tests.portal.forms import key_form, open_created, send
from tests.support.audit import audited_actions
from tests.support.users import Api, TestUser, csrf_token

_CODE = re.compile(r"\b(?:[a-z2-7]{4}-){3}[a-z2-7]{4}\b")


@pytest.fixture
def person(new_user: Callable[..., TestUser]) -> TestUser:
    return new_user()


def options_to_sign_in(client: FlaskClient) -> dict[str, Any]:
    return ask(client, "/sign-in", "/sign-in/passkey/options")


def sign_in(client: FlaskClient, answer: str, page: str = "/sign-in/passkey") -> TestResponse:
    return send_answer(client, page, answer, page="/sign-in")


def enter_password(client: FlaskClient, person: TestUser) -> TestResponse:
    return send(client, "/sign-in", "/sign-in", email=person.email, password=person.password)


def is_signed_in(client: FlaskClient) -> bool:
    return client.get("/account").status_code == 200


def test_a_passkey_signs_in_without_the_password_and_counts_as_proof(client: FlaskClient, person: TestUser) -> None:
    device, browser = Device(), person.sign_in()
    codes = browser.get(add(person, browser, device).location).text
    assert len(set(_CODE.findall(codes))) == 10
    assert "not used yet" in browser.get("/account/security").text
    answer = sign_in(client, device.sign(options_to_sign_in(client)), "/sign-in/passkey?next=/account/sessions")
    assert answer.location == "/account/sessions"
    assert is_signed_in(client)
    assert open_created(client, key_form("Proven by it")).status_code == 200
    assert "not used yet" not in browser.get("/account/security").text
    assert "passkey.added" in audited_actions(person.app, user_id=person.person.id)


def test_the_password_alone_signs_in_no_more(client: FlaskClient, person: TestUser) -> None:
    device = Device()
    add(person, person.sign_in(), device)
    assert enter_password(client, person).location == "/sign-in/code"
    assert not is_signed_in(client)
    options = ask(client, "/sign-in/code", "/sign-in/code/passkey/options")
    assert len(options["allowCredentials"]) == 1
    device.verifies = False  # beside the password, a touch is enough
    assert send_answer(client, "/sign-in/code/passkey", device.sign(options), page="/sign-in/code").location == "/integrations"
    assert is_signed_in(client)


def test_a_recovery_code_stands_in_for_a_lost_passkey(app: Flask, client: FlaskClient, person: TestUser) -> None:
    browser = person.sign_in()
    codes = _CODE.findall(browser.get(add(person, browser, Device()).location).text)
    enter_password(client, person)
    assert send(client, "/sign-in/code", "/sign-in/code", code=codes[0]).location == "/integrations"
    body = {"email": person.email, "password": person.password}
    assert Api(app, "").post("/api/auth/session", json=body).status_code == 422
    assert Api(app, "").post("/api/auth/session", json={**body, "otp": codes[1]}).status_code == 200


def test_instead_of_the_password_the_device_has_to_know_its_person(client: FlaskClient, person: TestUser) -> None:
    device = Device()
    add(person, person.sign_in(), device)
    device.verifies = False
    assert sign_in(client, device.sign(options_to_sign_in(client))).status_code == 422
    assert not is_signed_in(client)


def test_an_answer_counts_once(app: Flask, client: FlaskClient, person: TestUser) -> None:
    device = Device()
    add(person, person.sign_in(), device)
    answer = device.sign(options_to_sign_in(client))
    token = csrf_token(client.get("/sign-in"))
    assert client.post("/sign-in/passkey", data={"csrf_token": token, "passkey": answer}).status_code == 303
    send(client, "/account", "/sign-out")
    assert sign_in(client, answer).status_code == 422


def test_an_answer_counts_in_the_browser_that_asked_alone(app: Flask, client: FlaskClient, person: TestUser) -> None:
    device = Device()
    add(person, person.sign_in(), device)
    answer = device.sign(options_to_sign_in(client))
    assert sign_in(app.test_client(), answer).status_code == 422


def test_an_answer_counts_for_what_it_was_asked_for_alone(client: FlaskClient, person: TestUser) -> None:
    device = Device()
    add(person, person.sign_in(), device)
    enter_password(client, person)
    answer = device.sign(ask(client, "/sign-in/code", "/sign-in/code/passkey/options"))
    assert sign_in(client, answer).status_code == 422


@pytest.mark.parametrize("changed", [{"origin": "https://calmboard.example"}, {"host": "calmboard.example"}])
def test_a_page_of_another_site_gets_nobody_in(client: FlaskClient, person: TestUser, changed: dict[str, str]) -> None:
    device = Device()
    add(person, person.sign_in(), device)
    for name, value in changed.items():
        setattr(device, name, value)
    assert sign_in(client, device.sign(options_to_sign_in(client))).status_code == 422


def test_another_persons_passkey_is_no_second_factor(
    client: FlaskClient, person: TestUser, new_user: Callable[..., TestUser]
) -> None:
    other, theirs = new_user(), Device()
    add(other, other.sign_in(), theirs)
    add(person, person.sign_in(), Device())
    enter_password(client, person)
    options = ask(client, "/sign-in/code", "/sign-in/code/passkey/options")
    assert send_answer(client, "/sign-in/code/passkey", theirs.sign(options), page="/sign-in/code").status_code == 422
    assert not is_signed_in(client)


def test_another_key_under_the_same_id_signs_nobody_in(client: FlaskClient, person: TestUser) -> None:
    device = Device()
    add(person, person.sign_in(), device)
    forged = Device(credential_id=device.credential_id)
    assert sign_in(client, forged.sign(options_to_sign_in(client))).status_code == 422


def test_a_device_that_counts_less_than_before_may_be_a_copy(app: Flask, client: FlaskClient, person: TestUser) -> None:
    device = Device(count=7)
    add(person, person.sign_in(), device)
    device.count = 9
    assert sign_in(client, device.sign(options_to_sign_in(client))).status_code == 303
    other = app.test_client()
    device.count = 8
    assert sign_in(other, device.sign(options_to_sign_in(other))).status_code == 422


def test_one_device_is_not_added_twice_nor_to_two_accounts(person: TestUser, new_user: Callable[..., TestUser]) -> None:
    device, browser, other = Device(), person.sign_in(), new_user()
    add(person, browser, device)
    for somebody, theirs in ((person, browser), (other, other.sign_in())):
        answer = add(somebody, theirs, device)
        assert answer.status_code == 422
        assert "This passkey is here already." in answer.text


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"name": ""}, "name"), ({"name": "x" * 81}, "name"), ({"current_password": "wrong"}, "current_password")],
)
def test_without_name_and_password_none_is_added(person: TestUser, fields: dict[str, str], field: str) -> None:
    browser = person.sign_in()
    form = {"name": "Laptop", "current_password": person.password, **fields}
    token = csrf_token(browser.get("/account/passkeys"))
    assert browser.post("/account/passkeys/options", data={"csrf_token": token, **form}).status_code == 422
    answer = browser.post("/account/passkeys", data={"csrf_token": token, **form})
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "{}",
        "[]",
        "null",
        "\ud7ff",
        "{" * 5000,
        "x" * 20_000,
        json.dumps({"id": 1, "rawId": [], "response": None, "type": "public-key"}),
    ],
)
def test_whatever_is_sent_as_an_answer_is_refused_by_a_page(client: FlaskClient, person: TestUser, answer: str) -> None:
    browser = person.sign_in()
    form = {"name": "Laptop", "current_password": person.password}
    assert send_answer(browser, "/account/passkeys", answer, page="/account/passkeys", **form).status_code == 422
    assert sign_in(client, answer).status_code == 422


def test_a_passkey_proves_again_and_adding_one_asks_for_that(app: Flask, person: TestUser) -> None:
    device, browser = Device(), person.sign_in()
    add(person, browser, device)
    pass_ten_minutes(app)
    form = {"name": "Second", "current_password": person.password}
    refused = send(browser, "/account/passkeys", "/account/passkeys", **form)
    assert refused.location.startswith("/account/prove")
    options = ask(browser, "/account/prove", "/account/prove/passkey/options")
    page = "/account/prove/passkey?next=/account/sessions"
    assert send_answer(browser, page, device.sign(options), page="/account/prove").location == "/account/sessions"
    assert add(person, browser, Device(), "Second").location == "/account/security#passkeys"


def test_a_removed_passkey_signs_nobody_in_and_the_last_takes_the_codes_along(
    app: Flask, client: FlaskClient, person: TestUser
) -> None:
    device, browser = Device(), person.sign_in()
    add(person, browser, device)
    path = re.findall(r'href="(/account/passkeys/pky_\w+/remove)"', browser.get("/account/security").text)[0]
    assert "Remove the passkey “Laptop”?" in browser.get(path).text
    pass_ten_minutes(app)
    assert send(browser, path, path).location.startswith("/account/prove")
    options = ask(browser, "/account/prove", "/account/prove/passkey/options")
    send_answer(browser, "/account/prove/passkey", device.sign(options), page="/account/prove")
    assert send(browser, path, path).location == "/account/security#passkeys"
    assert "Recovery codes" not in browser.get("/account/security").text
    assert sign_in(client, device.sign(options_to_sign_in(client))).status_code == 422
    assert enter_password(client, person).location == "/integrations"


def test_nobody_removes_the_passkey_of_another(person: TestUser, new_user: Callable[..., TestUser]) -> None:
    browser, other = person.sign_in(), new_user()
    add(person, browser, Device())
    path = re.findall(r'href="(/account/passkeys/pky_\w+/remove)"', browser.get("/account/security").text)[0]
    theirs = other.sign_in()
    theirs.post(path, data={"csrf_token": csrf_token(theirs.get("/account"))})
    assert path in browser.get("/account/security").text


def test_an_app_turned_off_leaves_the_passkey_and_its_codes(client: FlaskClient, person: TestUser) -> None:
    browser = person.sign_in()
    set_up(person, browser)
    assert add(person, browser, Device()).location == "/account/security#passkeys"
    send(browser, "/account/second-factor/remove", "/account/second-factor/remove")
    assert "recovery codes are left." in browser.get("/account/security").text
    assert enter_password(client, person).location == "/sign-in/code"
