"""Somebody at a phone: what opens, opens inside of the screen."""

import pytest
from flask import Flask
from playwright.sync_api import Locator, Page

from tests.support.clients.browser import Pages
from tests.support.users import TestUser, add_user

pytestmark = pytest.mark.database("sqlite")

_HEIGHT = 700


@pytest.fixture(scope="module")
def person(app: Flask) -> TestUser:
    """Somebody with enough keys that the last row is below the fold."""
    person = add_user(app)
    for number in range(5):
        person.new_key(f"Key {number}")
    return person


@pytest.fixture(params=[320, 360, 768, 1280])
def page(page_for: Pages, person: TestUser, request: pytest.FixtureRequest) -> Page:
    page = page_for(person, width=request.param)
    page.set_viewport_size({"width": request.param, "height": _HEIGHT})
    page.goto("/integrations")
    return page


def _is_inside(page: Page, part: Locator) -> bool:
    box = part.bounding_box()
    assert box
    width = page.evaluate("innerWidth")
    return box["x"] >= 0 and box["x"] + box["width"] <= width and box["y"] >= 0 and box["y"] + box["height"] <= _HEIGHT


def test_every_menu_opens_inside_of_the_screen(page: Page) -> None:
    rows = page.locator("article.key")
    menus = [rows.first.locator(".menu"), rows.last.locator(".menu"), page.locator(".menu-nav"), page.locator(".menu-user")]
    for menu in menus:
        summary = menu.locator("summary")
        if not summary.is_visible():
            continue
        summary.evaluate("summary => scrollBy(0, summary.getBoundingClientRect().bottom - innerHeight)")
        summary.click()
        menu.locator(".menu-list").hover()
        assert _is_inside(page, menu.locator(".menu-list"))
