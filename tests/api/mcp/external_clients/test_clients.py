"""Official clients, of this generation and the one before, at an agent's usual work: in every era, with a key and a token."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.api.mcp.external_clients.old_python import old_python_path
from tests.support.agent import EVERYTHING
from tests.support.node import find_node, run_asking
from tests.support.server import ROOT, Server
from tests.support.users import ProjectAndBoard, TestUser
from tests.support.visitor import Visitor

CLIENTS = Path(__file__).parent
READS = {scope for scope in EVERYTHING if scope.endswith(":read")}
ERAS = ["auto", "2026-07-28", "legacy"]

pytestmark = [pytest.mark.database("sqlite"), pytest.mark.parametrize("credential", ["key", "token"])]


class Careful(Visitor):
    """Somebody who unticks every right to change something, until an application asks a second time."""

    asked = 0

    def decide(self, url: str, decision: str = "allow", **choices: Any) -> str:
        self.asked += 1
        return super().decide(url, decision, **({"right": []} if self.asked == 1 else {}), **choices)


class Job:
    """The work of an agent for somebody who has one project with one board."""

    def __init__(self, url: str, person: TestUser, place: ProjectAndBoard, directory: Path, credential: str) -> None:
        self.url = url
        self._person = person
        self._place = place
        self._directory = directory
        self._credential = credential

    def do_by(self, *command: str, **environment: str) -> None:
        """Let a program do it, and look at what it got."""
        key = {"BEARER": self._person.key} if self._credential == "key" else {}
        said = run_asking([*command, self._place.board_id], Careful(self._person), self._directory, **key, **environment)
        got = json.loads(said.splitlines()[-1])
        assert got["projects"] == ["Observatory"]
        assert "Telescope" in got["document"]
        assert got["messages"] > 1
        assert got["task"] == "From an agent"
        self._need_listed(got)

    def _need_listed(self, got: dict[str, Any]) -> None:
        """A key may do everything. A client asks for everything; this person lets it read, until it asks for what it needs."""
        assert {"list_projects", "get_board"} <= set(got["tools"])
        assert ("create_task" in got["tools"]) is (self._credential == "key")
        asked = [set(scope.split()) - {"offline_access"} for scope in got["asked"]]
        if self._credential == "token":
            assert asked[0] == EVERYTHING
            assert asked[1] >= READS | {"tasks:write"}
        assert len(asked) == (2 if self._credential == "token" else 0)


@pytest.fixture
def job(
    server: Server,
    new_user: Callable[..., TestUser],
    new_project: Callable[..., ProjectAndBoard],
    tmp_path: Path,
    credential: str,
) -> Job:
    person = new_user()
    return Job(f"{server.url}/mcp", person, new_project(person), tmp_path, credential)


@pytest.mark.parametrize("era", ERAS)
def test_the_python_client_does_its_work(job: Job, era: str) -> None:
    job.do_by(sys.executable, "-m", "tests.api.mcp.external_clients.python_client", job.url, era, PYTHONPATH=str(ROOT))


def test_the_old_python_client_does_its_work(job: Job) -> None:
    path = f"{old_python_path()}:{ROOT}"
    job.do_by(sys.executable, "-m", "tests.api.mcp.external_clients.old_python_client", job.url, PYTHONPATH=path)


@pytest.mark.parametrize("era", ERAS)
def test_the_typescript_client_does_its_work(job: Job, era: str) -> None:
    job.do_by(find_node(), str(CLIENTS / "client.mjs"), job.url, era)


def test_the_old_typescript_client_does_its_work(job: Job) -> None:
    job.do_by(find_node(), str(CLIENTS / "old_client.mjs"), job.url)
