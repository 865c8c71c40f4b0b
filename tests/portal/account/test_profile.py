"""The account's pages: a name that is changed, messages that are chosen, and a row of tabs that leads to each."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from calmboard.db import db
from calmboard.models import AuditEntry
from tests.portal.forms import send
from tests.support.clients.browser import Pages
from tests.support.users import TestUser


@pytest.fixture
def person(new_user: Callable[..., TestUser]) -> TestUser:
    return new_user()


def actions_of(app: Flask, person: TestUser) -> list[str]:
    with app.app_context():
        own = select(AuditEntry.action).where(AuditEntry.user_id == person.person.id, AuditEntry.action.like("account.%"))
        return list(db.session.execute(own.order_by(AuditEntry.id)).scalars())


def test_a_name_is_changed_and_recorded(app: Flask, person: TestUser) -> None:
    browser = person.sign_in()
    assert send(browser, "/account", "/account/name", name="  Noor\tal-Haddad ").location == "/account"
    page = browser.get("/account").text
    assert 'value="Noor al-Haddad"' in page
    assert "Your name is saved." in page
    assert actions_of(app, person) == ["account.renamed"]


@pytest.mark.parametrize("name", ["", " ", "x" * 101, "a\u202eb", "\u200b", "a\x1bb"])
def test_a_name_that_cannot_be_one_is_answered_by_its_field(app: Flask, person: TestUser, name: str) -> None:
    answer = send(person.sign_in(), "/account", "/account/name", name=name)
    assert answer.status_code == 422
    assert 'id="name-error"' in answer.text
    assert actions_of(app, person) == []


def test_messages_are_chosen_one_by_one_and_never_those_of_security(app: Flask, person: TestUser) -> None:
    browser = person.sign_in()
    send(browser, "/account", "/account/mail", wanted=["key_replaced", "app_connected", "key_leaked", "nonsense"])
    page = browser.get("/account").text
    assert re.findall(r'value="(\w+)" checked', page) == ["key_replaced", "app_connected"]
    assert 'value="key_leaked"' not in page
    assert actions_of(app, person) == ["account.mail_chosen"]


def test_the_same_choice_again_changes_nothing(app: Flask, person: TestUser) -> None:
    browser = person.sign_in()
    for _ in range(2):
        send(browser, "/account", "/account/mail", wanted=["key_replaced"])
    assert actions_of(app, person) == ["account.mail_chosen"]


@pytest.mark.parametrize(
    "path", ["/account", "/account/security", "/account/sessions", "/account/audit", "/account/second-factor/remove"]
)
def test_each_page_of_the_account_leads_to_the_others(person: TestUser, path: str) -> None:
    page = person.sign_in().get(path).text
    tabs = page.partition('aria-label="Account">')[2].partition("</nav>")[0]
    assert re.findall('href="([^"]+)"', tabs) == ["/account", "/account/security", "/account/sessions", "/account/audit"]
    assert tabs.count("aria-current") == (0 if path.endswith("remove") else 1)


@pytest.mark.database("sqlite")
@pytest.mark.parametrize("javascript", [True, False])
@pytest.mark.parametrize(
    ("anchor", "page_title"), [("password-title", "Security"), ("sessions", "Sessions"), ("sessions-title", "Sessions")]
)
def test_old_anchors_lead_to_what_they_named(
    page_for: Pages, person: TestUser, javascript: bool, anchor: str, page_title: str
) -> None:
    page = page_for(person, javascript=javascript)
    page.goto(f"/account#{anchor}")
    page.locator(f"#{anchor}").get_by_role("link").click()
    assert page.get_by_role("heading", level=1).inner_text() == page_title
