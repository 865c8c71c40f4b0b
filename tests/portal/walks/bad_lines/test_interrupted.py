"""Somebody interrupted in Chromium: the session ends while a form is open, with scripts and without."""

import pytest
from playwright.sync_api import Page, expect

from tests.support.clients.browser import Pages
from tests.support.users import SESSION_COOKIE, TestUser


@pytest.fixture
def page(page_for: Pages, person: TestUser) -> Page:
    return page_for(person)


@pytest.mark.parametrize("javascript", [True, False])
def test_a_form_comes_back_filled_after_signing_in(page_for: Pages, person: TestUser, javascript: bool) -> None:
    page = page_for(person, javascript=javascript)
    page.goto("/integrations/keys/new?integration=workflow")
    page.get_by_label("Name", exact=True).fill("Half typed")
    page.get_by_role("radio", name="1 year").check()
    _end_session(page)
    page.get_by_role("button", name="Create key").last.click()
    expect(page.get_by_text("What you entered is kept for an hour")).to_be_visible()
    _sign_in(page, person)
    expect(page.locator("#notice")).to_contain_text("Your session had ended, so nothing was changed.")
    expect(page.get_by_label("Name", exact=True)).to_have_value("Half typed")
    expect(page.get_by_role("radio", name="1 year")).to_be_checked()
    page.get_by_role("button", name="Create key").last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your key is ready")


def test_choosing_rights_after_the_session_ended_leaves_the_form(page: Page) -> None:
    page.goto("/integrations/keys/new?integration=workflow")
    page.get_by_label("Name", exact=True).fill("Half typed")
    _end_session(page)
    page.get_by_role("radio", name="Tasks: none").check()
    expect(page.locator("#preview")).to_contain_text("Your session ended")
    expect(page.get_by_label("Name", exact=True)).to_have_value("Half typed")


def test_a_form_sent_by_htmx_asks_for_the_sign_in_in_the_dialog(page: Page, person: TestUser) -> None:
    page.goto("/integrations")
    page.locator("#callback-1").fill("https://app.example/back")
    _end_session(page)
    page.get_by_role("button", name="Save callbacks").click()
    expect(page.get_by_role("dialog", name="Sign in again")).to_be_visible()
    expect(page.get_by_label("E-mail")).to_be_focused()
    _sign_in(page, person)
    expect(page.locator("#callback-1")).to_have_value("https://app.example/back")
    expect(page.locator("#callback-1")).to_be_focused()
    expect(page.locator("#callbacks-error")).to_contain_text("This is what you entered before you signed in.")


def test_a_form_from_before_another_sign_in_comes_back_filled(page: Page, person: TestUser) -> None:
    page.goto("/integrations/keys/new?integration=workflow")
    page.get_by_label("Name", exact=True).fill("Half typed")
    _end_session(page)
    with page.context.expect_page() as opened:
        page.evaluate("window.open('/sign-in')")
    _sign_in(opened.value, person)
    opened.value.wait_for_url("**/integrations")
    opened.value.close()
    page.get_by_role("button", name="Create key").last.click()
    expect(page.locator("#notice")).to_contain_text("This form was opened before you last signed in")
    expect(page.get_by_label("Name", exact=True)).to_have_value("Half typed")
    page.get_by_role("button", name="Create key").last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your key is ready")


def _end_session(page: Page) -> None:
    page.context.clear_cookies(name=SESSION_COOKIE)


def _sign_in(page: Page, person: TestUser) -> None:
    page.get_by_label("E-mail").fill(person.email)
    page.get_by_label("Password", exact=True).fill(person.password)
    page.get_by_role("button", name="Sign in", exact=True).click()
