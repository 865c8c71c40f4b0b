"""The MCP Inspector, the tool with which people look at a server before they trust it: each of its methods in each era."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.clients.node import find_module, find_node, run_with_visitor
from tests.support.clients.visitor import Visitor
from tests.support.servers.programs import free_port
from tests.support.servers.server import Server
from tests.support.users import TestUser

ERAS = ["modern", "auto", "legacy"]
EXIT_LOGIN_REQUIRED = 3
_TIMEOUT_S = 60
# It asks a person only at a terminal.
_AT_A_TERMINAL = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))"

pytestmark = [
    pytest.mark.judge,
    pytest.mark.database("sqlite"),
    pytest.mark.compatibility(
        "MCP Inspector", "MCP: each of its methods, signing in, load", pin="@modelcontextprotocol/inspector"
    ),
]


class Inspector:
    def __init__(self, url: str, home_directory: Path, key: str | None) -> None:
        self._home_directory = home_directory
        launcher = find_module("@modelcontextprotocol/inspector/clients/launcher/build/index.js")
        self.command = [find_node(), launcher, "--cli", f"{url}/mcp", "--transport=http", "--format=json"]
        self.command += ["--header", f"Authorization: Bearer {key}"] if key else []

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "HOME": str(self._home_directory)}
        return subprocess.run(
            [*self.command, *words], env=environment, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
        )

    def result(self, era: str, method: str, *words: str) -> dict[str, Any]:
        ended = self.run(f"--protocol-era={era}", f"--method={method}", *words)
        assert (ended.returncode, ended.stderr) == (0, "")
        result: dict[str, Any] = json.loads(ended.stdout)["result"]
        return result


@pytest.fixture(scope="module")
def inspector(server: Server, owner: TestUser, tmp_path_factory: pytest.TempPathFactory) -> Inspector:
    return Inspector(server.url, tmp_path_factory.mktemp("inspector"), owner.key)


@pytest.mark.parametrize("era", ERAS)
def test_it_connects(inspector: Inspector, era: str) -> None:
    result = inspector.result(era, "initialize")
    assert result["serverInfo"]["name"] == "calmboard"
    assert result["protocolVersion"] == ("2025-11-25" if era == "legacy" else "2026-07-28")


@pytest.mark.parametrize("era", ERAS)
def test_it_finds_every_tool_portable(inspector: Inspector, era: str) -> None:
    tools = inspector.result(era, "tools/list", "--strict")["tools"]
    assert {"list_projects", "create_task"} <= {tool["name"] for tool in tools}


@pytest.mark.parametrize("era", ERAS)
def test_it_calls_a_tool(inspector: Inspector, era: str) -> None:
    answered = inspector.result(era, "tools/call", "--tool-name=list_projects")
    assert answered["structuredContent"]["projects"]


@pytest.mark.parametrize("era", ERAS)
def test_it_lists_and_reads_resources(inspector: Inspector, era: str, owner: TestUser) -> None:
    listed = inspector.result(era, "resources/list")["resources"]
    board = next(resource for resource in listed if resource["uri"].startswith("calmboard://boards/"))
    (contents,) = inspector.result(era, "resources/read", f"--uri={board['uri']}")["contents"]
    assert board["name"] in contents["text"]


@pytest.mark.parametrize("era", ERAS)
def test_it_lists_and_gets_prompts(inspector: Inspector, era: str, owner: TestUser) -> None:
    names = {prompt["name"] for prompt in inspector.result(era, "prompts/list")["prompts"]}
    assert "stand_up" in names
    got = inspector.result(
        era, "prompts/get", "--prompt-name=stand_up", f"--prompt-args=board={owner.example_project().board_id}"
    )
    assert len(got["messages"]) > 1


def test_it_says_that_a_person_has_to_sign_in(server: Server, tmp_path: Path) -> None:
    ended = Inspector(server.url, tmp_path, None).run("--protocol-era=modern", "--method=tools/list", "--stored-auth-only")
    assert ended.returncode == EXIT_LOGIN_REQUIRED


@pytest.mark.parametrize("era", ERAS)
def test_it_lets_a_person_sign_in(server: Server, new_user: Callable[..., TestUser], tmp_path: Path, era: str) -> None:
    callback = f"http://127.0.0.1:{free_port()}/oauth/callback"
    words = [f"--callback-url={callback}", f"--protocol-era={era}", "--method=tools/list"]
    command = [sys.executable, "-c", _AT_A_TERMINAL, *Inspector(server.url, tmp_path, None).command, *words]
    output = run_with_visitor(command, Visitor(new_user()), tmp_path)
    assert '"list_projects"' in output
    assert '"create_task"' not in output


def test_it_puts_a_load_on_the_server_without_an_error(inspector: Inspector) -> None:
    load = ["--load", "--load-requests=200", "--load-concurrency=4"]
    done = inspector.result("modern", "tools/call", "--tool-name=list_projects", *load)
    assert (done["ok"], done["errors"], done["toolErrors"]) == (200, 0, 0)
