"""Somebody on the free plan, with keys from before: what the page promises of an upgrade is what it gives."""

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from calmboard.work.people import change_plan
from tests.support.clients.browser import Pages
from tests.support.states.readers import free_with_keys
from tests.support.users import TestUser

pytestmark = pytest.mark.database("sqlite")


@pytest.fixture
def reader(app: Flask) -> TestUser:
    """Three keys, of which one is paused."""
    return free_with_keys(app)


@pytest.fixture
def page(page_for: Pages, reader: TestUser) -> Page:
    page = page_for(reader)
    page.goto("/integrations")
    return page


def test_an_upgrade_is_promised_for_the_keys_that_will_work(app: Flask, page: Page, reader: TestUser) -> None:
    expect(page.locator("#upgrade-promise")).to_contain_text("Two of your three keys work again the moment you upgrade.")
    with app.app_context():
        change_plan(reader.email, "pro")
    page.reload()
    expect(page.locator("#keys-summary")).to_have_text("Three keys: two working, one paused.")


def test_a_key_that_is_revoked_is_promised_no_longer(page: Page) -> None:
    page.get_by_role("link", name="Revoke From before").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("checkbox").check()
    dialog.get_by_role("button", name="Revoke key").click()
    expect(page.locator("#upgrade-promise")).to_contain_text("One of your two keys works again the moment you upgrade.")
    expect(page.locator("#keys-count").first).to_have_text("2")


def test_the_account_says_that_keys_stay(page: Page) -> None:
    page.goto("/account/sessions")
    page.get_by_role("link", name="Sign out everywhere…").click()
    expect(page.get_by_role("dialog")).to_contain_text("Your three keys stay; a key ends only when you revoke it.")


def test_what_a_plan_adds_stands_apart_from_the_keys(page: Page) -> None:
    card, keys = page.locator(".upgrade-card").bounding_box(), page.locator("#key-list .keys").bounding_box()
    assert card
    assert keys
    assert keys["y"] - card["y"] - card["height"] >= 16
