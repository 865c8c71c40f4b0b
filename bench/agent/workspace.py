"""A checkout of CalmBoard that is served, and a board with forty tasks on it for each job."""

import json
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from tests.support.servers.programs import free_port, wait_until
from tests.support.servers.server import answers, outside_environment, stop

TODAY = date.today()  # noqa: DTZ011 -- the day of whoever asks
BOARD = "Relaunch"
_STATES = ("backlog", "ready", "in_progress", "review", "done")
_META = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}


def day(offset: int) -> str:
    return str(TODAY + timedelta(days=offset))


@dataclass
class Agent:
    """Calls tools with a key, and counts the calls and the bytes of their bodies both ways."""

    origin: str
    key: str
    calls: int = 0
    sent_and_received: int = 0

    def call(self, tool: str, /, **arguments: Any) -> Any:
        params = {"name": tool, "arguments": arguments, "_meta": _META}
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}, separators=(",", ":")).encode()
        headers = {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": tool}
        if tool == "get_report":
            headers["Mcp-Param-Board"] = arguments["board_id"]
        answer = self._send("/mcp", body, headers)
        self.calls += 1
        self.sent_and_received += len(body) + len(answer)
        result = json.loads(answer)["result"]
        if result["isError"]:
            raise RuntimeError(f"{tool}: {result['content'][0]['text']}")
        return result["structuredContent"]

    def api(self, method: str, path: str, body: Any = None) -> Any:
        """A request of the REST API, which is not counted: it prepares the board."""
        raw = b"" if body is None else json.dumps(body).encode()
        answer = self._send(f"/api/v1{path}", raw, {}, method)
        return json.loads(answer) if answer else None

    def _send(self, path: str, body: bytes, headers: dict[str, str], method: str = "POST") -> bytes:
        all_headers = {**headers, "Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.origin}{path}", body or None, all_headers, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            content: bytes = answer.read()
            return content


@contextmanager
def served(checkout: Path, directory: Path) -> Iterator[Agent]:
    """Serve a checkout with the demo people of its own, in an empty directory; yields an agent of the owner's."""
    directory.mkdir(parents=True)
    port = free_port()
    environment = outside_environment() | {
        "PORT": str(port),
        "CALMBOARD_INSTANCE_DIR": str(directory),
        "CALMBOARD_RATE_PRO": "1000000/minute",
        "CALMBOARD_DEMO_PASSWORD": "quiet-harbour-seven-lanterns",
    }
    key = _seeded(checkout, environment)
    python = str(checkout / ".venv" / "bin" / "python")
    command = [python, "-m", "granian", "--interface=wsgi", "--factory", f"--port={port}", "wsgi:create_app"]
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=checkout, env=environment, stdout=log, stderr=log, start_new_session=True)
        try:
            wait_until(lambda: answers(f"http://127.0.0.1:{port}/healthz", process), "The server")
            yield Agent(f"http://127.0.0.1:{port}", key)
        finally:
            stop(process)


def _seeded(checkout: Path, environment: dict[str, str]) -> str:
    """Fill the checkout's database; gives a key of the owner's."""
    flask = [str(checkout / ".venv" / "bin" / "flask"), "--app", "wsgi"]
    commands = (("db", "upgrade"), ("seed",), ("keys", "issue", "owner@calmboard.test", "--name", "bench"))
    for words in commands:
        done = subprocess.run([*flask, *words], cwd=checkout, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip().splitlines()[-1]


@contextmanager
def prepared_board(agent: Agent) -> Iterator[list[str]]:
    """A board in the seeded project Payments; yields the ids of its tasks, in the order in which they were created."""
    project = next(one for one in agent.api("GET", "/projects")["data"] if one["name"] == "Payments")["id"]
    people = [one["id"] for one in agent.api("GET", f"/projects/{project}/members")["data"]][:3]
    labels = {one["name"]: one["id"] for one in agent.api("GET", f"/projects/{project}/labels")["data"]}
    for name in ("bug", "urgent", "bank"):
        if name not in labels:
            labels[name] = agent.api("POST", f"/projects/{project}/labels", {"name": name})["id"]
    board = agent.api("POST", f"/projects/{project}/boards", {"name": BOARD})["id"]
    sprints = [agent.api("POST", f"/boards/{board}/sprints", {"name": name})["id"] for name in ("Sprint 12", "Sprint 13")]
    agent.api("POST", f"/sprints/{sprints[0]}/start")
    tasks = [_task(number, people, labels, sprints[0]) for number in range(40)]
    created = agent.api(
        "POST", "/tasks/bulk", {"operations": [{"op": "create", "board_id": board, "task": task} for task in tasks]}
    )
    try:
        yield [result["task"]["id"] for result in created["results"]]
    finally:
        agent.api("DELETE", f"/boards/{board}")


def _task(number: int, people: list[str], labels: dict[str, str], sprint_id: str) -> dict[str, Any]:
    """One of forty: eight in each column, of which some are late, blocked, labelled, planned, or with nobody."""
    state = _STATES[number % 5]
    task: dict[str, Any] = {"title": f"Check step {number} of the new checkout", "state": state, "description": "As agreed."}
    if number % 4:
        task["assignees"] = [people[number % len(people)]]
    if number % 3:
        task["due_date"] = day(number - 20)
    names = ["bug"] * (number % 4 == 0) + ["bank"] * (number % 10 == 2)
    if names:
        task["labels"] = [labels[name] for name in names]
    if number % 10 == 2:
        task |= {"blocked": True, "blocked_reason": "Waits for the bank."}
    return {**task, "sprint_id": sprint_id} if state in ("in_progress", "review") or number % 7 == 0 else task
