"""Somebody follows a recipe: its address names the board, a form chooses another, and nothing is left to be put in by hand."""

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.support.clients.accessibility import Look, find_barriers
from tests.support.clients.browser import Pages
from tests.support.users import ProjectAndBoard, TestUser

_LOOKS: list[Look] = [("light", 1280), ("dark", 360)]


def test_another_board_is_chosen_without_scripts(
    page_for: Pages, person: TestUser, new_project: Callable[..., ProjectAndBoard]
) -> None:
    other = new_project(person, "Lighthouse")
    page = page_for(person, javascript=False, width=360)
    page.goto("/docs/recipes/trello")
    page.get_by_label("Board", exact=True).select_option(other.board_id)
    page.get_by_role("button", name="Use this board").click()
    expect(page).to_have_url(re.compile(rf"/docs/recipes/trello\?board={other.board_id}$"))
    expect(page.locator("#trello-url")).to_contain_text(other.board_id)
    expect(page.locator("#board-hint")).to_contain_text("in the project Lighthouse")


def test_without_a_board_one_is_made_by_a_click(page_for: Pages, new_user: Callable[..., TestUser]) -> None:
    page = page_for(new_user())
    page.goto("/docs/recipes/trello")
    expect(page.get_by_text("You have no board yet.")).to_be_visible()
    assert find_barriers(page, _LOOKS) == {}
    page.get_by_role("button", name="Make a practice board").click()
    expect(page.locator("#board-hint")).to_contain_text("Practice board in the project Practice")
    assert "BOARD_ID" not in page.content()
    assert find_barriers(page, _LOOKS) == {}
