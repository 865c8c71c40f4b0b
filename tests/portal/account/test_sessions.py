"""Where a person is signed in: one session ended, or all of them after a question that says what ends and what goes on."""

import re
from collections.abc import Callable
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import expect

from tests.portal.apps.connected import connect
from tests.portal.forms import HTMX, send
from tests.support.clients.accessibility import Look, find_barriers
from tests.support.clients.browser import Pages
from tests.support.users import Api, TestUser

_LOOKS: list[Look] = [("light", 1280), ("dark", 360)]


@pytest.fixture
def person(new_user: Callable[..., TestUser]) -> TestUser:
    return new_user()


def ends_on(page: str) -> list[str]:
    return re.findall(r'action="(/account/sessions/ses_\w+/end)"', page)


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", "", page)))


def test_one_other_session_is_ended_and_the_rest_go_on(person: TestUser) -> None:
    here, third = person.sign_in(), person.sign_in()
    elsewhere = person.sign_in()
    [latest, _] = ends_on(here.get("/account/sessions").text)
    answer = send(here, "/account", latest)
    assert answer.location == "/account/sessions"
    assert "That browser is signed out." in here.get("/account/sessions").text
    assert [browser.get("/account").status_code for browser in (here, third, elsewhere)] == [200, 200, 303]


def test_a_session_that_had_ended_is_said_to_have(person: TestUser) -> None:
    here = person.sign_in()
    person.sign_in()
    [path] = ends_on(here.get("/account/sessions").text)
    for sentence in ("That browser is signed out.", "That session had ended already. Nothing was changed."):
        send(here, "/account", path)
        assert sentence in here.get("/account/sessions").text


def test_nobody_ends_the_session_of_another(person: TestUser, owner: TestUser) -> None:
    theirs = owner.sign_in()
    owner.sign_in()
    [path, *_] = ends_on(theirs.get("/account/sessions").text)
    send(person.sign_in(), "/account", path)
    assert path in theirs.get("/account/sessions").text
    assert send(person.sign_in(), "/account", "/account/sessions/ses_nonsense/end").status_code == 303


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_before_signing_out_everywhere_apps_and_keys_are_named(app: Flask, person: TestUser, headers: dict[str, str]) -> None:
    connect(app, person)
    secret = person.new_key("Goes on")
    here = person.sign_in()
    question = text_of(here.get("/account/sign-out-everywhere", headers=headers).text)
    assert "These apps are disconnected: Stand-up bot." in question
    assert "Your working key goes on" in question
    send(here, "/account", "/account/sign-out-everywhere")
    assert Api(app, secret).get("/me").status_code == 200


def test_the_question_is_a_dialog(page_for: Pages, person: TestUser) -> None:
    page = page_for(person)
    page.goto("/account/sessions")
    page.get_by_role("link", name="Sign out everywhere…").click()
    expect(page.get_by_role("dialog")).to_contain_text("No app is connected.")
    assert find_barriers(page, _LOOKS) == {}
    page.get_by_role("dialog").get_by_role("button", name="Sign out everywhere").click()
    expect(page.get_by_text("You are signed out everywhere")).to_be_visible()


def test_recipes_and_errors_are_reached_when_signed_in(person: TestUser) -> None:
    page = person.sign_in().get("/account/sessions").text
    assert 'href="/docs/recipes"' in page.partition("</header>")[0]
    assert 'href="/docs/errors"' in page.partition("</header>")[0]


def test_a_free_plan_is_told_whom_to_ask_and_why_there_is_no_form(make_app: Callable[..., Flask], free: TestUser) -> None:
    app = make_app(contact_url="mailto:owner@calmboard.example")
    browser: FlaskClient = TestUser(app, free.person, free.password).sign_in()
    page = browser.get("/integrations").text
    assert 'href="mailto:owner@calmboard.example">Ask about your plan</a>' in page
    assert 'href="/docs/recipes/jira">Jira</a>' in page
    sent = browser.get("/integrations/keys/new", follow_redirects=True).text
    assert "Keys come with a paid plan, and yours is Free." in sent
