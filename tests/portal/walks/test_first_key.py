"""Somebody makes a first key for a tool: what the form fills in, asks first, and says before it is filled in."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from calmboard.access.plans import PLANS
from tests.support.clients.browser import Pages
from tests.support.users import TestUser


def test_a_tool_fills_in_the_one_right_that_its_recipe_uses(page_for: Pages, person: TestUser) -> None:
    page = page_for(person)
    page.goto("/integrations/keys/new")
    page.get_by_role("radio", name="Trello").check()
    expect(page.locator("#rights-hint")).to_contain_text("Chosen for Trello.")
    assert _chosen_rights(page) == {"Tasks: write"}
    legends = page.locator("#key-form legend").all_inner_texts()
    assert legends.index("In which projects?") == legends.index("What will use it?") + 1 < legends.index("What may it do?")


def test_a_full_plan_is_said_before_the_form(page_for: Pages, new_user: Callable[..., TestUser]) -> None:
    person = new_user()
    for number in range(PLANS["pro"].max_keys):
        person.new_key(f"Key {number}")
    page = page_for(person)
    page.goto("/integrations/keys/new")
    note, form = page.get_by_text("50 of 50 keys."), page.locator("#key-form")
    assert _top(note.bounding_box()) < _top(form.bounding_box())


def _chosen_rights(page: Page) -> set[str]:
    labels = page.locator("#rights label:has(input:checked)").all_text_contents()
    return {label for label in labels if not re.search(r": none$", label)}


def _top(box: object) -> float:
    assert isinstance(box, dict)
    return float(box["y"])
