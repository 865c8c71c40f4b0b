"""Somebody who looks for why a call was refused, and follows what a program does, in Chromium."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from calmboard.access.credentials.key_lists import list_keys
from calmboard.pagination import PageRequest
from tests.support.clients.browser import Pages
from tests.support.logged import add_call
from tests.support.users import TestUser

pytestmark = pytest.mark.database("sqlite")

# A call is shown two seconds after it came, and asked for every three.
_TWO_ROUNDS_MS = 10_000


@pytest.fixture
def person(new_user: Callable[..., TestUser]) -> TestUser:
    person = new_user()
    person.new_key("Stand-up")
    return person


@pytest.fixture
def page(page_for: Pages, person: TestUser) -> Page:
    return page_for(person)


def test_a_refusal_is_found_and_copied_as_curl(page: Page, person: TestUser) -> None:
    refusal: dict[str, Any] = {
        "status": 403,
        "code": "insufficient_scope",
        "refused_by": "scope",
        "hint": "It has no projects:read.",
    }
    add_call(person, _key_id(person))
    add_call(person, _key_id(person), route="/api/v1/projects", **refusal)
    page.goto("/integrations/activity")
    page.get_by_label("Stopped at").select_option("Scope")
    page.get_by_role("button", name="Show").click()
    expect(page.locator(".call")).to_have_count(1)
    page.locator(".call > summary").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Stopped at Scope")).to_be_visible()
    page.get_by_text("As curl", exact=True).click()
    page.get_by_role("button", name="Copy as curl").click()
    line = page.evaluate("navigator.clipboard.readText()")
    assert line.startswith("curl -X GET http")
    assert line.endswith('/api/v1/projects \\\n  -H "Authorization: Bearer $CALMBOARD_API_KEY"')
    page.get_by_role("button", name="Copy the request ID").click()
    assert page.evaluate("navigator.clipboard.readText()").startswith("req_")


def test_newer_calls_come_while_one_follows(page: Page, person: TestUser) -> None:
    add_call(person, _key_id(person))
    page.goto("/integrations/activity")
    page.locator(".call > summary").click()
    page.get_by_role("switch", name="Follow").check()
    person.api.get("/projects")
    expect(page.locator(".call")).to_have_count(2, timeout=_TWO_ROUNDS_MS)
    expect(page.locator("#live")).to_have_text("One new call.")
    expect(page.locator(".call").first).to_contain_text("/projects")
    expect(page.locator(".call[open]")).to_have_count(1)
    expect(page.get_by_role("switch", name="Follow")).to_be_checked()


def test_the_first_call_takes_the_place_of_the_note(page: Page, person: TestUser) -> None:
    page.goto("/integrations/activity")
    expect(page.get_by_role("heading", name="No calls yet")).to_be_visible()
    page.get_by_role("switch", name="Follow").check()
    person.api.get("/me")
    expect(page.locator(".call")).to_have_count(1, timeout=_TWO_ROUNDS_MS)
    expect(page.get_by_role("heading", name="No calls yet")).to_have_count(0)


def test_without_script_one_looks_again(page_for: Pages, person: TestUser) -> None:
    page = page_for(person, javascript=False)
    page.goto("/integrations/activity?outcome=answered")
    expect(page.get_by_text("No call is like that.")).to_be_visible()
    expect(page.get_by_role("switch", name="Follow")).to_be_hidden()
    for _ in range(26):
        add_call(person, _key_id(person))
    page.get_by_role("link", name="Look again").click()
    expect(page.locator(".call")).to_have_count(25)
    expect(page.get_by_label("Result")).to_have_value("answered")
    page.get_by_role("link", name="Show older calls").click()
    expect(page.locator(".call")).to_have_count(1)
    page.get_by_role("link", name="Back to the newest").click()
    expect(page.locator(".call")).to_have_count(25)


def _key_id(person: TestUser) -> str:
    with person.app.app_context():
        found = list_keys(person.access, PageRequest()).rows
    return found[0].id
