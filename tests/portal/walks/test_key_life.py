"""A key's life after the first day, in Chromium and without scripts: its page, its replacement, its limits."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.support.clients.browser import Pages
from tests.support.users import Api, TestUser

pytestmark = pytest.mark.database("sqlite")


def test_a_key_is_replaced_from_its_row_and_the_old_one_given_a_day(page_for: Pages, person: TestUser) -> None:
    Api(person.app, person.new_key("Jira mirror")).get("/me")
    page = page_for(person)
    page.goto("/integrations/keys")
    row = page.get_by_role("article", name="Jira mirror")
    expect(row.locator(".sparkline")).to_contain_text("in 30 days")
    row.locator("summary").click()
    row.get_by_role("link", name="Replace").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("radio", name="In 24 hours")).to_be_checked()
    dialog.get_by_role("button", name="Replace key").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your key is ready")
    expect(page.locator(".overlap")).to_contain_text("still works for 24 hours")
    page.goto("/integrations/keys")
    expect(page.locator("article .overlap")).to_have_count(2)
    page.locator("article .overlap").first.get_by_role("button", name="Give it one more day").click()
    expect(page).to_have_url(re.compile(r"/integrations/keys/key_\w+$"))
    expect(page.locator(".notice")).to_contain_text("works until")
    page.get_by_role("link", name="End it now").click()
    page.get_by_label("I know that").check()
    page.get_by_role("button", name="Revoke key").click()
    expect(page.get_by_text("is revoked. Its requests get api_key_revoked.")).to_be_visible()


def test_pausing_on_the_page_of_keys_tells_and_keeps_the_row(page_for: Pages, person: TestUser) -> None:
    person.new_key("Jira mirror")
    page = page_for(person)
    page.goto("/integrations/keys")
    page.get_by_role("button", name="Pause Jira mirror").click()
    expect(page.locator("#live")).to_contain_text("Jira mirror is paused.")
    expect(page.get_by_role("heading", name="Jira mirror", exact=True)).to_be_focused()


def test_without_scripts_a_key_is_replaced_and_edited(page_for: Pages, person: TestUser) -> None:
    person.new_key("Jira mirror")
    page = page_for(person, javascript=False)
    page.goto("/integrations/keys")
    page.get_by_role("link", name="Jira mirror", exact=True).click()
    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Name", exact=True).fill("Night mirror")
    page.get_by_label("Tasks: read", exact=True).check()
    page.get_by_role("button", name="Save").last.click()
    expect(page.locator(".notice")).to_contain_text("The changes are saved.")
    expect(page.get_by_role("heading", level=1)).to_have_text("Night mirror")
    page.get_by_role("link", name="Replace…").click()
    page.get_by_label("In 7 days").check()
    page.get_by_role("button", name="Replace key").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your key is ready")
    expect(page.locator(".overlap")).to_contain_text("still works for 7 days")


@pytest.mark.parametrize("width", [320, 360, 768, 1280])
def test_no_page_of_a_key_is_wider_than_the_screen(page_for: Pages, person: TestUser, width: int) -> None:
    person.new_key("W" * 80)
    page = page_for(person, width=width)
    page.goto("/integrations/keys")
    _is_as_wide_as_the_screen(page)
    page.locator("article h3 a").click()
    for step in ("", "/edit", "/replace"):
        page.goto(re.sub(r"/(edit|replace)$", "", page.url) + step)
        _is_as_wide_as_the_screen(page)
    page.goto("/integrations/apps")
    _is_as_wide_as_the_screen(page)


def _is_as_wide_as_the_screen(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url
