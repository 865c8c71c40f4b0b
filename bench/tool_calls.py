"""What a tool call costs here and with the official SDK's server, and how agents slow a page down: `python -m bench.tool_calls`.

All servers are one process on the same core and answer the modern protocol with a fixed task on
kept connections. Ours is served by granian as `serve` runs it: it checks a key in the database,
counts it for its rate limit and writes a log line. The SDK's under uvicorn does so too where it is
`checked`, by our own functions in its own middleware; `bare` it neither checks, counts nor logs.
Figures are milliseconds of CPU of the server's whole process tree, of interleaved rounds.
"""

import json
import os
import shutil
import socket
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from typing import Any

from msgspec import Struct

from api.mcp.calls import CallContext
from api.mcp.registry import REGISTRY, tool
from calmboard.operations.serve import server_command
from calmboard.settings import SETTINGS, RateLimit, Settings
from tests.support.servers.databases import open_databases, settings_for
from tests.support.servers.programs import free_port, wait_until
from tests.support.servers.run import make_run_dir
from tests.support.servers.server import answers, environment_of, started
from tests.support.users import SESSION_COOKIE, TestUser, demo_user
from web.serving import ServerApp, serve_app
from wsgi import create_app

ROUNDS = 9
CALLS = 1_000
CONNECTIONS = 4
PAGE_ROUNDS = 15
AT_ONCE = 200
SERVER_CORE, CLIENT_CORE = 0, 1

TASK: dict[str, Any] = {
    "id": "tsk_01m86ffkj1eyt9k86t46h61k8b",
    "title": "Refund partial captures",
    "state": "in_progress",
    "assignees": ["Ana Ruiz", "Noor Haddad"],
    "due_date": "2026-12-18",
    "blocked": False,
    "position": 3,
}
_META = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}


class TaskArguments(Struct, forbid_unknown_fields=True):
    task_id: str


class FixedTask(Struct):
    id: str
    title: str
    state: str
    assignees: list[str]
    due_date: str | None
    blocked: bool
    position: int


@tool("Read the fixed task", effect="reads", scopes=("tasks:read",), takes=TaskArguments, gives=FixedTask)
def read_fixed_task(_call: CallContext, _args: TaskArguments) -> FixedTask:
    """Give the one task."""
    return FixedTask(**TASK)


def create_app_with_fixed_task() -> ServerApp:
    """The app with one more tool, as the server runs it."""
    app = create_app()
    registry = REGISTRY.get(app)
    registry.add(read_fixed_task)
    return serve_app(app, SETTINGS.get(app))


