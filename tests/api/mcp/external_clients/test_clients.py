"""Official clients, of this generation and the one before, at an agent's usual work: in every era, with a key and a token."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.clients.agent import EVERYTHING
from tests.support.clients.frameworks import find_frameworks
from tests.support.clients.node import find_node, run_with_visitor
from tests.support.clients.visitor import Visitor
from tests.support.servers.server import ROOT, Server
from tests.support.users import ProjectAndBoard, TestUser

CLIENTS = Path(__file__).parent
READS = {scope for scope in EVERYTHING if scope.endswith(":read")}
_TRIED = "MCP: lists, reads and writes in each revision it knows, with a key and by OAuth"
ERAS = ["auto", "2026-07-28", "legacy"]

pytestmark = [pytest.mark.judge, pytest.mark.database("sqlite"), pytest.mark.parametrize("credential", ["key", "token"])]


class Careful(Visitor):
    """Somebody who unchecks every scope to change something, until an application requests it a second time."""

    consent_count = 0

    def decide(self, url: str, decision: str = "allow", **choices: Any) -> str:
        self.consent_count += 1
        return super().decide(url, decision, **({"right": []} if self.consent_count == 1 else {}), **choices)


class AgentRun:
    """The work of an agent for somebody who has one project with one board."""

    def __init__(self, url: str, person: TestUser, project: ProjectAndBoard, directory: Path, credential: str) -> None:
        self.url = url
        self._person = person
        self._project = project
        self._directory = directory
        self._credential = credential

    def run(self, *command: str, **environment: str) -> None:
        """Run a program, and check its report."""
        key = {"BEARER": self._person.key} if self._credential == "key" else {}
        output = run_with_visitor(
            [*command, self._project.board_id], Careful(self._person), self._directory, **key, **environment
        )
        report = json.loads(output.splitlines()[-1])
        assert report["projects"] == ["Observatory"]
        assert "Telescope" in report["document"]
        assert report["messages"] > 1
        assert report["task"] == "From an agent"
        self._check_tools(report)

    def _check_tools(self, report: dict[str, Any]) -> None:
        """A key may do everything. A client asks for everything; this person lets it read, until it asks for what it needs."""
        assert {"list_projects", "get_board"} <= set(report["tools"])
        assert ("create_task" in report["tools"]) is (self._credential == "key")
        scopes = [set(scope.split()) - {"offline_access"} for scope in report["requested_scopes"]]
        if self._credential == "token":
            assert scopes[0] == EVERYTHING
            assert scopes[1] >= READS | {"tasks:write"}
        assert len(scopes) == (2 if self._credential == "token" else 0)


@pytest.fixture
def agent_run(
    server: Server,
    new_user: Callable[..., TestUser],
    new_project: Callable[..., ProjectAndBoard],
    tmp_path: Path,
    credential: str,
) -> AgentRun:
    person = new_user()
    return AgentRun(f"{server.url}/mcp", person, new_project(person), tmp_path, credential)


@pytest.mark.compatibility("MCP client for Python", _TRIED, pin="mcp")
@pytest.mark.parametrize("era", ERAS)
def test_the_python_client_does_its_work(agent_run: AgentRun, era: str) -> None:
    agent_run.run(sys.executable, "-m", "tests.api.mcp.external_clients.python_client", agent_run.url, era, PYTHONPATH=str(ROOT))


@pytest.mark.compatibility("MCP client for Python, earlier", _TRIED, pin="mcp", frameworks=True)
def test_the_old_python_client_does_its_work(agent_run: AgentRun) -> None:
    module = "tests.api.mcp.external_clients.old_python_client"
    agent_run.run(find_frameworks(), "-m", module, agent_run.url, PYTHONPATH=str(ROOT))


@pytest.mark.compatibility("MCP client for TypeScript", _TRIED, pin="@modelcontextprotocol/client")
@pytest.mark.parametrize("era", ERAS)
def test_the_typescript_client_does_its_work(agent_run: AgentRun, era: str) -> None:
    agent_run.run(find_node(), str(CLIENTS / "client.mjs"), agent_run.url, era)


@pytest.mark.compatibility("MCP client for TypeScript, earlier", _TRIED, pin="@modelcontextprotocol/sdk")
def test_the_old_typescript_client_does_its_work(agent_run: AgentRun) -> None:
    agent_run.run(find_node(), str(CLIENTS / "old_client.mjs"), agent_run.url)
