"""Server and worker live together: neither outlives the command that started them, and the server needs no worker."""

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


def test_where_the_server_ends_by_itself_all_is_ended_and_it_is_said(product: Process, tmp_path: Path) -> None:
    family = descendants(product.pid)
    os.kill(child(product, "server"), signal.SIGKILL)
    assert product.wait(15) == 1
    wait_until(lambda: not any(is_alive(pid) for pid in family), "The end of all of it")
    assert (tmp_path / "output").read_text().splitlines()[-1].startswith("Error: The server ended by itself")


def test_a_worker_that_ends_by_itself_is_started_again_and_the_site_goes_on(product: Process, port: int, tmp_path: Path) -> None:
    killed = child(product, "worker")
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: "The worker ended by itself" in (tmp_path / "output").read_text(), "What is said of it")
    assert answers(f"http://127.0.0.1:{port}/healthz", product)
    wait_until(lambda: child(product, "worker") not in (0, killed), "The next worker")
    assert "mails wait, and the site goes on" in (tmp_path / "output").read_text()


def test_what_is_killed_takes_its_programs_along_and_leaves_the_port_free(product: Process, port: int, tmp_path: Path) -> None:
    family = descendants(product.pid)
    product.kill()
    product.wait()
    wait_until(lambda: not any(is_alive(pid) for pid in family), "The end of all of it")
    socket.create_server(("127.0.0.1", port)).close()


def test_a_port_that_is_taken_is_said_with_who_took_it(tmp_path: Path, database: Databases, port: int) -> None:
    own = {"PORT": str(port), "CALMBOARD_INSTANCE_DIR": str(tmp_path), "CALMBOARD_DATABASE_URL": database.seeded()}
    with closing(socket.create_server(("127.0.0.1", port))):
        command = [sys.executable, "-m", "flask", "--app", "wsgi", "serve"]
        done = subprocess.run(command, cwd=ROOT, env=outside_environment() | own, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"Error: Port {port} is taken by process {os.getpid()} (" in done.stderr
    assert done.stderr.rstrip().endswith(f"End it, or choose another one, such as PORT={port + 1}.")


def test_what_only_commands_need_is_in_no_process_that_serves() -> None:
    """Migrations alone take 9 MB."""
    code = "import sys, product; print({'alembic', 'flask_migrate', 'calmboard.operations.cli', 'tomllib'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=outside_environment(), capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("set()\n", "")


def child(product: Process, name: str) -> int:
    """Its id; 0 where it is not there."""
    return next((pid for pid in children(product.pid) if name == name_of(pid)), 0)


def descendants(pid: int) -> list[int]:
    return [found for child in children(pid) for found in (child, *descendants(child))]


def children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(word) for task in tasks for word in task.read_text().split()]


def name_of(pid: int) -> str:
    """What it calls itself; empty where it ended meanwhile."""
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def is_alive(pid: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
