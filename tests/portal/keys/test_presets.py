"""Rights that were chosen by hand outlive the choice of another tool, which offers its own; without scripts, and by htmx."""

import re

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Page, expect

from calmboard.access.scopes import GRANTABLE
from tests.portal.forms import HTMX, key_form, send
from tests.support.clients.browser import Pages
from tests.support.users import TestUser, csrf_token

_NEW = "/integrations/keys/new"
_KEPT = "Your own choice of rights was kept."


def test_rights_chosen_by_hand_are_kept_when_the_tool_changes(browser_of: FlaskClient) -> None:
    by_hand = key_form("Bot", integration="slack", preset="jira", comments="write")
    page = send(browser_of, _NEW, _NEW, **by_hand).text
    assert _rights(page) == dict.fromkeys(GRANTABLE, "none") | {
        "projects": "read",
        "boards": "read",
        "tasks": "write",
        "comments": "write",
    }
    assert _KEPT in page
    assert "Use Slack’s preset" in page


def test_the_preset_is_used_where_it_is_asked_for(browser_of: FlaskClient) -> None:
    page = send(browser_of, _NEW, _NEW, **key_form("Bot", integration="slack", preset="jira", comments="write", use_preset="yes"))
    assert _rights(page.text) == _rights(browser_of.get(f"{_NEW}?integration=slack").text)
    assert _KEPT not in page.text


def test_rights_of_a_preset_follow_the_tool(browser_of: FlaskClient) -> None:
    jira = _rights(browser_of.get(f"{_NEW}?integration=jira").text)
    page = send(browser_of, _NEW, _NEW, **key_form("Bot", integration="slack", preset="jira", **jira)).text
    assert _rights(page) == _rights(browser_of.get(f"{_NEW}?integration=slack").text)
    assert _KEPT not in page


def test_a_kept_choice_is_announced_to_htmx(browser_of: FlaskClient) -> None:
    fields = key_form("Bot", integration="slack", preset="jira", comments="write")
    token = csrf_token(browser_of.get(_NEW))
    part = browser_of.post(_NEW, data={"csrf_token": token, **fields}, headers=HTMX).text
    assert part.count(_KEPT) == 2  # above the rights, and for screen readers
    assert "<main" not in part


@pytest.mark.parametrize("preset", ["", "no-such-tool", "<b>", "jira" * 1000])
def test_a_preset_that_no_tool_has_changes_nothing(browser_of: FlaskClient, preset: str) -> None:
    page = send(browser_of, _NEW, _NEW, **key_form("Bot", integration="slack", preset=preset, comments="write"))
    assert page.status_code == 200
    assert _rights(page.text)["comments"] == "write"


@pytest.mark.database("sqlite")
def test_the_choice_is_kept_and_given_up_in_a_browser(page_for: Pages, person: TestUser) -> None:
    page = page_for(person)
    page.goto(f"{_NEW}?integration=jira")
    page.get_by_role("radio", name="Comments: write").check()
    page.locator("label", has_text="Slack").click()
    rights = page.locator("#rights")
    expect(rights).to_contain_text(_KEPT)
    _expect_comments(page, "write")
    rights.get_by_role("button", name="Use Slack’s preset").click()
    expect(rights).not_to_contain_text(_KEPT)
    _expect_comments(page, "none")
    expect(page.locator("#rights input:checked").first).to_be_focused()


def _expect_comments(page: Page, right: str) -> None:
    expect(page.get_by_role("radio", name=f"Comments: {right}")).to_be_checked()


def _rights(page: str) -> dict[str, str]:
    chosen = re.findall(r'name="(\w+)" value="(none|read|write)"[^>]* checked', page)
    return {noun: right for noun, right in chosen if noun in GRANTABLE}
