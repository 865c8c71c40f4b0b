"""Every page and state: axe and the Nu HTML Checker find nothing, nothing is wider than the screen; wide and light, small
and dark.
"""

from itertools import chain

import pytest
from flask import Flask

from tests.support.clients.accessibility import Look, find_barriers
from tests.support.clients.browser import Pages
from tests.support.clients.markup import find_repairs
from tests.support.servers.html_checker import HtmlChecker
from tests.support.states.every import STATES
from tests.support.states.state import State
from tests.support.users import TestUser

# A phone in the dark and a desk in the light: each layout once, and each colour.
_LOOKS: list[Look] = [("light", 1280), ("dark", 360)]


@pytest.mark.parametrize("state", [*chain.from_iterable(STATES.values())], ids=str)
def test_a_state_of_the_pages_has_no_barriers(app: Flask, page_for: Pages, html_checker: HtmlChecker, state: State) -> None:
    reader = state.reader(app)
    page = page_for(reader if state.is_signed_in else None, javascript=state.has_script)
    state.visit(page, reader)
    assert find_repairs(page.content()) == []
    assert html_checker.find_errors(page.content()) == []
    assert find_barriers(page, _LOOKS, without=[] if state.has_examples else ["#examples"]) == {}
    page.set_viewport_size({"width": 320, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") == 320


@pytest.mark.parametrize(
    "path",
    [
        "/integrations",
        "/integrations/keys/new",
        "/account",
        "/account/security",
        "/account/sessions",
        "/docs/errors",
        "/docs/api",
        "/docs/api/tasks",
        "/docs/api?q=by-external",
        "/docs/api/tasks/list-tasks",
        "/docs/api/tasks/put-external-task",
        "/docs/mcp",
        "/docs/recipes",
    ],
)
def test_a_page_fits_320_pixels(page_for: Pages, owner: TestUser, path: str) -> None:
    page = page_for(owner, width=320)
    page.goto(path)
    assert page.evaluate("document.documentElement.scrollWidth") == 320


def test_controls_are_large_enough_to_hit(page_for: Pages, owner: TestUser) -> None:
    page = page_for(owner, width=360)
    page.goto("/integrations")
    boxes = [
        control.bounding_box()
        for control in page.locator("main :is(button, .button, summary):not(.visually-hidden):visible").all()
    ]
    assert boxes
    assert [box for box in boxes if box is None or min(box["width"], box["height"]) < 43.9] == []
