"""A request with an Idempotency-Key whose process is killed: its key is held while it lives, and soon free after that."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from threading import Thread

import pytest
import requests
from flask import Flask
from sqlalchemy import Connection, select, text

from calmboard.db import db
from calmboard.ids import new_id
from calmboard.leases import LEASE
from calmboard.models import IdempotentRequest
from calmboard.settings import Settings
from tests.calmboard.operations.test_serve import children
from tests.support.servers.programs import free_port, wait_until
from tests.support.servers.server import Server, running_server
from tests.support.users import ProjectAndBoard, TestUser, add_project_and_board

# SQLite has one writer: whoever could hold up the work would hold up its lease.
pytestmark = [pytest.mark.processes, pytest.mark.slow, pytest.mark.database("postgresql")]


@pytest.fixture
def server(settings: Settings, tmp_path: Path) -> Iterator[Server]:
    port = free_port()
    with running_server(replace(settings, instance_dir=tmp_path, port=port, origin=f"http://127.0.0.1:{port}")) as server:
        yield server


def test_the_key_of_a_killed_request_is_free_within_its_lease(server: Server, app: Flask, owner: TestUser) -> None:
    project, key = add_project_and_board(app, owner), new_id("try")
    with app.app_context(), db.engine.connect() as other, held_up(other, project):
        Thread(target=waits, args=(server, owner, project, key), daemon=True).start()
        wait_until(lambda: leased_until(key) is not None, "The first request")
        first = leased_until(key)
        wait_until(lambda: leased_until(key) != first, "The renewal", within_s=10)
        for pid in children(server.process.pid):
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: waits(server, owner, project, key) is not None, "Another process of the server")
        assert 1 <= (waits(server, owner, project, key) or 0) <= LEASE.total_seconds()
    wait_until(lambda: send(server, owner, project, key).status_code == 201, "The key to be free", within_s=15)
    assert len(owner.api.get(f"/boards/{project.board_id}/tasks").json["data"]) == 1


@contextmanager
def held_up(connection: Connection, project: ProjectAndBoard) -> Iterator[None]:
    """Nobody can refer to the board until the block ends."""
    connection.execute(text("SELECT 1 FROM boards WHERE id = :id FOR UPDATE"), {"id": project.board_id})
    yield
    connection.rollback()


def leased_until(key: str) -> datetime | None:
    with db.engines["autocommit"].connect() as connection:
        return connection.execute(select(IdempotentRequest.leased_until).where(IdempotentRequest.key == key)).scalar()


def send(server: Server, person: TestUser, project: ProjectAndBoard, key: str) -> requests.Response:
    headers = {"Authorization": f"Bearer {person.key}", "Idempotency-Key": key}
    return requests.post(f"{server}/api/v1/boards/{project.board_id}/tasks", json={"title": "Once"}, headers=headers, timeout=30)


def waits(server: Server, person: TestUser, project: ProjectAndBoard, key: str) -> int | None:
    """The seconds for which whoever sends the request again has to wait; None where the server is not there."""
    try:
        answer = send(server, person, project, key)
    except requests.ConnectionError:
        return None
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    return int(answer.headers["Retry-After"])
