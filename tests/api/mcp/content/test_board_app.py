"""The view of a board, in a real browser: framed as hosts frame it, and given real answers of get_board."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from flask import Flask
from playwright.sync_api import Browser, Frame, Page, expect

from tests.api.mcp.created import create_task
from tests.api.mcp.host import Host
from tests.support.clients.accessibility import find_violations
from tests.support.clients.agent import LEGACY, MODERN, Agent
from tests.support.clients.browser import Pages, Scheme
from tests.support.users import ProjectAndBoard, Seeded, TestUser

URI = "ui://calmboard/board"
ROOT = Path(__file__).parents[4]
COLOUR = re.compile(r"(--[\w-]+): (light-dark\([^;]+\));")
TODAY = datetime.now(UTC).date()
HOSTILE = "<img src=x onerror=\"parent.postMessage('taken', '*')\"><script>alert(1)</script>${7*7} &amp; nothing"

Show = Callable[..., Host]

pytestmark = pytest.mark.database("sqlite")


@pytest.fixture
def someone(new_user: Callable[..., TestUser]) -> TestUser:
    return new_user()


@pytest.fixture
def show(browser: Browser, agent: Agent) -> Iterator[Show]:
    """Show the view in a host, which tells its theme; no view may meet a policy or throw an error."""
    pages = Pages(browser, "http://127.0.0.1")
    (content,) = agent.result("resources/read", {"uri": URI})["contents"]

    def show_in_host(width: int = 1280, scheme: Scheme = "light", **context: Any) -> Host:
        return Host(pages(width=width, scheme=scheme), content["text"], context)

    yield show_in_host
    pages.close()
    assert pages.errors == []


def fill(someone: TestUser, project: ProjectAndBoard) -> None:
    """A board with something in every part of the view."""
    me = [someone.person.id]
    create_task(someone, project, "Paint the wall")
    create_task(someone, project, "Order the glass", state="ready", due_date=str(TODAY - timedelta(days=2)))
    create_task(someone, project, "Measure the mirror", state="in_progress", assignees=me, blocked_reason="No glass yet")
    create_task(someone, project, "Clean the lens", state="review", assignees=me)
    sprint = someone.api.post(f"/boards/{project.board_id}/sprints", json={"name": "First light", "goal": "See a star"}).json
    create_task(someone, project, "Turn the dome", state="done", sprint_id=sprint["id"])
    assert someone.api.post(f"/sprints/{sprint['id']}/start").status_code == 200


def columns(view: Frame) -> dict[str, tuple[str, list[str]]]:
    """The heading of each column, with its count and the titles of its cards."""
    found = {}
    for column in view.locator(".column").all():
        head = column.locator(".column-head")
        found[head.locator("h2").inner_text()] = (head.locator("span").inner_text(), column.locator("h3").all_inner_texts())
    return found


@pytest.mark.parametrize("version", [MODERN, *LEGACY])
def test_the_view_is_handed_out_as_the_tool_says(app: Flask, owner: TestUser, version: str) -> None:
    agent = Agent(app, owner.key, version)
    tools = {tool["name"]: tool for tool in agent.result("tools/list")["tools"]}
    assert tools["get_board"]["_meta"]["ui"]["resourceUri"] == URI
    listed = next(resource for resource in agent.result("resources/list")["resources"] if resource["uri"] == URI)
    (content,) = agent.result("resources/read", {"uri": URI})["contents"]
    assert listed["mimeType"] == content["mimeType"] == "text/html;profile=mcp-app"
    no_domains: dict[str, list[str]] = {
        kind: [] for kind in ("connectDomains", "resourceDomains", "frameDomains", "baseUriDomains")
    }
    assert listed["_meta"] == content["_meta"] == {"ui": {"csp": no_domains, "prefersBorder": True}}


def test_the_view_is_whole_in_itself(agent: Agent) -> None:
    (content,) = agent.result("resources/read", {"uri": URI})["contents"]
    assert content["text"].startswith("<!doctype html>")
    assert re.findall(r"(?:https?:)?//[a-z0-9]|@import|url\(|\bsrc=|\bhref=|innerHTML", content["text"]) == []


def test_the_view_has_the_colours_of_the_pages_which_are_written_once(agent: Agent) -> None:
    (content,) = agent.result("resources/read", {"uri": URI})["contents"]
    of_pages, own = (
        dict(COLOUR.findall((ROOT / file).read_text())) for file in ("static/css/tokens.css", "api/mcp/content/view/board.css")
    )
    shown = dict(COLOUR.findall(content["text"]))
    assert shown.keys() - own.keys() >= {"--canvas", "--ink", "--danger"}
    assert {name: of_pages[name] for name in shown.keys() - own.keys()} | own == shown
    assert not set(of_pages.values()) & set(own.values())


def test_every_value_that_the_view_uses_is_in_it(agent: Agent) -> None:
    (content,) = agent.result("resources/read", {"uri": URI})["contents"]
    used, given = (set(re.findall(form, content["text"])) for form in (r"var\((--[\w-]+)\)", r"(--[\w-]+): "))
    assert used <= given


@pytest.mark.parametrize("person", ["member", "viewer", "outsider"])
def test_whoever_may_read_boards_gets_the_view(app: Flask, person: str, request: Any) -> None:
    assert Agent(app, request.getfixturevalue(person).key).result("resources/read", {"uri": URI})["contents"]


def test_a_key_that_reads_no_boards_is_challenged(app: Flask, someone: TestUser) -> None:
    agent = Agent(app, someone.new_key("Tasks alone", "tasks:read"))
    answer = agent.ask("resources/read", {"uri": URI})
    assert answer.status_code == 403
    assert 'scope="boards:read tasks:read"' in answer.headers["WWW-Authenticate"]
    assert agent.result("resources/list")["resources"] == []


def test_view_and_host_initialize(show: Show) -> None:
    host = show()
    first, second = host.received[:2]
    assert (first["method"], first["params"]["protocolVersion"]) == ("ui/initialize", "2026-01-26")
    assert set(first["params"]) == {"protocolVersion", "appInfo", "appCapabilities"}
    assert second == {"jsonrpc": "2.0", "method": "ui/notifications/initialized", "params": {}}
    assert host.ask("ping")["result"] == host.ask("ui/resource-teardown", 8)["result"] == {}
    assert host.ask("tools/list", 9)["error"]["code"] == -32601
    expect(host.view.get_by_text("Waiting for a board…")).to_be_visible()


def test_a_board_is_drawn_with_everything_in_the_result(
    show: Show, agent: Agent, someone: TestUser, project: ProjectAndBoard
) -> None:
    fill(someone, project)
    host = show()
    view = host.send_result(agent.call("get_board", board_id=project.board_id))
    expect(view.locator("h1")).to_have_text("Telescope")
    assert columns(view) == {
        "Backlog": ("1 task", []),
        "Ready": ("1 task", ["Order the glass"]),
        "In Progress": ("1 task", ["Measure the mirror"]),
        "Review": ("1 task", ["Clean the lens"]),
        "Done": ("1 task", []),
    }
    stuck, late = (view.locator(".card", has_text=title) for title in ("Measure the mirror", "Order the glass"))
    assert " ".join(stuck.inner_text().split()) == "Measure the mirror Blocked No glass yet NH Noor Haddad"
    assert "Late, due" in late.inner_text()
    words, numbers = (view.locator(f".facts {tag}").all_inner_texts() for tag in ("dt", "dd"))
    assert dict(zip(words, numbers, strict=True)) == {"Blocked": "1", "Late": "1", "In review": "1", "With nobody": "1"}
    sprint = view.locator(".sprint").inner_text()
    assert all(words in sprint for words in ("First light", "See a star", "1 of 1 task done"))
    people = view.locator(".people").inner_text().replace("\u00a0", " ")
    assert "2 tasks · 1 in progress · 1 in review · 1 blocked" in people
    assert host.requests == []


def test_the_text_of_the_answer_is_enough(show: Show, app: Flask, someone: TestUser, project: ProjectAndBoard) -> None:
    """Clients of 2025-03-26 get no structured answer."""
    fill(someone, project)
    result = Agent(app, someone.key, "2025-03-26").call("get_board", board_id=project.board_id)
    assert "structuredContent" not in result
    assert columns(show().send_result(result))["Review"] == ("1 task", ["Clean the lens"])


def test_two_people_of_one_name_are_two(
    show: Show, app: Flask, new_user: Callable[..., TestUser], new_project: Callable[..., ProjectAndBoard]
) -> None:
    one, other = new_user(), new_user()
    project = new_project(one, member=other)
    create_task(one, project, "Lift the dome", state="review", assignees=[one.person.id, other.person.id])
    view = show().send_result(Agent(app, one.key).call("get_board", board_id=project.board_id))
    assert view.locator(".card .who li").count() == view.locator(".people li").count() == 2


def test_an_empty_board_is_drawn(show: Show, agent: Agent, project: ProjectAndBoard) -> None:
    view = show().send_result(agent.call("get_board", board_id=project.board_id))
    assert list(columns(view).values()) == [("0 tasks", [])] * 5
    assert view.get_by_text("Nothing here.").count() == 5


def test_what_people_wrote_stays_words(show: Show, agent: Agent, someone: TestUser, project: ProjectAndBoard) -> None:
    create_task(someone, project, HOSTILE, state="review", blocked_reason=HOSTILE, assignees=[someone.person.id])
    someone.api.patch(f"/boards/{project.board_id}", json={"name": HOSTILE[:100]})
    host = show()
    count = len(host.received)
    view = host.send_result(agent.call("get_board", board_id=project.board_id))
    assert view.locator("h3").text_content() == view.locator(".reason").text_content() == HOSTILE
    assert view.locator("h1").text_content() == HOSTILE[:100]
    assert view.locator("img, script:not(body > script), a, iframe").count() == 0
    assert {message["method"] for message in host.received[count:]} <= {"ui/notifications/size-changed"}
    assert host.requests == []


def test_only_messages_of_the_host_are_handled(show: Show, agent: Agent, project: ProjectAndBoard) -> None:
    result = agent.call("get_board", board_id=project.board_id)
    host = show()
    message = {"jsonrpc": "2.0", "method": "ui/notifications/tool-result", "params": result}
    host.view.evaluate(
        "message => new Promise((seen) => { addEventListener('message', seen); postMessage(message, '*') })", message
    )
    expect(host.view.get_by_text("Waiting for a board…")).to_be_visible()


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ({"method": "tool-result", "params": {"isError": True, "content": [{"type": "text", "text": "No <b>"}]}}, "No <b>"),
        ({"method": "tool-result", "params": {"content": [{"type": "text", "text": "[]"}]}}, "This answer holds no board."),
        ({"method": "tool-result", "params": {}}, "This answer holds no board."),
        ({"method": "tool-cancelled", "params": {"reason": "x"}}, "The board was not read: the call was cancelled."),
    ],
)
def test_an_error_is_shown(show: Show, message: dict[str, Any], expected: str) -> None:
    host = show()
    host.send(method=f"ui/notifications/{message['method']}", params=message["params"])
    expect(host.view.locator(".note")).to_have_text(expected)


def test_a_refusal_of_the_tool_is_shown(show: Show, agent: Agent, seeded: Seeded) -> None:
    result = agent.call("get_board", board_id=seeded.owner.board_id)
    assert result["isError"]
    expect(show().send_result(result).locator(".note")).to_have_text(result["content"][0]["text"])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_theme_is_that_of_the_host(show: Show, scheme: Scheme) -> None:
    """Against the browser's own, and again when the person changes it."""
    colours = {"light": "rgb(246, 248, 248)", "dark": "rgb(16, 23, 27)"}
    theme: Scheme = "dark" if scheme == "light" else "light"
    host = show(scheme=scheme, theme=theme, styles={"variables": {"--font-sans": "Georgia, serif"}})
    body = host.view.locator("body")
    expect(body).to_have_css("background-color", colours[theme])
    expect(body).to_have_css("font-family", "Georgia, serif")
    host.send(method="ui/notifications/host-context-changed", params={"theme": scheme})
    expect(body).to_have_css("background-color", colours[scheme])
    expect(body).to_have_css("font-family", "Georgia, serif")


