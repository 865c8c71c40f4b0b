"""Somebody whose browser runs no script: what happened stands where they are led, and nothing waits that cannot change."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.choosing import add_projects
from tests.support.clients.browser import Pages
from tests.support.users import TestUser

pytestmark = pytest.mark.database("sqlite")


@pytest.fixture
def person(new_user: Callable[..., TestUser]) -> TestUser:
    person = new_user()
    person.new_key("Jira mirror")
    return person


@pytest.fixture
def page(page_for: Pages, person: TestUser) -> Page:
    page = page_for(person, javascript=False)
    page.goto("/integrations")
    return page


def test_the_waiting_card_says_what_to_do(page: Page) -> None:
    page.goto("/integrations/keys/new?integration=slack&name=Slack+stand-up")
    page.get_by_role("button", name="Create key").click()
    card = page.locator("#first-use")
    expect(card.get_by_text("Waiting for the first request")).to_be_hidden()
    expect(card.get_by_role("heading", name="Send the first request")).to_be_visible()
    expect(card).to_contain_text("Copy the key before you go.")
    card.get_by_role("link", name="Slack stand-up in your list").click()
    expect(page.get_by_role("article", name="Slack stand-up")).to_be_in_viewport()
    expect(page.get_by_role("article", name="Slack stand-up")).to_contain_text("Never used")


@pytest.mark.parametrize(("button", "sentence"), [("Pause", "is paused."), ("Resume", "works again.")])
def test_what_came_of_an_action_on_a_key_stands_where_the_reader_is_led(page: Page, button: str, sentence: str) -> None:
    page.get_by_role("button", name="Pause Jira mirror").click()
    if button == "Resume":
        page.get_by_role("button", name="Resume Jira mirror").click()
    expect(page.locator("#keys .note-ok")).to_contain_text(f"Jira mirror {sentence}")
    expect(page.locator("#keys .note-ok")).to_be_in_viewport()
    expect(page.locator("#notice")).to_be_empty()
    page.reload()
    expect(page.locator(".note-ok")).to_have_count(0)


def test_saved_callbacks_are_told_at_the_client(page: Page) -> None:
    page.get_by_role("button", name="Save callbacks").click()
    expect(page.locator("#oauth-client .note-ok")).to_contain_text("The callback URLs are saved.")
    expect(page.locator("#oauth-client .note-ok")).to_be_in_viewport()


def test_what_belongs_to_no_part_is_told_above_the_page(page: Page) -> None:
    page.get_by_role("button", name="Pause Jira mirror").click()
    page.locator(".menu-user > summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator("#notice")).to_have_text("You are signed out.")


def test_projects_are_searched_and_nothing_that_was_entered_is_lost(page: Page, person: TestUser) -> None:
    add_projects(person.app, person, [f"Harbour {number:03}" for number in range(60)])
    page.goto("/integrations/keys/new?integration=jira&name=Harbour+bot")
    page.get_by_text("Only these").click()
    page.get_by_label("Harbour 002").check()
    search = page.get_by_role("searchbox", name="Find a project")
    search.fill("harbour 05")
    search.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Create a key")
    expect(page.get_by_text("1 of at most 100 chosen.")).to_be_visible()
    page.get_by_label("Harbour 057").check()
    page.get_by_role("button", name="Search").click()
    top = page.get_by_role("group", name="Chosen projects")
    expect(top.get_by_role("checkbox", checked=True)).to_have_count(2)
    top.get_by_label("Harbour 002").uncheck()
    page.get_by_role("button", name="Create key").last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your key is ready")
