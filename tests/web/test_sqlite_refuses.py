"""A full disk, and a database that another program holds: what cannot be saved is refused with the reason, all else goes on."""

import resource
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import requests

from calmboard.settings import Settings
from tests.support.servers.databases import Databases
from tests.support.servers.programs import free_port, not_run, wait_until
from tests.support.servers.server import Server, running_server
from tests.support.users import TestUser, add_project_and_board, add_user
from tests.web.test_log_gone import lost
from wsgi import create_app

pytestmark = [pytest.mark.database("sqlite"), pytest.mark.processes]

_WITHIN_S, _ALIVE_WITHIN_S = 10, 1
_MIB = 1024 * 1024


@dataclass(frozen=True)
class Stored:
    """A server, the directory of its database and files, and a person with a task."""

    server: Server
    directory: Path
    person: TestUser
    board_id: str
    task_id: str

    def read(self) -> list[int]:
        """A list, a page and an unknown address."""
        by_key, by_cookie = self.person.by_key, self.person.by_cookie
        requested = [("/api/v1/projects", by_key), ("/integrations", by_cookie), ("/nowhere", by_cookie)]
        return [self._get(path, headers).status_code for path, headers in requested]

    def write(self) -> requests.Response:
        return requests.post(
            f"{self.server}/api/v1/projects", json={"name": "New"}, headers=self.person.by_key, timeout=_WITHIN_S
        )

    def write_in_batch(self) -> list[int]:
        """The codes of a batch of an agent's calls: a write, and one that needs no database."""
        params = {"name": "create_task", "arguments": {"board_id": self.board_id, "title": "New"}}
        batch: Any = [
            {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params},
            {"jsonrpc": "2.0", "id": 2, "method": "ping"},
        ]
        headers = {**self.person.by_key, "MCP-Protocol-Version": "2025-03-26"}
        answer = requests.post(f"{self.server}/mcp", json=batch, headers=headers, timeout=_WITHIN_S)
        return [frame.get("error", {}).get("code", 200) for frame in answer.json()]

    def upload(self) -> requests.Response:
        files = {"file": ("picture.bin", b"x" * _MIB)}
        path = f"/api/v1/tasks/{self.task_id}/attachments"
        return requests.post(f"{self.server}{path}", files=files, headers=self.person.by_key, timeout=_WITHIN_S)

    def readiness(self) -> requests.Response:
        return self._get("/readyz", {})

    def is_ready(self) -> bool:
        return self.readiness().status_code == 200

    def is_alive(self) -> bool:
        return requests.get(f"{self.server}/healthz", timeout=_ALIVE_WITHIN_S).text == "ok\n"

    def _get(self, path: str, headers: dict[str, str]) -> requests.Response:
        return requests.get(f"{self.server}{path}", headers=headers, timeout=_WITHIN_S)


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A disk of 16 MiB."""
    directory = tmp_path_factory.mktemp("disk")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(directory)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        not_run("A disk of its own is mounted for this test, which only root may do")
    yield directory
    subprocess.run(["umount", "--lazy", str(directory)], check=True)


@pytest.fixture(scope="module")
def stored(disk: Path, settings: Settings, database: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stored]:
    path, port = disk / "calmboard.db", free_port()
    with closing(sqlite3.connect(database.seeded().removeprefix("sqlite:///"))) as seeded, closing(sqlite3.connect(path)) as own:
        seeded.backup(own)
    origin, instance_dir = f"http://127.0.0.1:{port}", tmp_path_factory.mktemp("stored")
    own_settings = replace(settings, origin=origin, port=port, database_url=f"sqlite:///{path}", instance_dir=instance_dir)
    app = create_app(own_settings)
    person = add_user(app)
    board_id = add_project_and_board(app, person).board_id
    task_id = person.api.post(f"/boards/{board_id}/tasks", json={"title": "A picture"}).json["id"]
    assert person.session_cookie
    with running_server(own_settings, CALMBOARD_FILES_DIR=str(disk / "files")) as server:
        yield Stored(server, disk, person, board_id, task_id)


@contextmanager
def full_disk(stored: Stored) -> Iterator[None]:
    filler = stored.directory / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        for size in (_MIB, 1024, 1):
            with suppress(OSError):
                while True:
                    file.write(bytes(size))
    try:
        yield
    finally:
        filler.unlink()


@contextmanager
def spent_quota(stored: Stored) -> Iterator[None]:
    """No process of the server may make a file any longer, its log included; needs no privilege."""
    main = stored.server.process.pid
    children = map(int, Path(f"/proc/{main}/task/{main}/children").read_text().split())
    before = {process: resource.prlimit(process, resource.RLIMIT_FSIZE) for process in (main, *children)}
    for process, (_, hard) in before.items():
        resource.prlimit(process, resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        for process, limits in before.items():
            resource.prlimit(process, resource.RLIMIT_FSIZE, limits)


@pytest.mark.parametrize("trouble", [full_disk, spent_quota], ids=["disk", "quota"])
def test_a_full_disk_refuses_what_it_cannot_save(
    stored: Stored, trouble: Callable[[Stored], AbstractContextManager[None]]
) -> None:
    lost_before = lost(str(stored.server))
    with trouble(stored):
        wait_until(lambda: {stored.is_ready() for _ in range(8)} == {False}, "Each worker")
        for refused in (stored.upload(), stored.write(), stored.readiness()):
            assert (refused.status_code, refused.headers.get("Retry-After")) == (503, "5"), refused.text
            assert "full" in refused.text
        assert stored.read() == [200, 200, 404]
        assert stored.is_alive()
    wait_until(stored.is_ready, "The server")
    assert (stored.upload().status_code, stored.write().status_code) == (201, 201)
    assert (lost(str(stored.server)) > lost_before) == (trouble is spent_quota)


@pytest.mark.deep
def test_another_program_that_holds_the_database_holds_nobody(stored: Stored) -> None:
    wait_until(stored.is_ready, "The server")
    with closing(sqlite3.connect(stored.directory / "calmboard.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with ThreadPoolExecutor(21) as threads:
            in_batch = threads.submit(stored.write_in_batch)
            written = [threads.submit(stored.write) for _ in range(20)]
            assert stored.read() == [200, 200, 404]
            while not all(future.done() for future in written):
                assert stored.is_alive()
        assert {(future.result().status_code, "Another program holds" in future.result().text) for future in written} == {
            (503, True)
        }
        assert in_batch.result() == [503, 200]
        other.execute("ROLLBACK")
    wait_until(stored.is_ready, "The server")
    assert stored.write().status_code == 201
