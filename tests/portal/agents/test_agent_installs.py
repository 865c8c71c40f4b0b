"""How agents are pointed at the MCP server: every link, command and file in the form that the agent's maker documents."""

import base64
import json
import os
import re
import shlex
import subprocess
import tomllib
from collections.abc import Callable
from html import unescape
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from flask import Flask
from playwright.sync_api import expect

from portal.agents.installs import chatgpt, claude_link, installs
from tests.support.clients.browser import Pages
from tests.support.users import TestUser

ENDPOINT = "http://127.0.0.1:8000/mcp"
PUBLIC = "https://calmboard.ai/mcp"
_SECRET = re.compile(r"cb[ckmors]_[0-9A-Za-z]")


@pytest.fixture(scope="module")
def section(owner: TestUser) -> str:
    """The section as somebody with a key sees it."""
    assert owner.key
    page = owner.sign_in().get("/integrations").text
    return page[page.index('<section class="section" id="mcp"') : page.index('<section class="section" id="oauth-metadata"')]


def link_of(section: str, agent: str) -> str:
    found = re.search(rf'<a class="button" href="([^"]+)"[^>]*>Add to {agent}<', section)
    assert found
    return unescape(found[1])


def pasted(section: str, slug: str) -> str:
    """What the copy button of a block copies."""
    found = re.search(rf'<code id="mcp-{slug}">(.*?)</code>', section, re.DOTALL)
    assert found
    return unescape(re.sub(r"<[^>]+>", "", found[1]))


def test_cursor_is_given_its_configuration_in_base64(section: str) -> None:
    link = urlsplit(link_of(section, "Cursor"))
    assert (link.scheme, link.netloc, link.path) == ("cursor", "anysphere.cursor-deeplink", "/mcp/install")
    assert re.fullmatch(r"name=calmboard&config=[A-Za-z0-9%]+", link.query)
    config = parse_qs(link.query)["config"][0]
    assert json.loads(base64.b64decode(config, validate=True)) == {"url": ENDPOINT}


def test_vs_code_is_given_json_as_the_whole_query(section: str) -> None:
    head, _, query = link_of(section, "VS Code").partition("?")
    assert head == "vscode:mcp/install"
    assert re.fullmatch(r"[A-Za-z0-9%._-]+", query)
    assert json.loads(unquote(query)) == {"name": "calmboard", "type": "http", "url": ENDPOINT}


def test_claude_on_the_web_is_given_name_and_address(section: str) -> None:
    assert claude_link(PUBLIC) == (
        "https://claude.ai/customize/connectors?modal=add-custom-connector"
        "&connectorName=CalmBoard&connectorUrl=https%3A%2F%2Fcalmboard.ai%2Fmcp"
    )
    assert parse_qs(urlsplit(link_of(section, "Claude")).query)["connectorUrl"] == [ENDPOINT]


@pytest.mark.parametrize(
    ("slug", "words"),
    [
        ("claude-code", ["claude", "mcp", "add", "--transport", "http", "calmboard", ENDPOINT]),
        ("codex", ["codex", "mcp", "add", "calmboard", "--url", ENDPOINT]),
        ("gemini", ["gemini", "mcp", "add", "--scope", "user", "--transport", "http", "calmboard", ENDPOINT]),
    ],
)
def test_a_command_has_the_words_that_the_agent_takes(section: str, slug: str, words: list[str]) -> None:
    command = pasted(section, slug)
    assert shlex.split(command) == words
    assert "\n" not in command


