"""The queue of SQLite's writers: each waits for the one before, and for nobody who has died."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import create_engine, event, text

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
    database = tmp_path / "calmboard.db"
    (tmp_path / "calmboard.db-writers").mkdir()
    engine = create_engine(f"sqlite:///{database}")
    queue = WriteQueue(database)
    event.listen(engine, "begin", queue.enter)
    event.listen(engine, "checkin", queue.leave)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE written (number INTEGER)"))
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM written")).scalar() == 0
    engine.dispose()


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