@dataclass
class Case:
    """A call of a server, whose processes have this group."""

    name: str
    group: int
    port: int
    request: bytes
    costs_ms: list[float] = field(default_factory=list)

    def run(self, calls: int) -> float:
        """Milliseconds of CPU for each call, over all connections at once."""
        before_s = _cpu_s(self.group)
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            list(pool.map(self._call, [calls // CONNECTIONS] * CONNECTIONS))
        return (_cpu_s(self.group) - before_s) * 1000 / calls

    def _call(self, times: int) -> None:
        with socket.create_connection(("127.0.0.1", self.port)) as connection:
            for _ in range(times):
                connection.sendall(self.request)
                _assert_result(_answer(connection))


def main() -> None:
    run_dir = make_run_dir()
    os.sched_setaffinity(0, {CLIENT_CORE})
    try:
        databases = open_databases("sqlite", run_dir, "bench")
        settings = replace(
            settings_for(databases.seeded(), databases.directory),
            rates={"pro": RateLimit(10**8, 60), "business": RateLimit(10**8, 60)},
        )
        owner = demo_user(create_app(settings), "owner")
        _report_calls(_measure_calls(settings, owner.key))
        _report_page(*_measure_page(settings, owner))
    finally:
        shutil.rmtree(run_dir, ignore_errors=True)


def _measure_calls(settings: Settings, key: str) -> list[Case]:
    with ExitStack() as running:
        port, checked_port, bare_port = free_port(), free_port(), free_port()
        group = running.enter_context(_our_server(settings, port, workers=1, cores={SERVER_CORE}))
        checked = running.enter_context(_sdk_server(settings, checked_port, "checked"))
        bare = running.enter_context(_sdk_server(settings, bare_port, "bare", "--no-access-log"))
        fixed: dict[str, Any] = {"name": "read_fixed_task", "arguments": {"task_id": TASK["id"]}}
        product: dict[str, Any] = {"name": "list_projects", "arguments": {}}
        cases = [
            Case("ours, fixed task", group, port, _request(port, "tools/call", fixed, key)),
            Case("SDK checked, the same", checked, checked_port, _request(checked_port, "tools/call", fixed, key)),
            Case("SDK bare, the same", bare, bare_port, _request(bare_port, "tools/call", fixed)),
            Case("ours, list_projects", group, port, _request(port, "tools/call", product, key)),
            Case("ours, tools/list", group, port, _request(port, "tools/list", {}, key)),
        ]
        for case in cases:
            case.run(CALLS // 2)
        for _ in range(ROUNDS):
            for case in cases:
                case.costs_ms.append(case.run(CALLS))
        return cases


@contextmanager
def _our_server(settings: Settings, port: int, workers: int, cores: set[int]) -> Iterator[int]:
    """Our server, with the threads that `serve` gives each process."""
    served = replace(settings, port=port, origin=f"http://127.0.0.1:{port}")
    command = server_command(served, "bench.tool_calls:create_app_with_fixed_task", workers)
    with _pinned(command, environment_of(served), cores, settings.instance_dir / f"ours-{port}.log") as process:
        wait_until(lambda: answers(f"http://127.0.0.1:{port}/healthz", process), "Our server")
        yield process.pid


@contextmanager
def _sdk_server(settings: Settings, port: int, factory: str, *options: str) -> Iterator[int]:
    command = [sys.executable, "-m", "uvicorn", "--factory", f"bench.sdk.server:{factory}", "--host=127.0.0.1"]
    command += [f"--port={port}", *options]
    environment = environment_of(replace(settings, port=port, origin=f"http://127.0.0.1:{port}"))
    with _pinned(command, environment, {SERVER_CORE}, settings.instance_dir / f"sdk-{factory}.log") as process:
        wait_until(lambda: _listens(port), "The SDK's server", within_s=60)
        yield process.pid


@contextmanager
def _pinned(command: list[str], environment: Any, cores: set[int], log_file: Path) -> Iterator[Any]:
    command = ["taskset", "--cpu-list", ",".join(map(str, cores)), *command]
    with log_file.open("wb") as log, started(command, environment, log.fileno()) as process:
        yield process


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _request(port: int, method: str, params: dict[str, Any], key: str | None = None) -> bytes:
    """The bytes of a call."""
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": {**params, "_meta": _META}})
    headers = {
        "Host": f"127.0.0.1:{port}",
        "Accept": "application/json, text/event-stream",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "MCP-Protocol-Version": "2026-07-28",
        "Mcp-Method": method,
        **({"Mcp-Name": params["name"]} if "name" in params else {}),
        **({"Authorization": f"Bearer {key}"} if key else {}),
    }
    lines = [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(["POST /mcp HTTP/1.1", *lines, "", body]).encode()


def _answer(connection: socket.socket) -> bytes:
    """The whole answer; both servers say how long it is."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += _receive(connection)
    head, _, _ = received.partition(b"\r\n\r\n")
    length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    while len(received) < len(head) + 4 + length:
        received += _receive(connection)
    return received


def _receive(connection: socket.socket) -> bytes:
    part = connection.recv(65536)
    if not part:
        raise ConnectionError("the server hung up")
    return part


def _assert_result(answer: bytes) -> None:
    assert answer.startswith(b"HTTP/1.1 200"), answer
    assert b'"result"' in answer, answer


def _cpu_s(group: int) -> float:
    """Seconds of CPU of a group of processes, of threads that ended too."""
    ticks = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if os.getpgid(int(process.name)) == group:
                ticks += sum(map(int, (process / "stat").read_text().rpartition(")")[2].split()[11:13]))
        except (ProcessLookupError, FileNotFoundError):
            continue
    return ticks / os.sysconf("SC_CLK_TCK")


def _measure_page(settings: Settings, owner: TestUser) -> tuple[list[float], list[float], list[float]]:
    """Milliseconds of the page alone, of the page during a burst of agents, and of that whole burst."""
    port, cookie = free_port(), owner.session_cookie
    idle, during, burst = [], [], []
    with _our_server(settings, port, workers=2, cores={SERVER_CORE, CLIENT_CORE}):
        request = _request(port, "tools/list", {}, owner.key)
        page = HTTPConnection("127.0.0.1", port)
        _open(page, cookie)
        for _ in range(PAGE_ROUNDS):
            idle.append(_open(page, cookie))
            with ExitStack() as stack:
                agents = [stack.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(AT_ONCE)]
                started_at_s = time.perf_counter()
                for agent in agents:
                    agent.sendall(request)
                during.append(_open(page, cookie))
                for agent in agents:
                    _assert_result(_answer(agent))
                burst.append((time.perf_counter() - started_at_s) * 1000)
    return idle, during, burst


def _open(page: HTTPConnection, cookie: str) -> float:
    started_at_s = time.perf_counter()
    page.request("GET", "/integrations", headers={"Cookie": f"{SESSION_COOKIE}={cookie}"})
    answer = page.getresponse()
    answer.read()
    assert answer.status == 200
    return (time.perf_counter() - started_at_s) * 1000


def _report_calls(cases: list[Case]) -> None:
    print(f"\n{'CPU of a call':<22}{'median ms':>12}{'least ms':>12}")
    for case in cases:
        print(f"{case.name:<22}{median(case.costs_ms):>12.3f}{min(case.costs_ms):>12.3f}")
    ours, *theirs = (case.costs_ms for case in cases[:3])
    for name, costs_ms in zip(("ours to checked", "ours to bare"), theirs, strict=True):
        print(f"{name:<22}{median(ours) / median(costs_ms):>12.2f}{min(ours) / min(costs_ms):>12.2f}")


def _report_page(idle: list[float], during: list[float], burst: list[float]) -> None:
    print(f"\n{f'{AT_ONCE} tools/list at once':<22}{'median ms':>12}")
    for name, times_ms in (("page, idle", idle), ("page, in the burst", during), ("the whole burst", burst)):
        print(f"{name:<22}{median(times_ms):>12.1f}")
    print(f"{'in the burst to idle':<22}{median(during) / median(idle):>12.1f}")


if __name__ == "__main__":
    main()
