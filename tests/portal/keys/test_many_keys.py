"""Somebody with many keys looks after them, in Chromium and without scripts."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.clients.accessibility import Look, find_barriers
from tests.support.clients.browser import Pages
from tests.support.users import TestUser

_LOOKS: list[Look] = [("light", 1280), ("dark", 360)]
_EXAMPLES = ["#examples"]


@pytest.fixture
def person(new_user: Callable[..., TestUser]) -> TestUser:
    person = new_user("business")
    for number in range(30):
        person.new_key(f"{'Sprint' if number % 10 == 0 else 'Nightly'} {number}")
    return person


def names(page: Page) -> list[str]:
    return page.locator("#keys article h3").all_text_contents()


def test_keys_are_searched_and_sorted_where_one_is(page_for: Pages, person: TestUser) -> None:
    page = page_for(person)
    page.goto("/integrations")
    page.get_by_label("Find a key").press_sequentially("sprint")
    expect(page.locator("#keys article")).to_have_count(3)
    expect(page.get_by_label("Find a key")).to_be_focused()
    expect(page).to_have_url(re.compile(r"/integrations\?q=sprint$"))
    page.get_by_label("Sort by").select_option("Name")
    expect(page).to_have_url(re.compile("sort=name"))
    page.reload()
    assert names(page) == ["Sprint 0", "Sprint 10", "Sprint 20"]


def test_several_keys_are_paused_and_revoked_by_one_question(page_for: Pages, person: TestUser) -> None:
    page = page_for(person)
    page.goto("/integrations?q=Sprint")
    expect(page.get_by_role("button", name="Pause 2")).to_have_count(0)
    _choose(page, "Sprint 0", "Sprint 20")
    assert find_barriers(page, _LOOKS, without=_EXAMPLES) == {}
    page.get_by_role("button", name="Pause 2").click()
    expect(page.locator("#live")).to_contain_text("Two keys are paused.")
    expect(page.locator("#key-list").get_by_text("Paused", exact=True)).to_have_count(2)

    _choose(page, "Sprint 0", "Sprint 10")
    page.get_by_role("button", name="Revoke 2…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Revoke 2 keys?")
    dialog.get_by_text("I know that").click()
    dialog.get_by_role("button", name="Revoke 2 keys").click()
    expect(page.locator("#live")).to_contain_text("Two keys are revoked.")
    expect(page.locator("#revoked-keys")).to_contain_text("Sprint 10")
    expect(page.locator("#keys-count").first).to_have_text("28")


def _choose(page: Page, *names: str) -> None:
    for name in names:
        page.get_by_label(f"Choose {name}").check()


def test_the_same_works_without_scripts(page_for: Pages, person: TestUser) -> None:
    page = page_for(person, javascript=False)
    page.goto("/integrations")
    page.get_by_label("Find a key").fill("Sprint")
    page.get_by_role("button", name="Find").click()
    assert len(names(page)) == 3
    page.get_by_label("Choose Sprint 10").check()
    page.get_by_role("button", name="Revoke selected…").click()
    page.get_by_label("I know that").check()
    page.get_by_role("button", name="Revoke 1 key").click()
    expect(page.get_by_text("One key is revoked.")).to_be_visible()
    assert "q=Sprint" in page.url
