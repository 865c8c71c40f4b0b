"""What everybody else notices of slow and silent clients: `python -m bench.slow_clients`.

The server runs as `serve` starts it, without a proxy. Lists of projects and the sign-in page are asked for on new
connections while nobody holds the server, and two seconds after hundreds began to.
"""

import shutil
import socket
import sys
import time
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from statistics import median, quantiles

import requests

from bench.side_by_side import process_cost
from calmboard.settings import RateLimit
from tests.support.servers.databases import open_databases, settings_for
from tests.support.servers.programs import free_port
from tests.support.servers.run import make_run_dir
from tests.support.servers.server import Server, running_server
from tests.support.users import Api, TestUser, demo_user
from wsgi import create_app

_REQUESTS = 300
_SETTLED_S = 2
_FILE_BYTES = 9 * 1024 * 1024


@dataclass(frozen=True)
class Attack:
    name: str
    addresses: Iterable[str]
    sent: bytes


def main() -> None:
    run_dir = make_run_dir()
    try:
        databases, port = open_databases("sqlite", run_dir, "bench"), free_port()
        settings = replace(
            settings_for(databases.seeded(), databases.directory),
            port=port,
            origin=f"http://127.0.0.1:{port}",
            rates={"pro": RateLimit(10**8, 60), "business": RateLimit(10**8, 60)},
        )
        owner = demo_user(create_app(settings), "owner")
        with running_server(settings, CALMBOARD_TRUSTED_PROXIES="0") as server:
            _report(server, owner)
    finally:
        shutil.rmtree(run_dir, ignore_errors=True)


def _report(server: Server, owner: TestUser) -> None:
    _write("", "list p50", "p99", "page p50", "p99", "MB")
    _measure("nobody", server, owner)
    for attack in _attacks(server, owner):
        with ExitStack() as stack:
            for address in attack.addresses:
                stack.enter_context(_connect(server, address)).sendall(attack.sent)
            time.sleep(_SETTLED_S)
            _measure(attack.name, server, owner)


def _attacks(server: Server, owner: TestUser) -> list[Attack]:
    host = server.url.removeprefix("http://")
    silent = f"POST /sign-in HTTP/1.1\r\nHost: {host}\r\nContent-Length: 1000\r\n\r\na=".encode()
    download = f"GET {_large_file(server, owner)} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {owner.key}\r\n\r\n".encode()
    return [
        Attack("300 silent, one address", ["127.0.0.9"] * 300, silent),
        Attack("300 silent, many addresses", _many(300), silent),
        Attack("3,000 idle", ["127.0.0.9"] * 3000, b""),
        Attack("100 slow readers", _many(100), download),
    ]


def _measure(name: str, server: Server, owner: TestUser) -> None:
    lists = _times_ms(f"{server.url}/api/v1/projects", {"Authorization": f"Bearer {owner.key}"})
    pages = _times_ms(f"{server.url}/sign-in", {})
    figures = (median(lists), quantiles(lists, n=100)[98], median(pages), quantiles(pages, n=100)[98])
    _write(name, *(f"{figure:.1f}" for figure in figures), f"{process_cost.pss_mb(server.process.pid):.0f}")


def _times_ms(url: str, headers: dict[str, str]) -> list[float]:
    times = []
    for _ in range(_REQUESTS):
        started = time.perf_counter()
        requests.get(url, headers={**headers, "Connection": "close"}, timeout=60).raise_for_status()
        times.append((time.perf_counter() - started) * 1000)
    return times


def _connect(server: Server, address: str) -> socket.socket:
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.bind((address, 0))
    connection.connect(("127.0.0.1", int(server.url.rpartition(":")[2])))
    return connection


def _many(number: int) -> list[str]:
    return [f"127.1.{index // 250}.{index % 250 + 1}" for index in range(number)]


def _large_file(server: Server, owner: TestUser) -> str:
    api = Api(owner.app, owner.key)
    project_id = api.get("/projects").json["data"][0]["id"]
    board_id = api.get(f"/projects/{project_id}/boards").json["data"][0]["id"]
    task_id = api.get(f"/boards/{board_id}/tasks").json["data"][0]["id"]
    sent = requests.post(
        f"{server.url}/api/v1/tasks/{task_id}/attachments",
        headers={"Authorization": f"Bearer {owner.key}"},
        files={"file": ("large.bin", b"x" * _FILE_BYTES)},
        timeout=60,
    )
    return f"/api/v1/attachments/{sent.json()['id']}/content"


def _write(name: str, *figures: str) -> None:
    sys.stdout.write(f"{name:28}" + "".join(f"{figure:>10}" for figure in figures) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
