"""What the storage refuses, as one process tells it: a lock, a file that is no database, a directory that nobody may write."""

import errno
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import update

from calmboard.access.credentials.sessions import IDLE
from calmboard.clock import now
from calmboard.db import db
from calmboard.engines.patience import patience
from calmboard.errors import disk_problem
from calmboard.models import UserSession
from tests.support.servers.databases import Databases
from tests.support.users import SESSION_COOKIE, ProjectAndBoard, TestUser, add_user

pytestmark = pytest.mark.database("sqlite")

MakeApp = Callable[..., Flask]
_NOT_WRITABLE = Path("/sys/calmboard")


@pytest.mark.slow
def test_a_request_waits_for_a_lock_no_longer_than_it_may(make_app: MakeApp, database: Databases) -> None:
    url = database.seeded()
    app = make_app(database_url=url)
    person = add_user(app)
    browser, api = person.sign_in(), person.api
    with app.app_context():
        db.session.execute(update(UserSession).values(last_seen_at=now() - IDLE / 2))
        db.session.commit()
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with patience(1):
            refused = api.post("/projects", json={"name": "New"})
            read = [api.get("/projects").status_code, browser.get("/account").status_code]
    assert (refused.status_code, "Another program holds" in refused.text) == (503, True)
    assert read == [200, 200]


def test_a_file_that_is_no_database_is_said(make_app: MakeApp, owner: TestUser, tmp_path: Path) -> None:
    path = tmp_path / "broken.db"
    path.write_bytes(os.urandom(8192))
    client = make_app(database_url=f"sqlite:///{path}").test_client()
    client.set_cookie(SESSION_COOKIE, owner.session_cookie)
    by_key = {"Authorization": f"Bearer {owner.key}"}
    answers = [client.get("/integrations"), client.get("/api/v1/me", headers=by_key), client.post("/mcp", headers=by_key)]
    assert [(answer.status_code, "damaged" in answer.text) for answer in answers] == [(503, True)] * 3
    assert client.get("/nowhere").status_code == 404


def test_files_that_cannot_be_written_are_refused(
    make_app: MakeApp, owner: TestUser, new_project: Callable[..., ProjectAndBoard]
) -> None:
    board_id = new_project(owner).board_id
    task_id = owner.api.post(f"/boards/{board_id}/tasks", json={"title": "A picture"}).json["id"]
    app = make_app(files_dir=_NOT_WRITABLE)
    form = {"file": (BytesIO(b"x"), "picture.bin")}
    refused = owner.on(app).api.post(f"/tasks/{task_id}/attachments", data=form)
    assert (refused.status_code, "may not write where its files are" in refused.text) == (503, True)
    readiness = app.test_client().get("/readyz")
    assert (readiness.status_code, "may not write" in readiness.text) == (503, True)


def test_a_full_disk_is_told_from_other_errors() -> None:
    full, other = disk_problem(OSError(errno.ENOSPC, "")), disk_problem(OSError(errno.EBADF, ""))
    assert full is not None
    assert ("full" in full.detail, other) == (True, None)


def test_the_app_does_not_start_where_it_cannot_write(make_app: MakeApp) -> None:
    with pytest.raises(SystemExit, match=f"CalmBoard cannot write {_NOT_WRITABLE}.* CALMBOARD_INSTANCE_DIR"):
        make_app(instance_dir=_NOT_WRITABLE)
