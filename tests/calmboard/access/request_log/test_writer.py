"""Calls are logged behind their backs: none waits, a server that ends writes what it has, and what is missing is said."""

import os
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask
from sqlalchemy import func, select, text

from calmboard.access.credentials.identify import identify
from calmboard.access.request_log import REQUEST_LOG
from calmboard.access.request_log.reading import list_gaps
from calmboard.access.request_log.writer import MAX_WAITING
from calmboard.access.request_record import RequestRecord
from calmboard.clock import now
from calmboard.db import db
from calmboard.ids import new_id
from calmboard.models import LoggedCall, UsageDay
from calmboard.settings import Settings
from tests.support.servers.databases import Databases
from tests.support.servers.programs import free_port, wait_until
from tests.support.servers.server import running_server
from tests.support.users import TestUser, add_user, demo_user

MakeApp = Callable[..., Flask]


@pytest.fixture
def own(settings: Settings, tmp_path: Path) -> Settings:
    """Settings of a server of a test's own, on the database of `app`."""
    port = free_port()
    return replace(settings, port=port, origin=f"http://127.0.0.1:{port}", instance_dir=tmp_path)


@pytest.fixture
def person(new_user: Callable[..., TestUser]) -> TestUser:
    return new_user()


def logged(person: TestUser) -> int:
    with person.app.app_context():
        statement = select(func.count()).select_from(LoggedCall).where(LoggedCall.user_id == person.person.id)
        return db.session.execute(statement).scalar_one()


def counted(person: TestUser) -> list[Any]:
    columns = (UsageDay.answered, UsageDay.refused, UsageDay.limited, UsageDay.failed)
    with person.app.app_context():
        return [tuple(row) for row in db.session.execute(select(*columns).where(UsageDay.user_id == person.person.id))]


def test_a_call_is_there_within_two_seconds(person: TestUser) -> None:
    person.api.get("/me")
    began = time.monotonic()
    wait_until(lambda: logged(person) == 1, "The log")
    assert time.monotonic() - began < 2


def test_each_call_is_counted_once_by_its_outcome(person: TestUser) -> None:
    for _ in range(3):
        person.api.get("/me")
    person.api.get("/projects/nothing")
    REQUEST_LOG.get(person.app).flush()
    REQUEST_LOG.get(person.app).flush()
    assert counted(person) == [(3, 1, 0, 0)]
    person.api.get("/me")
    REQUEST_LOG.get(person.app).flush()
    assert counted(person) == [(4, 1, 0, 0)]


@pytest.mark.processes
def test_servers_that_are_told_to_end_write_what_they_have(own: Settings, person: TestUser) -> None:
    with running_server(own) as server, requests.Session() as client:
        for _ in range(40):
            assert client.get(f"{server}/api/v1/me", headers=person.by_key).status_code == 200
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(10)
    assert logged(person) == 40


@pytest.mark.processes
def test_a_kill_loses_a_second_at_most(own: Settings, person: TestUser) -> None:
    with running_server(own) as server, requests.Session() as client:
        for _ in range(20):
            client.get(f"{server}/api/v1/me", headers=person.by_key)
        wait_until(lambda: logged(person) == 20, "The log")
        client.get(f"{server}/api/v1/me", headers=person.by_key)
        os.killpg(server.process.pid, signal.SIGKILL)
    assert logged(person) in (20, 21)


@pytest.mark.database("sqlite")
def test_calls_go_on_while_the_log_cannot_be_written_and_what_is_missing_is_said(make_app: MakeApp, database: Databases) -> None:
    """The table is gone meanwhile, as on a full disk or after a restore of half a backup."""
    app = make_app(database_url=database.seeded())
    owner = demo_user(app, "owner")
    log = REQUEST_LOG.get(app)
    _rename(app, "request_log", "elsewhere")
    for _ in range(MAX_WAITING + 20):
        log.add(_record(app, owner))
    assert owner.api.get("/me").status_code == 200
    with app.app_context():
        (gap,) = list_gaps(owner.access)
    _rename(app, "elsewhere", "request_log")
    log.flush()
    assert logged(owner) == MAX_WAITING
    with app.app_context():
        assert list_gaps(owner.access) == [gap]


def test_a_call_that_cannot_be_written_holds_up_no_other_and_is_said_to_be_missing(
    make_app: MakeApp, database: Databases
) -> None:
    person = add_user(make_app(database_url=database.seeded()))
    log, bad = REQUEST_LOG.get(person.app), _record(person.app, person)
    assert bad.access.credential
    bad.access = replace(bad.access, credential=replace(bad.access.credential, id=None))
    bad.at -= timedelta(minutes=1)
    for number in range(9):
        log.add(bad if number == 4 else _record(person.app, person))
    answer = person.api.get("/requests?limit=100")
    assert (answer.status_code, len(answer.json["data"])) == (200, 8)
    assert counted(person) == [(8, 0, 0, 0)]
    with person.app.app_context():
        assert list_gaps(person.access) == [(bad.at, bad.at)]


def test_a_call_that_was_written_before_is_not_missing(person: TestUser) -> None:
    """The database went away before it said that it had written."""
    log, record = REQUEST_LOG.get(person.app), _record(person.app, person)
    log.add(record)
    log.flush()
    log.add(record)
    log.add(_record(person.app, person))
    assert person.api.get("/requests").status_code == 200
    assert counted(person) == [(2, 0, 0, 0)]
    with person.app.app_context():
        assert (record.at, record.at) not in list_gaps(person.access)


def _rename(app: Flask, old: str, new: str) -> None:
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))


def _record(app: Flask, owner: TestUser) -> Any:
    with app.app_context():
        access = identify(owner.key, "")
    record = RequestRecord(new_id("req"), now(), "GET", "127.0.0.1", "tests", "GET /me", route="/api/v1/me", access=access)
    record.end(200)
    return record
