"""Server and worker live together: neither outlives the other, nor the command that started them."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.servers.databases import Databases
from tests.support.servers.programs import free_port, wait_until
from tests.support.servers.server import ROOT, answers, outside_environment, stop

Process = subprocess.Popen[bytes]


@pytest.fixture
def port() -> int:
    return free_port()


pytestmark = [pytest.mark.processes, pytest.mark.database("sqlite")]


@pytest.fixture
def product(tmp_path: Path, database: Databases, port: int) -> Iterator[Process]:
    """The product, running and answering; its output goes to a file."""
    own = {"PORT": str(port), "CALMBOARD_INSTANCE_DIR": str(tmp_path / "instance"), "CALMBOARD_DATABASE_URL": database.seeded()}
    environment = outside_environment() | own
    with (tmp_path / "output").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "flask", "--app", "wsgi", "serve"], cwd=ROOT, env=environment, stdout=output, stderr=output
        )
    try:
        wait_until(lambda: answers(f"http://127.0.0.1:{port}/readyz", process), "The product", within_s=60)
        yield process
    finally:
        stop(process)


def test_closing_the_terminal_ends_all_of_it_and_is_no_failure(product: Process, port: int) -> None:
    with closing(socket.create_connection(("127.0.0.1", port))):  # a browser that keeps its connection
        family = descendants(product.pid)
        product.send_signal(signal.SIGHUP)
        assert product.wait(15) == 0
    assert len(family) >= 4
    assert [pid for pid in family if is_alive(pid)] == []


@pytest.mark.parametrize("name", ["granian", "worker.py"])
def test_where_one_ends_by_itself_the_other_is_ended_and_it_is_said(product: Process, tmp_path: Path, name: str) -> None:
    family = descendants(product.pid)
    os.kill(next(pid for pid in children(product.pid) if name in command_of(pid)), signal.SIGKILL)
    assert product.wait(15) == 1
    assert [pid for pid in family if is_alive(pid)] == []
    last = (tmp_path / "output").read_text().splitlines()[-1]
    assert last.startswith(f"Error: The {'server' if name == 'granian' else 'worker'} ended by itself")


def descendants(pid: int) -> list[int]:
    return [found for child in children(pid) for found in (child, *descendants(child))]


def children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(word) for task in tasks for word in task.read_text().split()]


def command_of(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")


def is_alive(pid: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
