"""Somebody connects an agent: a file to paste beside each link, a test that is made again, and the first step of OAuth."""

import json

from flask import Flask
from playwright.sync_api import expect

from tests.portal.agents.connected import authorize_agent
from tests.support.clients.accessibility import Look, find_barriers
from tests.support.clients.browser import Pages
from tests.support.users import TestUser

_LOOKS: list[Look] = [("light", 1280), ("dark", 360)]


def test_each_link_has_its_file_beside_it_without_scripts(page_for: Pages, person: TestUser) -> None:
    page = page_for(person, javascript=False)
    page.goto("/integrations#mcp")
    for agent, slug, path in (
        ("Cursor", "cursor", "~/.cursor/mcp.json"),
        ("VS Code", "vs-code", ".vscode/mcp.json"),
        ("Claude Desktop", "claude-desktop", "claude_desktop_config.json"),
    ):
        page.locator("#mcp").get_by_role("radio", name=agent, exact=True).check()
        expect(page.locator(f".panel-{slug}").get_by_text(path, exact=True).first).to_be_visible()
        expect(page.locator(f"#mcp-{slug}")).to_be_visible()
        assert json.loads(page.locator(f"#mcp-{slug}").text_content() or "")


def test_a_test_says_its_time_and_is_made_again(page_for: Pages, person: TestUser) -> None:
    page = page_for(person)
    page.goto("/integrations#mcp")
    page.get_by_role("button", name="Test connection").click()
    tested = page.locator("#mcp-tested time").first
    before = tested.get_attribute("datetime") or ""
    page.wait_for_function("before => Date.parse(before) + 1000 < Date.now()", arg=before)
    page.get_by_role("button", name="Test again").click()
    expect(tested).not_to_have_attribute("datetime", before)
    expect(page.get_by_role("button", name="Test again")).to_be_focused()
    assert find_barriers(page, _LOOKS, without=["#examples"]) == {}


def test_an_agent_is_in_one_list_and_marked(app: Flask, page_for: Pages, person: TestUser) -> None:
    authorize_agent(app, person).call("list_projects")
    page = page_for(person)
    page.goto("/integrations")
    entries = page.locator("main li.app", has_text="Harbour agent")
    expect(entries).to_have_count(1)
    expect(entries.locator(".badge")).to_have_text("MCP")


def test_the_first_step_opens_in_a_new_tab_and_the_page_stays(page_for: Pages, person: TestUser) -> None:
    page = page_for(person)
    page.goto("/integrations#oauth-steps")
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Open in a new tab").click()
    opened.value.get_by_role("button", name="Allow").click()
    expect(opened.value.get_by_text("The one this browser sent.")).to_be_visible()
    assert page.url.endswith("#oauth-steps")
