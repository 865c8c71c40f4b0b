"""The queue of SQLite's writers: each waits for the one before, and for nobody who has died."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Engine, create_engine, event, text

from calmboard.db import db
from calmboard.engines.write_queue import WriteQueue
from tests.support.users import TestUser

pytestmark = pytest.mark.database("sqlite")

# A process that is writing, for ever.
_HOLDER = """
import os, sys, time
from calmboard.range_lock import RangeLock
assert RangeLock(os.open(sys.argv[1], os.O_RDWR), 1, 1).acquire(5)
print("writing", flush=True)
time.sleep(60)
"""


@pytest.fixture
def person(new_user: Callable[..., TestUser]) -> TestUser:
    return new_user()


def test_a_writer_waits_for_another_process_until_that_dies(app: Flask, person: TestUser) -> None:
    assert person.api.post("/projects", json={"name": "First"}).status_code == 201
    with _another_writer(app) as holder:
        killer = threading.Timer(0.3, holder.kill)
        killer.start()
        assert person.api.post("/projects", json={"name": "Second"}).status_code == 201
        assert holder.wait(5) != 0


def test_nobody_is_waited_for_by_those_who_read(app: Flask, person: TestUser) -> None:
    assert person.api.post("/projects", json={"name": "First"}).status_code == 201
    with _another_writer(app) as holder:
        assert person.api.get("/projects").status_code == 200
        assert holder.poll() is None


def test_all_of_many_writers_have_their_turn(app: Flask, person: TestUser) -> None:
    names = {f"Project {number}" for number in range(24)}
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda name: person.api.post("/projects", json={"name": name}), names))
    assert {answer.status_code for answer in answers} == {201}
    assert {project["name"] for project in person.api.get("/projects?limit=100").json["data"]} == names


def test_writers_do_without_the_queue_where_its_file_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "calmboard.db-writers").mkdir()
    with _queued_engine(tmp_path) as engine:
        _write(engine, 1)
        assert _written(engine) == {1}


def test_the_first_writers_of_a_process_share_one_queue(tmp_path: Path) -> None:
    for attempt in range(20):
        directory = tmp_path / str(attempt)
        directory.mkdir()
        with _queued_engine(directory) as engine, ThreadPoolExecutor(5, initializer=threading.Barrier(5).wait) as pool:
            list(pool.map(partial(_write, engine), range(5)))
            assert _written(engine) == set(range(5))


def test_a_forked_process_waits_for_its_parent(tmp_path: Path) -> None:
    forking = get_context("fork")
    with _queued_engine(tmp_path) as engine:
        engine.dispose()
        parent_writes, has_written = forking.Event(), forking.Event()
        child = forking.Process(target=_write_after, args=(parent_writes, engine, has_written))
        child.start()
        with engine.begin() as connection:
            connection.execute(text("INSERT INTO written VALUES (1)"))
            parent_writes.set()
            assert not has_written.wait(0.3)
        child.join(10)
        assert child.exitcode == 0
        assert _written(engine) == {1, 2}


@contextmanager
def _queued_engine(directory: Path) -> Iterator[Engine]:
    """An engine whose writers wait in a queue, with a table for numbers."""
    engine = create_engine(f"sqlite:///{directory}/calmboard.db")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE written (number INTEGER)"))
    queue = WriteQueue(directory / "calmboard.db")
    event.listen(engine, "begin", queue.enter)
    event.listen(engine, "checkin", queue.leave)
    try:
        yield engine
    finally:
        engine.dispose()


def _write(engine: Engine, number: int) -> None:
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO written VALUES (:number)"), {"number": number})


def _write_after(parent_writes: Event, engine: Engine, has_written: Event) -> None:
    parent_writes.wait(10)
    _write(engine, 2)
    has_written.set()


def _written(engine: Engine) -> set[int]:
    with engine.connect() as connection:
        return set(connection.execute(text("SELECT number FROM written")).scalars())


@contextmanager
def _another_writer(app: Flask) -> Iterator["subprocess.Popen[str]"]:
    with app.app_context():
        database = Path(db.engine.url.database or "")
    command = [sys.executable, "-c", _HOLDER, f"{database}-writers"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "writing\n"
        try:
            yield holder
        finally:
            holder.kill()