def test_without_a_word_of_the_host_the_theme_is_that_of_the_browser(show: Show) -> None:
    expect(show(scheme="dark").view.locator("body")).to_have_css("background-color", "rgb(16, 23, 27)")


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_the_view_fits_and_tells_its_height(
    show: Show, agent: Agent, someone: TestUser, project: ProjectAndBoard, width: int
) -> None:
    fill(someone, project)
    create_task(someone, project, "x" * 200, state="review", assignees=[someone.person.id])
    host = show(width=width)
    view = host.send_result(agent.call("get_board", board_id=project.board_id))
    view.wait_for_function("innerHeight === Math.ceil(document.body.getBoundingClientRect().height)")
    assert view.evaluate("[document.documentElement.scrollWidth, innerWidth]") == [width, width]
    tops = {column.evaluate("column => column.offsetTop") for column in view.locator(".column").all()}
    assert len(tops) == (1 if width == 1280 else 5)


def test_a_long_column_opens_with_the_keyboard(show: Show, agent: Agent, someone: TestUser, project: ProjectAndBoard) -> None:
    for number in range(9):
        create_task(someone, project, f"Polish {number}", state="review")
    host = show()
    view = host.send_result(agent.call("get_board", board_id=project.board_id))
    last = view.get_by_text("Polish 8")
    expect(view.locator("summary")).to_be_visible()
    expect(last).to_be_hidden()
    host.page.keyboard.press("Tab")
    expect(view.locator("summary")).to_be_focused()
    host.page.keyboard.press("Enter")
    expect(last).to_be_visible()
    expect(view.locator("summary")).to_have_text("3 more")
    expect(view.locator("summary")).to_be_focused()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_nobody_is_kept_out(
    show: Show, agent: Agent, someone: TestUser, project: ProjectAndBoard, width: int, theme: Scheme
) -> None:
    fill(someone, project)
    view = show(width=width, theme=theme).send_result(agent.call("get_board", board_id=project.board_id))
    assert find_violations(cast("Page", view)) == []
