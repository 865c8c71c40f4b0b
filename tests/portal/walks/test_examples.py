"""Somebody reads the examples on the page and makes a practice board for those that change something."""

import json

from playwright.sync_api import expect

from tests.support.clients.accessibility import Look, find_barriers
from tests.support.clients.browser import Pages
from tests.support.users import TestUser

_LOOKS: list[Look] = [("light", 1280), ("dark", 360)]


def test_examples_tell_what_they_change_and_what_is_answered(page_for: Pages, person: TestUser) -> None:
    page = page_for(person, javascript=False)
    page.goto("/integrations#examples")
    page.get_by_role("button", name="Make a practice board").click()
    expect(page.locator("#examples").get_by_role("button", name="Make a practice board")).to_have_count(0)
    page.locator("#examples summary", has_text="Create a task").click()
    expect(page.get_by_text("This creates a task on the board Practice board, marked as practice.")).to_be_visible()

    page.locator("#examples summary", has_text="List my projects").click()
    shown = json.loads(page.locator("#list-projects-answer").text_content() or "")
    assert shown == person.api.get("/projects?limit=2").json


def test_the_offer_has_no_barriers(page_for: Pages, person: TestUser) -> None:
    page = page_for(person)
    page.goto("/docs/api/labels")
    expect(page.get_by_role("button", name="Make a practice board")).to_be_visible()
    assert find_barriers(page, _LOOKS) == {}
