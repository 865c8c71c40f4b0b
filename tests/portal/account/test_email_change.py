"""Another e-mail address: both the old and the new one agree, either stops it, and nobody learns who has an account."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from calmboard.clock import now
from calmboard.db import db
from calmboard.models import EmailChange, OutboxMessage, User
from calmboard.operations.mailing import send_next_message
from calmboard.work.account.email_change import CHANGE_LIMIT
from tests.calmboard.inbox import running_inbox
from tests.portal.account.addresses import begin_change, read_links
from tests.portal.account.factors import pass_ten_minutes, set_up
from tests.portal.forms import send
from tests.support.audit import audited_actions
from tests.support.servers.databases import Databases
from tests.support.users import TestUser, add_user


@pytest.fixture
def person(new_user: Callable[..., TestUser]) -> TestUser:
    return new_user()


def ask(browser: FlaskClient, person: TestUser, email: str, password: str = "") -> TestResponse:
    return send(browser, "/account", "/account/email", email=email, current_password=password or person.password)


def follow(client: FlaskClient, token: str, what: str = "") -> TestResponse:
    path = f"/change-address/{token}"
    return send(client, path, path + what)


def address_of(person: TestUser) -> str:
    with person.app.app_context():
        return db.session.execute(select(User.email).where(User.id == person.person.id)).scalar_one()


@pytest.mark.parametrize("order", [("old", "new"), ("new", "old")])
def test_it_changes_once_both_addresses_agreed(client: FlaskClient, person: TestUser, order: tuple[str, str]) -> None:
    browser, new = person.sign_in(), f"New.{person.email}"
    assert ask(browser, person, f" {new} ").location == "/account#address"
    assert f"{new} waits" in browser.get("/account").text
    with person.app.app_context():
        tokens = read_links(person)
    first = follow(client, tokens[order[0]])
    assert "This address has agreed" in client.get(first.location).text
    assert address_of(person) == person.email
    assert follow(client, tokens[order[1]]).location == "/sign-in"
    assert address_of(person) == new
    assert new in browser.get("/account").text
    assert send(client, "/sign-in", "/sign-in", email=new, password=person.password).location == "/integrations"
    own = [action for action in audited_actions(person.app, subject_id=person.person.id) if action.startswith("account.")]
    assert own == ["account.email_change_begun", "account.email_changed"]


def test_one_address_that_agrees_twice_is_still_one(client: FlaskClient, person: TestUser) -> None:
    tokens = begin_change(person, f"new.{person.email}")
    for _ in range(2):
        follow(client, tokens["new"])
    assert address_of(person) == person.email


def test_opening_a_link_changes_nothing(client: FlaskClient, person: TestUser) -> None:
    tokens = begin_change(person, f"new.{person.email}")
    for token in tokens.values():
        assert client.get(f"/change-address/{token}").status_code == 200
        assert client.post(f"/change-address/{token}").status_code == 400
    assert address_of(person) == person.email


@pytest.mark.parametrize("side", ["old", "new"])
def test_either_address_stops_it(client: FlaskClient, person: TestUser, side: str) -> None:
    tokens = begin_change(person, f"new.{person.email}")
    follow(client, tokens[side], "/stop")
    assert all(client.get(f"/change-address/{token}").status_code == 404 for token in tokens.values())
    assert audited_actions(person.app, subject_id=person.person.id)[-1] == "account.email_change_stopped"


def test_who_asked_takes_it_back(client: FlaskClient, person: TestUser) -> None:
    browser, tokens = person.sign_in(), begin_change(person, f"new.{person.email}")
    send(browser, "/account", "/account/email/cancel")
    assert client.get(f"/change-address/{tokens['old']}").status_code == 404


def test_a_new_password_stops_it(client: FlaskClient, person: TestUser) -> None:
    tokens = begin_change(person, f"new.{person.email}")
    form = {"current_password": person.password, "new_password": "seven quiet lanterns"}
    send(person.sign_in(), "/account/security", "/account/password", **form)
    assert client.get(f"/change-address/{tokens['old']}").status_code == 404


def test_after_a_day_the_links_are_dead(app: Flask, client: FlaskClient, person: TestUser) -> None:
    tokens = begin_change(person, f"new.{person.email}")
    with app.app_context():
        db.session.execute(
            update(EmailChange).where(EmailChange.user_id == person.person.id).values(expires_at=now() - timedelta(seconds=1))
        )
        db.session.commit()
    assert client.get(f"/change-address/{tokens['old']}").status_code == 404


def test_an_address_that_somebody_has_is_answered_like_any_other(person: TestUser, new_user: Callable[..., TestUser]) -> None:
    other, pages = new_user(), []
    for email in (other.email.upper(), f"free.{person.email}"):
        browser = person.sign_in()
        answer = ask(browser, person, email)
        page = browser.get("/account").text.replace(email, "…").partition("<main")[2]
        pages.append((answer.location, re.sub(r'name="csrf_token" value="[^"]+"', "", page)))
        send(browser, "/account", "/account/email/cancel")
    assert pages[0] == pages[1]


def test_who_took_the_address_meanwhile_keeps_it(
    client: FlaskClient, person: TestUser, new_user: Callable[..., TestUser]
) -> None:
    other = new_user()
    tokens = begin_change(person, other.email.upper())
    follow(client, tokens["old"])
    assert "Somebody has this address by now" in client.get(follow(client, tokens["new"]).location).text
    assert address_of(person) == person.email


@pytest.mark.parametrize(
    ("email", "password", "field"),
    [
        ("nothing", "", "email"),
        ("", "", "email"),
        ("a@b\r\nBcc: c@d", "", "email"),
        ("own", "", "email"),
        ("new@calmboard.test", "wrong", "current_password"),
    ],
)
def test_what_cannot_be_is_answered_by_its_field(person: TestUser, email: str, password: str, field: str) -> None:
    answer = ask(person.sign_in(), person, person.email.upper() if email == "own" else email, password)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert answer.text.count('id="form-errors"') == 1


def test_with_a_second_factor_it_asks_for_a_code_first(app: Flask, person: TestUser) -> None:
    browser = person.sign_in()
    set_up(person, browser)
    pass_ten_minutes(app)
    assert ask(browser, person, f"new.{person.email}").location.startswith("/account/prove")


def test_nobody_mails_strangers_without_end(person: TestUser) -> None:
    browser = person.sign_in()
    statuses = []
    for number in range(CHANGE_LIMIT.amount + 1):
        statuses.append(ask(browser, person, f"new{number}@calmboard.test").status_code)
        send(browser, "/account", "/account/email/cancel")
    assert statuses[-2:] == [303, 429]


def test_each_address_is_mailed_its_own_link_and_of_the_change(make_app: Callable[..., Flask], database: Databases) -> None:
    with running_inbox() as inbox:
        app = make_app(database_url=database.seeded(), smtp_url=f"smtp://127.0.0.1:{inbox.port}")
        person, taken = add_user(app), add_user(app)
        new = f"new.{person.email}"
        for email in (taken.email, new):
            ask(person.sign_in(), person, email)
            _send_all(app)
            send(person.sign_in(), "/account", "/account/email/cancel") if email == taken.email else None
        assert [message["To"] for message in inbox.messages] == [person.email, person.email, new]
        texts = [message.get_body(["plain"]).get_content() for message in inbox.messages]  # type: ignore[union-attr]
        tokens = [text.partition("/change-address/")[2].split()[0] for text in texts[1:]]
        with app.app_context():
            assert not db.session.execute(select(OutboxMessage.id).where(OutboxMessage.subject_id.in_(tokens))).all()
        for token in tokens:
            follow(app.test_client(), token)
        inbox.messages.clear()
        _send_all(app)
        assert {message["To"] for message in inbox.messages} == {person.email, new}


def _send_all(app: Flask) -> None:
    with app.app_context():
        while send_next_message():
            pass
