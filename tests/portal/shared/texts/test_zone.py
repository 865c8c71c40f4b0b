"""Days and times are the reader's, by the zone that their browser names."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from playwright.sync_api import Page

from calmboard.access.credentials.key_lists import list_keys
from calmboard.clock import now
from calmboard.pagination import PageRequest
from portal.shared.texts.words import ago, date, exact_time
from tests.portal.forms import key_form, send
from tests.support.clients.browser import Pages
from tests.support.users import TestUser

_LATE = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)


def day_and_time(app: Flask, cookie: str) -> tuple[str, str]:
    with app.test_request_context(headers={"Cookie": f"calmboard_timezone={cookie}"}):
        return date(_LATE), exact_time(_LATE)


@pytest.mark.parametrize(
    ("zone", "day", "exact"),
    [
        ("Europe/Berlin", "1 Dec 2026", "1 Dec 2026, 00:30 (Europe/Berlin)"),
        ("America/Los_Angeles", "30 Nov 2026", "30 Nov 2026, 15:30 (America/Los_Angeles)"),
        ("Pacific/Kiritimati", "1 Dec 2026", "1 Dec 2026, 13:30 (Pacific/Kiritimati)"),
    ],
)
def test_a_day_is_that_of_the_readers_clock(app: Flask, zone: str, day: str, exact: str) -> None:
    assert day_and_time(app, zone) == (day, exact)


@pytest.mark.parametrize("cookie", ["", "Nowhere/Else", "../../etc/passwd", "/etc/passwd", "Europe", "x" * 5000, "%00"])
def test_what_is_no_zone_means_utc(app: Flask, cookie: str) -> None:
    assert day_and_time(app, cookie) == ("30 Nov 2026", "30 Nov 2026, 23:30 (UTC)")


def test_yesterday_is_the_readers(app: Flask) -> None:
    with app.test_request_context(headers={"Cookie": "calmboard_timezone=Pacific/Kiritimati"}):
        midnight_there = (now() + timedelta(hours=14)).replace(hour=0, minute=0) - timedelta(hours=14)
        assert ago(midnight_there - timedelta(hours=1)) == "yesterday"


def test_a_key_works_to_the_end_of_the_readers_day(app: Flask, new_user: Callable[..., TestUser]) -> None:
    person = new_user()
    browser = person.sign_in()
    browser.set_cookie("calmboard_timezone", "America/Los_Angeles")
    day = (now() + timedelta(days=40)).date()
    send(browser, "/integrations/keys/new", "/integrations/keys", **key_form("To the end", lifetime="date", last_day=str(day)))
    with app.app_context():
        [key] = list_keys(person.access, PageRequest()).rows
    assert key.expires_at is not None
    end_in_utc = key.expires_at - datetime(day.year, day.month, day.day, tzinfo=UTC)
    assert end_in_utc in (timedelta(days=1, hours=hours, seconds=-1) for hours in (7, 8))
    assert "by the clock of America/Los_Angeles" in browser.get("/integrations/keys/new").text


def test_the_browser_names_its_zone_and_the_exact_time_is_there(page_for: Pages, new_user: Callable[..., TestUser]) -> None:
    person = new_user()
    person.new_key("Any")
    page: Page = page_for(person)
    page.goto("/integrations")
    page.reload()
    zone = page.evaluate("Intl.DateTimeFormat().resolvedOptions().timeZone")
    assert f"({zone})" in (page.locator("#keys article time").first.get_attribute("title") or "")
    assert {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}["calmboard_timezone"] == zone
