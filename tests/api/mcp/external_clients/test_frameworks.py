"""Agent frameworks take our tools by converters of their own, in their strict modes, and call them with everything filled in."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from api.mcp.tools import TOOLS
from tests.support.clients.agent import Agent
from tests.support.clients.frameworks import find_frameworks
from tests.support.clients.node import find_module, find_node
from tests.support.servers.programs import find_program
from tests.support.servers.server import ROOT, Server
from tests.support.users import ProjectAndBoard, TestUser

HERE = Path(__file__).parent
_TIMEOUT_S = 60
_TRIED = "lists, converts strictly, and calls tools with every argument filled in"

pytestmark = [pytest.mark.judge, pytest.mark.database("sqlite")]


def framework(module: str, client: str, pin: str) -> Any:
    return pytest.param(module, marks=pytest.mark.compatibility(client, f"MCP: {_TRIED}", pin=pin), id=module)


@pytest.mark.parametrize(
    "module",
    [
        framework("google_genai", "Google Gen AI SDK for Python", "google-genai"),
        framework("claude", "Anthropic SDK for Python", "anthropic"),
        framework("openai_agents", "OpenAI Agents SDK", "openai-agents"),
        framework("langchain", "LangChain MCP adapters", "langchain-mcp-adapters"),
        framework("pydantic_agent", "Pydantic AI", "pydantic-ai-slim"),
    ],
)
def test_a_python_framework_takes_and_calls_our_tools(work: "Work", module: str) -> None:
    work.run(find_frameworks(), "-m", f"{__package__}.{module}", PYTHONPATH=str(ROOT))


@pytest.mark.compatibility("Vercel AI SDK", f"MCP: {_TRIED}; schemas as Zod has them", pin="ai")
def test_the_sdk_of_vercel_takes_and_calls_our_tools(work: "Work") -> None:
    find_module("@ai-sdk/mcp/package.json")
    work.run(find_node(), str(HERE / "vercel.mjs"))


@pytest.mark.compatibility("Go’s regexp (RE2)", "MCP: compiles every pattern of the tools")
def test_every_pattern_compiles_in_go(owner: TestUser, tmp_path: Path) -> None:
    patterns = sorted(set(_patterns(Agent(owner.app, owner.key).result("tools/list"))))
    assert len(patterns) > 3
    environment = {**os.environ, "GOCACHE": str(tmp_path), "HOME": str(tmp_path)}
    command = [find_program("golang-go", "go"), "run", str(HERE / "patterns.go")]
    ended = subprocess.run(
        command, input=json.dumps(patterns), env=environment, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
    )
    assert (ended.returncode, ended.stdout) == (0, ""), ended.stderr


class Work:
    """A task that has something to lose, and a program that changes its title and nothing else."""

    def __init__(self, url: str, person: TestUser, project: ProjectAndBoard) -> None:
        self._url, self._person, self._board_id = url, person, project.board_id
        sprint = person.api.post(f"/boards/{project.board_id}/sprints", json={"name": "First light"}).json
        values = {"due_date": "2026-12-18", "sprint_id": sprint["id"], "pinned": True, "blocked_reason": "Waits for the glass."}
        self._task = person.api.post(f"/boards/{project.board_id}/tasks", json={"title": "Grind", **values}).json

    def run(self, *command: str, **environment: str) -> None:
        variables = {**os.environ, "BEARER": self._person.key, **environment}
        words = [*command, self._url, self._board_id, self._task["id"]]
        ended = subprocess.run(words, env=variables, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False)
        assert ended.returncode == 0, ended.stderr
        report = json.loads(ended.stdout.splitlines()[-1])
        assert report["tools"] == sorted(tool.name for tool in TOOLS)
        assert report["undescribed"] == []
        assert "Telescope" in report["answers"]["list_projects"]
        self._check_tasks()

    def _check_tasks(self) -> None:
        renamed, added = self._person.api.get(f"/boards/{self._board_id}/tasks").json["data"]
        assert added["title"] == "From a framework"
        changed = {"title": "Renamed by a framework", "updated_at": renamed["updated_at"]}
        assert renamed == {**self._task, **changed}


@pytest.fixture
def work(server: Server, new_user: Callable[..., TestUser], new_project: Callable[..., ProjectAndBoard]) -> Work:
    person = new_user()
    return Work(f"{server.url}/mcp", person, new_project(person))


def _patterns(part: Any) -> list[str]:
    if isinstance(part, list):
        return [pattern for item in part for pattern in _patterns(item)]
    if not isinstance(part, dict):
        return []
    own = [part["pattern"]] if isinstance(part.get("pattern"), str) else []
    return own + [pattern for item in part.values() for pattern in _patterns(item)]
