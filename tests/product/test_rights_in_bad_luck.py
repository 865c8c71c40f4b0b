"""Rights while something else goes wrong: a right answer or 503, and never an answer by rights that are gone."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask

from calmboard.settings import Settings
from tests.support.clients.crowd import asking
from tests.support.servers.gate import Gate, running_gate
from tests.support.servers.programs import free_port
from tests.support.servers.server import ROOT, Server, environment_of, running_server
from tests.support.watched import EVERYTHING, Watched, add_watched, refused, require_nothing_old, require_recovery

pytestmark = pytest.mark.processes

_PAUSED = EVERYTHING | {"key": refused("api_key_paused")}


@pytest.fixture(scope="module")
def gate(redis_url: str) -> Iterator[Gate]:
    """In front of the Redis that counts for the hosts."""
    with running_gate(urlsplit(redis_url).port or 0) as gate:
        yield gate


@pytest.fixture(scope="module")
def hosts(settings: Settings, gate: Gate, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Server]]:
    """Two servers that share database and Redis alone; SQLite has one host."""
    number = 1 if settings.database_url.startswith("sqlite") else 2
    all_settings = [at_free_port(settings, tmp_path_factory.mktemp("host")) for _ in range(number)]
    with ExitStack() as stack, ThreadPoolExecutor(number) as threads:
        starting = [running_server(each, CALMBOARD_RATE_STORAGE_URL=gate.url) for each in all_settings]
        yield list(threads.map(stack.enter_context, starting))


@pytest.fixture
def watched(make_app: Callable[..., Flask], hosts: list[Server], gate: Gate) -> Iterator[Watched]:
    """Somebody whose rights are changed by another process of the first host."""
    gate.open()
    yield add_watched(make_app(instance_dir=hosts[0].log_file.parent, rate_storage_url=gate.url), hosts[0].url)
    gate.open()


def at_free_port(settings: Settings, instance_dir: Path) -> Settings:
    port = free_port()
    return replace(settings, port=port, origin=f"http://127.0.0.1:{port}", instance_dir=instance_dir)


def put_on_plan(plan: str, watched: Watched, settings: Settings) -> None:
    """As an operator does, whose command is a process that starts then."""
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "people", "plan", watched.person.email, plan]
    subprocess.run(command, cwd=ROOT, env=environment_of(settings), check=True, stdout=subprocess.DEVNULL)


def test_a_change_while_redis_is_slow(hosts: list[Server], gate: Gate, watched: Watched) -> None:
    with asking(hosts[0].url, watched.calls) as crowd:
        gate.delay_s = 0.05
        crowd.change(watched.pause_key)
        require_nothing_old(crowd, _PAUSED)
        gate.open()
        crowd.change(watched.resume_key)
        require_recovery(crowd, EVERYTHING)


def test_a_change_while_redis_is_gone(hosts: list[Server], gate: Gate, watched: Watched) -> None:
    with asking(hosts[0].url, watched.calls) as crowd:
        assert crowd.seen() == EVERYTHING
        gate.shut()
        crowd.change(watched.pause_key)
        require_nothing_old(crowd, _PAUSED)
        crowd.change(gate.open)
        require_recovery(crowd, _PAUSED)


@pytest.mark.database("postgresql")
def test_on_another_host_a_change_applies_within_a_second(hosts: list[Server], watched: Watched) -> None:
    with asking(hosts[1].url, watched.calls_by_key) as crowd:
        assert crowd.seen() == {"key": EVERYTHING["key"]}
        crowd.change(watched.pause_key)
        time.sleep(1)
        crowd.change(lambda: None)
        assert crowd.seen() == {"key": _PAUSED["key"]}


def test_a_change_after_the_file_of_counts_was_deleted(settings: Settings, app: Flask, tmp_path: Path) -> None:
    """The server's processes count on in the file that is gone; whoever starts then finds another."""
    own = at_free_port(settings, tmp_path)
    watched = add_watched(app, own.origin)
    with running_server(own) as server, asking(server.url, watched.calls) as crowd:
        assert crowd.seen() == EVERYTHING
        (tmp_path / "limits.shm").unlink()
        crowd.change(lambda: put_on_plan("free", watched, own))
        require_nothing_old(crowd, dict.fromkeys(EVERYTHING, refused("paid_plan_required")))
