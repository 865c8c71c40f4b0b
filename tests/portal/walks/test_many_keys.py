"""Somebody with many keys and several tabs in Chromium: a key is replaced, and changed in two tabs at once."""

import pytest
from playwright.sync_api import Page, expect

from calmboard.access.credentials.key_lists import list_keys
from calmboard.access.credentials.keys import revoke_key
from calmboard.pagination import PageRequest
from tests.support.choosing import add_projects
from tests.support.clients.browser import Pages
from tests.support.users import TestUser


@pytest.fixture
def page(page_for: Pages, person: TestUser) -> Page:
    return page_for(person)


def test_replacing_a_key_carries_over_what_it_may_and_for_how_long(page: Page, person: TestUser) -> None:
    project_id = person.example_project().project_id
    person.new_key("Deploy", "projects:read", project_ids=frozenset({project_id}))
    page.goto(f"/integrations/keys/new?replaces={_key_id(person)}")
    expect(page.locator(".note").first).to_contain_text("Filled in from “Deploy”: rights, 1 project and no end.")
    expect(page.get_by_role("radio", name="Projects: read")).to_be_checked()
    expect(page.get_by_role("radio", name="Only these")).to_be_checked()
    expect(page.locator(f"input[value='{project_id}']")).to_be_checked()
    expect(page.get_by_role("radio", name="No end")).to_be_checked()


def test_a_stale_tab_is_told_what_came_of_it(page: Page, person: TestUser) -> None:
    person.new_key("Jira mirror", "projects:read")
    page.goto("/integrations")
    row = page.get_by_role("article", name="Jira mirror")
    with person.app.app_context():
        revoke_key(person.access, _key_id(person))
    row.get_by_role("button", name="Pause").click()
    expect(page.locator("#live")).to_contain_text("a revoked key cannot work again.")
    expect(row).to_contain_text("Revoked")


def test_the_question_looks_before_it_asks(page: Page, person: TestUser) -> None:
    person.new_key("Jira mirror", "projects:read")
    page.goto("/integrations")
    with person.app.app_context():
        revoke_key(person.access, _key_id(person))
    row = page.get_by_role("article", name="Jira mirror")
    row.locator("summary").click()
    row.get_by_role("link", name="Revoke…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("“Jira mirror” is revoked already")
    expect(dialog.get_by_role("button", name="Revoke key")).to_have_count(0)
    dialog.get_by_role("link", name="Load the page as it is now").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator("#keys")).to_contain_text("One revoked key")


def test_of_320_projects_one_is_found_and_stands_on_top(page: Page, person: TestUser) -> None:
    ids = add_projects(person.app, person, [f"Harbour {number:03}" for number in range(320)])
    page.goto("/integrations/keys/new?integration=jira&name=Harbour+bot")
    page.get_by_text("Only these").click()
    expect(page.get_by_text("0 of at most 100 chosen.").first).to_be_visible()
    page.get_by_role("searchbox", name="Find a project").fill("harbour 31")
    page.get_by_label("Harbour 317").check()
    expect(page.get_by_role("group", name="Chosen projects").get_by_label("Harbour 317")).to_be_checked()
    page.get_by_role("button", name="Create key").last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your key is ready")
    with person.app.app_context():
        assert list_keys(person.access, PageRequest()).rows[0].project_ids == frozenset({ids[317]})


def _key_id(person: TestUser) -> str:
    with person.app.app_context():
        return list_keys(person.access, PageRequest()).rows[0].id
