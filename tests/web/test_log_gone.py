"""Logging fails no request: with the log's reader gone or stuck, or its disk full, everybody is answered as before."""

import json
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import requests
from flask import Flask
from sqlalchemy import text

from calmboard.db import db
from calmboard.operations.serve import server_command
from calmboard.queue import queue
from calmboard.settings import SETTINGS, Settings
from calmboard.work.people import request_password_reset
from tests.support.servers.outputs import Pipe, opened_pipe
from tests.support.servers.programs import free_port, wait_until
from tests.support.servers.server import answers, environment_of, note_worker, started
from tests.support.users import SESSION_COOKIE, ProjectAndBoard, TestUser

pytestmark = [pytest.mark.database("sqlite"), pytest.mark.processes]

_TIMEOUT_S = 10


@contextmanager
def server_writing_to(output: int, settings: Settings, instance_dir: Path) -> Iterator[str]:
    """The URL of a server on the shared database, whose whole output goes there."""
    port = free_port()
    own = replace(settings, port=port, origin=f"http://127.0.0.1:{port}", instance_dir=instance_dir)
    note_worker(instance_dir)
    with started(server_command(own), environment_of(own), output) as process:
        wait_until(lambda: answers(f"{own.origin}/healthz", process), "The server")
        yield own.origin


@pytest.fixture
def broken_project(app: Flask, new_user: Callable[..., TestUser], new_project: Callable[..., ProjectAndBoard]) -> tuple[str, str]:
    """The key of somebody, and the path of their project, which nothing can read."""
    person = new_user()
    project_id = new_project(person).project_id
    with app.app_context():
        db.session.execute(text("UPDATE projects SET created_at = 'broken' WHERE id = :id"), {"id": project_id})
        db.session.commit()
    return person.key, f"/api/v1/projects/{project_id}"


def statuses(url: str, person: TestUser, broken: tuple[str, str]) -> list[int]:
    """A page, a read, a write that is there afterwards, health, an unknown address, and an internal error."""
    by_key, by_cookie = {"Authorization": f"Bearer {person.key}"}, {"Cookie": f"{SESSION_COOKIE}={person.session_cookie}"}
    written = requests.post(f"{url}/api/v1/projects", json={"name": "Unlogged"}, headers=by_key, timeout=_TIMEOUT_S)
    requested: list[tuple[str, dict[str, str]]] = [
        ("/integrations", by_cookie),
        ("/healthz", {}),
        ("/readyz", {}),
        ("/nowhere", {}),
        (f"/api/v1/projects/{written.json().get('id')}", by_key),
        (broken[1], {"Authorization": f"Bearer {broken[0]}"}),
    ]
    return [written.status_code] + [
        requests.get(f"{url}{path}", headers=headers, timeout=_TIMEOUT_S).status_code for path, headers in requested
    ]


_AS_EVER = [201, 200, 200, 200, 404, 200, 500]


def lost(url: str) -> int:
    """How many lines /readyz says are lost."""
    _, _, line = requests.get(f"{url}/readyz", timeout=_TIMEOUT_S).text.partition("Log lines lost: ")
    return int(line.partition(",")[0] or 0)


def test_a_reader_that_stops_or_goes_fails_no_request(
    settings: Settings, tmp_path: Path, new_user: Callable[..., TestUser], broken_project: tuple[str, str]
) -> None:
    person = new_user()
    with opened_pipe() as pipe, server_writing_to(pipe.writer, settings, tmp_path) as url:
        assert (statuses(url, person, broken_project), lost(url)) == (_AS_EVER, 0)
        pipe.read()

        pipe.fill()
        assert statuses(url, person, broken_project) == _AS_EVER
        lost_while_full = lost(url)
        assert lost_while_full > len(_AS_EVER)

        pipe.read()
        assert statuses(url, person, broken_project) == _AS_EVER
        assert are_whole(pipe.read())
        assert lost(url) <= lost_while_full + 1

        pipe.close_reader()
        assert statuses(url, person, broken_project) == _AS_EVER
        assert lost(url) > lost_while_full + len(_AS_EVER)


def test_a_full_disk_fails_no_request(
    settings: Settings, tmp_path: Path, new_user: Callable[..., TestUser], broken_project: tuple[str, str]
) -> None:
    with Path("/dev/full").open("wb") as full, server_writing_to(full.fileno(), settings, tmp_path) as url:
        assert statuses(url, new_user(), broken_project) == _AS_EVER
        assert lost(url) >= len(_AS_EVER)


@pytest.mark.parametrize(
    "trouble", [pytest.param(Pipe.fill, id="stuck"), pytest.param(Pipe.close_reader, id="gone", marks=pytest.mark.deep)]
)
def test_the_worker_goes_on_too(
    make_app: Callable[..., Flask], new_user: Callable[..., TestUser], tmp_path: Path, trouble: Callable[[Pipe], None]
) -> None:
    app, person = make_app(), new_user()
    environment = environment_of(SETTINGS.get(app))
    with opened_pipe() as pipe:
        trouble(pipe)
        with started([sys.executable, "worker.py"], environment, pipe.writer) as worker, app.app_context():
            queue.storage.enqueue(b"nobody signed this, which is an error that is logged")
            request_password_reset(person.email)
            wait_until(lambda: any((tmp_path / "mail").glob("*.eml")), "The worker")
            worker.send_signal(signal.SIGTERM)
            assert worker.wait(_TIMEOUT_S) == 0


def are_whole(lines: list[str]) -> bool:
    """Whether each line about a request is one that a program can read."""
    records = [line for line in lines if '"request_id"' in line]
    return len(records) >= len(_AS_EVER) and all(json.loads(line)["request_id"] for line in records)
