"""The exact time behind “yesterday” is had by mouse, keyboard and finger, and no time is a stop of the Tab key."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import update

from calmboard.access.credentials.key_lists import list_keys
from calmboard.access.credentials.keys import revoke_key
from calmboard.clock import now
from calmboard.db import db
from calmboard.models import ApiKey
from calmboard.pagination import PageRequest
from portal.shared.texts.words import ago, date, exact_time, time_tag
from tests.support.clients.browser import Pages
from tests.support.users import TestUser

_EXACT = re.compile(r"^(?:(?:, \d+ \w+)? \d{4})?, \d\d:\d\d \(UTC\)$")


@pytest.fixture
def person(app: Flask, new_user: Callable[..., TestUser]) -> TestUser:
    """Somebody with two keys that were used, and one that was revoked."""
    person = new_user()
    for name in ("Jira mirror", "Slack stand-up", "Was leaked"):
        person.new_key(name)
    with app.app_context():
        used = {"last_used_at": now() - timedelta(hours=30), "expires_at": now() + timedelta(days=80)}
        db.session.execute(update(ApiKey).where(ApiKey.user_id == person.person.id).values(**used))
        db.session.commit()
        revoked = next(key for key in list_keys(person.access, PageRequest()).rows if key.name == "Was leaked")
        revoke_key(person.access, revoked.id)
    return person


def shown_beside(times: Locator) -> list[str]:
    """What stands behind each time, without the quotation marks of CSS; empty where nothing does."""
    contents = times.evaluate_all("times => times.map(time => getComputedStyle(time, '::after').content)")
    return ["" if content in ("none", "normal") else content.strip('"') for content in contents]


@pytest.mark.parametrize("javascript", [True, False])
def test_a_row_shows_its_exact_times_while_the_keyboard_is_in_it(page_for: Pages, person: TestUser, javascript: bool) -> None:
    page = _open(page_for, person, javascript=javascript)
    row, other = (page.get_by_role("article", name=name).locator("time") for name in ("Jira mirror", "Slack stand-up"))
    assert shown_beside(row) == ["", "", ""]
    _reach_by_keyboard(page, "Jira mirror")
    assert all(_EXACT.match(shown) for shown in shown_beside(row)), shown_beside(row)
    assert shown_beside(other) == ["", "", ""]


def test_a_mouse_moves_nothing_and_reads_the_title(page_for: Pages, person: TestUser) -> None:
    page = _open(page_for, person)
    row = page.get_by_role("article", name="Jira mirror")
    row.locator("summary").click()
    assert shown_beside(row.locator("time")) == ["", "", ""]
    expect(row.locator("time").first).to_have_attribute("title", re.compile(r"\d\d:\d\d \(UTC\)$"))


def test_a_time_that_is_tapped_shows_and_says_it(page_for: Pages, person: TestUser) -> None:
    page = _open(page_for, person, width=360)
    time = page.get_by_role("article", name="Jira mirror").locator("time").first
    time.click()
    assert _EXACT.match(shown_beside(time)[0])
    expect(page.locator("#live")).to_have_text(time.get_attribute("title") or "")
    time.click()
    assert shown_beside(time) == [""]


def test_where_nothing_takes_the_focus_the_exact_time_is_there_at_once(page_for: Pages, person: TestUser) -> None:
    page = _open(page_for, person)
    page.locator("#revoked-keys > summary").click()
    revoked = page.get_by_role("article", name="Was leaked").locator("time")
    assert all(_EXACT.match(shown) for shown in shown_beside(revoked))
    page.goto("/account/sessions")
    own = page.locator(".session").filter(has_text="This browser").locator("time")
    assert all(_EXACT.match(shown) for shown in shown_beside(own))


@pytest.mark.parametrize("width", [320, 360, 1280])
def test_nothing_grows_out_of_the_screen(page_for: Pages, person: TestUser, width: int) -> None:
    page = _open(page_for, person, width=width)
    _reach_by_keyboard(page, "Jira mirror")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_no_time_is_a_stop_of_the_tab_key(browser_of: FlaskClient) -> None:
    times = re.findall(r"<time [^>]*>", browser_of.get("/integrations").text)
    assert times
    assert not [time for time in times if "tabindex" in time]


def test_what_the_words_say_already_is_not_said_twice(app: Flask) -> None:
    with app.test_request_context(headers={"Cookie": "calmboard_timezone=Europe/Berlin"}):
        at = now()
        day, clock = exact_time(at).split(", ")
        assert f'data-exact=", {clock}">{day}</time>' in time_tag(at, date(at))
        assert f'data-exact=", {day}, {clock}">just now</time>' in time_tag(at, ago(at))


def _open(page_for: Pages, person: TestUser, **options: Any) -> Page:
    page = page_for(person, **options)
    page.goto("/integrations")
    return page


def _reach_by_keyboard(page: Page, name: str) -> None:
    """Focus the first control of a key as Tab does."""
    page.get_by_role("article", name=name).locator("button, summary").first.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
