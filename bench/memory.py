"""What the processes of the product hold in memory, at rest and after some thousand mixed requests: `python -m bench.memory`.

Megabytes of PSS: what several processes share counts once, divided among them.
"""

import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from calmboard.settings import read_settings
from tests.api.mcp.tokens import Tokens
from tests.support.servers.programs import free_port, wait_until
from tests.support.servers.server import outside_environment, started
from tests.support.users import DEMO_PASSWORD, TestUser, demo_user
from wsgi import create_app

REQUESTS, CONNECTIONS = 6_000, 16
_SETTLING_S = 5
_TOOL = b'{"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {"name": "list_projects"}}'

Request = tuple[str, str, dict[str, str], bytes | None]


def memory_by_role(pid: int) -> dict[str, float]:
    """The PSS of a process and of all that descend from it, in MB, by what each calls itself: its name, or its command's."""
    found: dict[str, float] = {}
    for process in _family(pid):
        role = _role(process)
        found[role] = round(found.get(role, 0) + _pss_mb(process), 1)
    return found


def _family(pid: int) -> Iterator[Path]:
    process = Path(f"/proc/{pid}")
    yield process
    for children in process.glob("task/*/children"):
        for child in children.read_text().split():
            yield from _family(int(child))


def _role(process: Path) -> str:
    name = (process / "comm").read_text().strip()
    return name if not name.startswith("python") else (process / "cmdline").read_text().replace("\0", " ")[:40].strip()


def _pss_mb(process: Path) -> float:
    [pss] = [line for line in (process / "smaps_rollup").read_text().splitlines() if line.startswith("Pss:")]
    return int(pss.split()[1]) / 1024


@contextmanager
def running_product(environment: dict[str, str], output: Path) -> Iterator[int]:
    """The process id of `flask serve`, which writes to this file."""
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "serve"]
    with output.open("wb") as file, started(command, environment, file.fileno()) as process:
        wait_until(lambda: "Ctrl-C" in output.read_text(), "The product", within_s=60)
        yield process.pid


def requests_of(person: TestUser, origin: str) -> list[Request]:
    app, project = person.app, person.example_project()
    token = Tokens(app).for_resource(person, origin)
    by_key, by_token = person.by_key, {"Authorization": f"Bearer {token}"}
    json_by_key = {**by_key, "Content-Type": "application/json"}
    return [
        ("GET", "/api/v1/projects", by_key, None),
        ("GET", "/api/v1/projects", by_token, None),
        ("GET", f"/api/v1/boards/{project.board_id}/tasks", by_key, None),
        ("GET", f"/api/v1/tasks/{project.task_id}", by_key, None),
        ("POST", f"/api/v1/boards/{project.board_id}/tasks", json_by_key, b'{"title": "Rub"}'),
        ("POST", "/mcp", json_by_key, _TOOL),
        ("GET", "/integrations", person.by_cookie, None),
        ("GET", "/docs/api/tasks", {}, None),
        ("GET", "/api/openapi.json", {}, None),
    ]


def load(port: int, requests: list[Request]) -> None:
    def ask(number: int) -> None:
        connection = HTTPConnection("127.0.0.1", port, timeout=60)
        for turn in range(number, number + REQUESTS // CONNECTIONS):
            method, path, headers, body = requests[turn % len(requests)]
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            answer.read()
            assert answer.status < 400, (method, path, answer.status)
        connection.close()

    with ThreadPoolExecutor(CONNECTIONS) as threads:
        list(threads.map(ask, range(CONNECTIONS)))


def _print(title: str, by_role: dict[str, Any]) -> None:
    shown = ", ".join(f"{role} {mb:.1f}" for role, mb in by_role.items())
    print(f"{title:12} {sum(by_role.values()):6.1f} MB of PSS: {shown}")


def main() -> None:
    with TemporaryDirectory() as directory:
        port = free_port()
        own = {"PORT": str(port), "CALMBOARD_INSTANCE_DIR": directory, "CALMBOARD_DEMO_PASSWORD": DEMO_PASSWORD}
        own |= {"CALMBOARD_RATE_PRO": "1000000/minute"}
        environment = outside_environment() | own
        with running_product(environment, Path(directory) / "output") as pid:
            time.sleep(_SETTLING_S)
            _print("at rest", memory_by_role(pid))
            app = create_app(read_settings(own))
            load(port, requests_of(demo_user(app, "owner"), f"http://127.0.0.1:{port}"))
            _print("after load", memory_by_role(pid))


if __name__ == "__main__":
    main()