def test_claude_code_gets_the_key_from_the_shell(section: str) -> None:
    command = pasted(section, "claude-code-key")
    assert shlex.split(command)[-2:] == ["--header", "Authorization: Bearer $CALMBOARD_API_KEY"]
    shown = subprocess.run(
        ["sh", "-c", command.replace("claude ", "printf '%s\\n' ")],
        env={**os.environ, "CALMBOARD_API_KEY": "the-key"},
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    words = ["mcp", "add", "--transport", "http", "calmboard", ENDPOINT, "--header", "Authorization: Bearer the-key"]
    assert shown.stdout.splitlines() == words


def test_codex_is_told_the_name_of_the_variable(section: str) -> None:
    server = {"url": ENDPOINT, "bearer_token_env_var": "CALMBOARD_API_KEY"}
    assert tomllib.loads(pasted(section, "codex-key")) == {"mcp_servers": {"calmboard": server}}


@pytest.mark.parametrize(
    ("slug", "server"),
    [
        ("gemini-key", {"httpUrl": ENDPOINT, "headers": {"Authorization": "Bearer $CALMBOARD_API_KEY"}}),
        ("claude-desktop", {"command": "npx", "args": ["-y", "mcp-remote", ENDPOINT]}),
        (
            "claude-desktop-key",
            {
                "command": "npx",
                "args": ["-y", "mcp-remote", ENDPOINT, "--header", "Authorization:${AUTH}"],
                "env": {"AUTH": "Bearer CALMBOARD_API_KEY"},
            },
        ),
        ("cursor", {"url": ENDPOINT}),
        ("cursor-key", {"url": ENDPOINT, "headers": {"Authorization": "Bearer ${env:CALMBOARD_API_KEY}"}}),
        ("windsurf", {"serverUrl": ENDPOINT}),
        ("windsurf-key", {"serverUrl": ENDPOINT, "headers": {"Authorization": "Bearer ${env:CALMBOARD_API_KEY}"}}),
    ],
)
def test_a_file_names_the_server_by_the_field_that_the_agent_reads(section: str, slug: str, server: object) -> None:
    assert json.loads(pasted(section, slug)) == {"mcpServers": {"calmboard": server}}


def test_vs_code_reads_a_file_of_its_own_form_and_asks_for_the_key(section: str) -> None:
    server = {"type": "http", "url": ENDPOINT}
    assert json.loads(pasted(section, "vs-code")) == {"servers": {"calmboard": server}}
    by_key = json.loads(pasted(section, "vs-code-key"))
    assert by_key["servers"]["calmboard"]["headers"] == {"Authorization": "Bearer ${input:calmboard-key}"}
    assert [(one["id"], one["password"]) for one in by_key["inputs"]] == [("calmboard-key", True)]


@pytest.mark.parametrize(
    ("slug", "path"),
    [("cursor", "~/.cursor/mcp.json"), ("vs-code", ".vscode/mcp.json"), ("claude-desktop", "claude_desktop_config.json")],
)
def test_the_file_of_each_agent_is_named_above_what_goes_into_it(section: str, slug: str, path: str) -> None:
    assert f"<span>{path}</span>" in section[: section.index(f'id="mcp-{slug}"')][-700:]


def test_chatgpt_is_told_in_steps_and_by_address(section: str) -> None:
    assert pasted(section, "chatgpt") == ENDPOINT
    panel = section[section.index("panel-chatgpt") : section.index('id="mcp-chatgpt"')]
    assert panel.count("<li>") == 3
    assert "Developer mode" in panel


def test_nothing_to_press_or_paste_holds_a_secret(section: str) -> None:
    links = [link_of(section, agent) for agent in ("Claude", "Cursor", "VS Code")]
    texts = [unescape(re.sub(r"<[^>]+>", "", text)) for text in re.findall(r"<code id=.*?</code>", section, re.DOTALL)]
    assert len(texts) == 16
    assert [text for text in (*links, *map(unquote, links), *texts) if _SECRET.search(text)] == []


def test_an_address_of_this_machine_is_said_to_be_out_of_reach_of_clouds(section: str) -> None:
    words = re.sub(r"<[^>]+>|\s+", " ", section)
    assert "Claude on the web cannot reach 127.0.0.1:8000" in words
    assert "ChatGPT cannot reach 127.0.0.1:8000" in words
    assert words.count("CALMBOARD_PUBLIC_URL") == 3


def test_a_public_address_is_reached_by_all(make_app: Callable[..., Flask], owner: TestUser) -> None:
    origin = "https://calmboard.ai"
    client = make_app(origin=origin).test_client()
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/sign-in", base_url=origin).text)
    assert token
    form = {"email": owner.email, "password": owner.password, "csrf_token": token[1]}
    client.post("/sign-in", data=form, base_url=origin, headers={"Referer": f"{origin}/sign-in"})
    page = client.get("/integrations", base_url=origin).text
    assert link_of(page, "Claude") == claude_link(PUBLIC)
    assert "CALMBOARD_PUBLIC_URL" not in page
    assert f"It tells agents where to sign in: {origin}." in client.get("/integrations/mcp-test", base_url=origin).text


@pytest.mark.parametrize("endpoint", ["https://10.1.2.3/mcp", "https://board.internal/mcp"])
def test_clouds_do_not_reach_a_network_of_ones_own_and_the_others_may(endpoint: str) -> None:
    assert "your own network" in (chatgpt(endpoint).unreachable_reason or "")
    assert [install.agent for install in installs(endpoint) if install.unreachable_reason] == ["Claude", "ChatGPT"]


@pytest.mark.parametrize("javascript", [True, False])
def test_links_lead_out_of_the_page_and_nothing_stops_them(page_for: Pages, owner: TestUser, javascript: bool) -> None:
    page = page_for(owner, javascript=javascript)
    page.goto("/integrations")
    for agent, scheme in (("Cursor", "cursor://"), ("VS Code", "vscode:")):
        link = page.get_by_role("link", name=f"Add to {agent}", exact=True)
        assert (link.get_attribute("href") or "").startswith(scheme)
        link.click()
        expect(page).to_have_url(f"{page_for.url}/integrations")
    assert [error for error in page_for.errors if "registered handler" not in error] == []
    page_for.errors.clear()


def test_browsers_read_from_the_links_what_agents_do(page_for: Pages, owner: TestUser) -> None:
    page = page_for(owner)
    page.goto("/integrations")
    cursor = page.get_by_role("link", name="Add to Cursor").evaluate("a => atob(new URL(a.href).searchParams.get('config'))")
    vs_code = page.get_by_role("link", name="Add to VS Code").evaluate("a => decodeURIComponent(a.href.split('?')[1])")
    assert json.loads(cursor) == {"url": f"{page_for.url}/mcp"}
    assert json.loads(vs_code) == {"name": "calmboard", "type": "http", "url": f"{page_for.url}/mcp"}


@pytest.mark.parametrize(
    ("agent", "slug"), [("Codex", "codex"), ("Gemini CLI", "gemini"), ("Windsurf", "windsurf"), ("ChatGPT", "chatgpt")]
)
def test_one_agent_is_shown_at_a_time_without_scripts_too(page_for: Pages, owner: TestUser, agent: str, slug: str) -> None:
    page = page_for(owner, javascript=False)
    page.goto("/integrations")
    page.get_by_label(agent, exact=True).check()
    expect(page.locator(".mcp-tabs .panel:visible")).to_have_count(1)
    expect(page.locator(f"#mcp-{slug}")).to_be_visible()
