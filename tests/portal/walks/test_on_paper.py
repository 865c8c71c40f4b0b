"""Somebody who prints the page: everything in flow, each example once, and few sheets."""

import re
from collections.abc import Callable
from itertools import pairwise

import pytest
from flask import Flask

from tests.support.clients.browser import Pages
from tests.support.states.readers import with_keys
from tests.support.users import TestUser

pytestmark = pytest.mark.database("sqlite")


@pytest.mark.parametrize("language", ["curl", "go"])
def test_the_page_is_ten_sheets_at_most(app: Flask, page_for: Pages, language: str) -> None:
    page = page_for(with_keys(app))
    page.goto(f"/integrations?lang={language}")
    pdf = page.pdf(format="A4", print_background=True)
    assert 3 <= len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf)) <= 10


def test_each_example_is_printed_in_the_chosen_language_and_every_panel_stands_in_flow(
    page_for: Pages, new_user: Callable[..., TestUser]
) -> None:
    page = page_for(new_user())
    page.goto("/integrations?lang=python")
    page.emulate_media(media="print")
    assert page.locator("#examples .panel:visible").count() == page.locator("#examples .example").count()
    assert page.locator("#examples :is(.tab-row, .copy):visible").count() == 0
    panels = page.locator(".mcp-tabs .panel")
    boxes = [panel.bounding_box() for panel in panels.all()]
    assert len(boxes) > 2
    for above, below in pairwise(boxes):
        assert above
        assert below
        assert below["y"] >= above["y"] + above["height"]


@pytest.mark.parametrize("path", ["/integrations", "/docs/api/tasks", "/docs/mcp"])
def test_nothing_is_wider_than_the_sheet(page_for: Pages, owner: TestUser, path: str) -> None:
    page = page_for(owner, width=700)
    page.goto(path)
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.scrollWidth") <= 700
