"""The MCP server on the page: its address, and the test of it."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient
from playwright.sync_api import Page, expect

from tests.oauth.conftest import ORIGIN
from tests.portal.agents.connected import ENDPOINT, TEST, authorize_agent, section_of, text_of
from tests.portal.forms import HTMX
from tests.support.clients.accessibility import Look, find_barriers
from tests.support.clients.agent import LEGACY, MODERN, Agent
from tests.support.clients.browser import Pages
from tests.support.statements import recorded
from tests.support.users import ProjectAndBoard, TestUser

_LOOKS: list[Look] = [("light", 1280), ("dark", 1280), ("light", 768), ("light", 320), ("dark", 320)]


def tool_names(page: str) -> list[str]:
    return re.findall(r"</strong> <code>(\w+)</code>", page)


def test_the_contents_lead_to_the_section(browser_of: FlaskClient) -> None:
    page = browser_of.get("/integrations").text
    assert page.count('href="#mcp"') == 2
    assert '<section class="section" id="mcp"' in page


def test_address_resource_header_and_revisions_are_there_to_copy(page_for: Pages, person: TestUser) -> None:
    page = page_for(person)
    page.goto("/integrations")
    copied = {
        what: _copied(page, what) for what in ("the endpoint", "the OAuth resource", "the header", "the protocol revisions")
    }
    assert copied == {
        "the endpoint": f"{page_for.url}/mcp",
        "the OAuth resource": f"{page_for.url}/mcp",
        "the header": "Authorization: Bearer $CALMBOARD_API_KEY",
        "the protocol revisions": "2026-07-28, 2025-11-25, 2025-06-18, 2025-03-26",
    }


def _copied(page: Page, what: str) -> str:
    page.get_by_role("button", name=f"Copy {what}", exact=True).click()
    expect(page.locator("#live")).to_have_text("Copied")
    page.evaluate("document.getElementById('live').textContent = ''")
    text: str = page.evaluate("navigator.clipboard.readText()")
    return text


@pytest.mark.parametrize("version", [MODERN, *LEGACY])
def test_the_server_speaks_each_revision_that_is_named(app: Flask, person: TestUser, version: str) -> None:
    assert version in person.sign_in().get("/docs/mcp.md").text
    assert Agent(app, person.key, version).result("tools/list")["tools"]


@pytest.mark.parametrize("role", ["owner", "admin", "member", "viewer", None])
def test_the_test_lists_the_tools_that_an_agent_then_gets(
    app: Flask, person: TestUser, new_user: Callable[..., TestUser], new_project: Callable[..., ProjectAndBoard], role: str | None
) -> None:
    reader = new_user()
    if role == "owner":
        new_project(reader)
    elif role:
        new_project(person, **{role: reader})
    listed = Agent(app, reader.key).result("tools/list")["tools"]
    page = reader.sign_in().get(TEST, headers=HTMX).text
    reading, _, writing = page.partition("To write")
    assert tool_names(reading) == [tool["name"] for tool in listed if tool["annotations"]["readOnlyHint"]]
    assert tool_names(writing) == [tool["name"] for tool in listed if not tool["annotations"]["readOnlyHint"]]
    assert f"gets {len(listed)} tools." in text_of(page)


def test_a_viewer_reads_that_nothing_may_be_written(
    person: TestUser, new_user: Callable[..., TestUser], new_project: Callable[..., ProjectAndBoard]
) -> None:
    reader = new_user()
    new_project(person, viewer=reader)
    assert "None: your role lets you change nothing in any project." in text_of(reader.sign_in().get(TEST, headers=HTMX).text)


def test_each_tool_is_told_in_one_sentence(browser_of: FlaskClient) -> None:
    summaries = re.findall(r"</p><p>(.+?)</p></li>", browser_of.get(TEST, headers=HTMX).text, re.DOTALL)
    assert len(summaries) > 5
    for summary in summaries:
        sentence = text_of(summary)
        assert sentence.endswith(".")
        assert ". " not in sentence


def test_what_is_for_good_is_marked(app: Flask, person: TestUser, browser_of: FlaskClient) -> None:
    listed = Agent(app, person.key).result("tools/list")["tools"]
    marked = re.findall(r"<code>(\w+)</code> <span class=\"badge\">For good", browser_of.get(TEST, headers=HTMX).text)
    assert marked == [tool["name"] for tool in listed if "dry_run" in tool["inputSchema"]["properties"]]


def test_the_test_asks_the_server_and_says_what_it_answers(browser_of: FlaskClient) -> None:
    for path, headers in ((TEST, HTMX), (TEST, {})):
        page = text_of(browser_of.get(path, headers=headers).text)
        assert "The server answers. It refuses a call without a credential, as it should." in page
        assert f"It tells agents where to sign in: {ORIGIN}." in page
        assert "No agent of yours has reached it yet." in page


def test_the_test_says_where_the_server_is_down(make_app: Callable[..., Flask], person: TestUser) -> None:
    app = make_app()
    browser = TestUser(app, person.person, person.password).sign_in()

    def answer_late(response: Response) -> Response:
        """An outage: whatever answers at /mcp is not our server."""
        return Response("Bad gateway", 502) if response.content_type == "application/json" else response

    app.after_request_funcs.setdefault(None, []).insert(0, answer_late)
    page = text_of(browser.get(TEST, headers=HTMX).text)
    assert "The server answered 502 to a call without a credential, and 401 is due." in page
    assert "as it should" not in page


def test_the_test_says_where_agents_do_not_learn_where_to_sign_in(make_app: Callable[..., Flask], person: TestUser) -> None:
    app = make_app()
    browser = TestUser(app, person.person, person.password).sign_in()

    def hide_metadata(response: Response) -> Response:
        """A proxy that drops the header, as some do."""
        response.headers.pop("WWW-Authenticate", None)
        return response

    app.after_request_funcs.setdefault(None, []).insert(0, hide_metadata)
    assert f"It does not tell agents where to sign in for {ENDPOINT}." in text_of(browser.get(TEST, headers=HTMX).text)


def test_the_test_changes_nothing_and_costs_nothing(app: Flask, person: TestUser, browser_of: FlaskClient) -> None:
    agent = Agent(app, person.key)
    before = agent.ask("tools/list").headers["X-RateLimit-Remaining"]
    with recorded(app) as statements:
        browser_of.get(TEST, headers=HTMX)
    assert [sent for sent, _ in statements if not sent.lstrip().upper().startswith(("SELECT", "UPDATE SESSIONS"))] == []
    assert int(agent.ask("tools/list").headers["X-RateLimit-Remaining"]) == int(before) - 1


def test_only_those_signed_in_may_test(client: FlaskClient) -> None:
    assert client.get(TEST).location.startswith("/sign-in")


def test_a_free_plan_reads_what_is_missing_and_where_to_upgrade(make_app: Callable[..., Flask], free: TestUser) -> None:
    app = make_app(billing_url="https://calmboard.example/plans")
    browser = TestUser(app, free.person, free.password).sign_in()
    section = section_of(browser, TEST)
    assert "Your Free plan does not include agents." in text_of(section)
    assert "<code>paid_plan_required</code>" in section
    assert 'href="https://calmboard.example/plans"' in section
    assert re.search(
        r"After an upgrade, an agent with all your rights gets \d+ tools\. Until then it gets none\.", text_of(section)
    )
    assert Agent(app, free.new_key("From before")).ask("tools/list").json["error"]["data"]["code"] == "paid_plan_required"


def test_without_a_page_of_plans_the_way_leads_up_the_page(free: TestUser) -> None:
    assert '<a href="#keys">What Pro adds</a>' in section_of(free.sign_in())


@pytest.mark.parametrize("javascript", [True, False])
def test_the_button_shows_the_tools_in_place(page_for: Pages, person: TestUser, javascript: bool) -> None:
    page = page_for(person, javascript=javascript)
    page.goto("/integrations")
    page.get_by_role("button", name="Test connection").click()
    expect(page.locator("#mcp-tested").get_by_role("heading", name="What the test found")).to_be_in_viewport()
    expect(page.locator("#mcp-tested").get_by_role("heading", name="To write")).to_be_visible()
    if javascript:
        expect(page).to_have_url(f"{page_for.url}/integrations")
        expect(page.locator("#live")).to_contain_text("An agent with all your rights gets")
        expect(page.get_by_role("button", name="Test connection")).to_be_focused()
    else:
        expect(page).to_have_url(re.compile(rf"{TEST}\??#mcp-tested$"))


def _opened(path: str) -> Callable[[Page], Any]:
    return lambda page: page.goto(path)


def _tab(slug: str) -> Callable[[Page], Any]:
    def visit(page: Page) -> None:
        page.goto("/integrations")
        page.locator(f'.mcp-tabs input[value="{slug}"]').check()

    return visit


def _test_pressed(page: Page) -> None:
    page.goto("/integrations")
    page.get_by_role("button", name="Test connection").click()
    expect(page.locator("#mcp-tested h3").first).to_be_visible()


def _question(page: Page) -> None:
    page.goto("/integrations")
    page.locator("#connected-apps").get_by_role("link", name="Disconnect").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()


_STATES: dict[str, Callable[[Page], Any]] = {
    "agents": _opened("/integrations"),
    "the test": _test_pressed,
    "the test on a page of its own": _opened(TEST),
    "the question": _question,
    **{f"the tab {slug}": _tab(slug) for slug in ("codex", "gemini", "windsurf", "chatgpt")},
}


@pytest.mark.parametrize("state", _STATES)
def test_no_state_has_barriers(app: Flask, page_for: Pages, person: TestUser, state: str) -> None:
    authorize_agent(
        app, person, name="An agent with a name of many words, such as makers give to what they want to be found"
    ).ask("tools/list")
    Agent(app, person.new_key("Night watch")).ask("tools/list")
    page = page_for(person)
    _STATES[state](page)
    assert find_barriers(page, _LOOKS, without=[] if state == "agents" else ["#examples"]) == {}


@pytest.mark.parametrize("plan", ["pro", "free"])
def test_the_section_without_agents_has_no_barriers(page_for: Pages, new_user: Callable[..., TestUser], plan: str) -> None:
    page = page_for(new_user(plan=plan))
    _test_pressed(page)
    assert find_barriers(page, _LOOKS, without=["#examples"]) == {}
