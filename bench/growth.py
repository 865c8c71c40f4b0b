"""Whether lists, reads, moves and by-external stay flat as the data grows: `python -m bench.growth`.

Two databases of each kind: a small one, and one with 1,000,000 tasks, 100,000 of them on one
board, and 1,000 members. Each figure is the median of interleaved rounds in milliseconds of wall
time through the whole app; the result is the ratio of large to small.
"""

import contextlib
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from statistics import median

import flask_migrate
from flask import Flask
from sqlalchemy import text
from werkzeug.test import TestResponse

from bench.quiet import quiet
from calmboard.access.access import Person
from calmboard.access.credentials.keys import NewKey, issue_key
from calmboard.access.scopes import SCOPES
from calmboard.db import db
from calmboard.settings import RateLimit, read_settings
from calmboard.work.people import add_person
from tests.support.servers.databases import open_databases
from tests.support.servers.postgres import stop_postgres
from tests.support.servers.run import make_run_dir
from wsgi import create_app

ROUNDS = 5
REQUESTS = 40
SIZES = {"small": (20, 50, 10), "large": (900, 100_000, 1_000)}
OTHER_BOARD = 1_000

BOARD_ID = f"brd_{1:026d}"
PROJECT_ID = f"prj_{1:026d}"

_AT = "'2026-11-24 08:00:00+00:00'"
_DATES = "created_at, updated_at"

Request = tuple[str, str, dict[str, object] | None]


def main() -> None:
    run_dir = make_run_dir()
    try:
        for kind in ("sqlite", "postgresql"):
            apps = {size: _filled_app(kind, run_dir, size) for size in SIZES}
            _report(kind, _measure(apps))
    finally:
        stop_postgres(run_dir)
        shutil.rmtree(run_dir, ignore_errors=True)


def _filled_app(kind: str, run_dir: Path, size: str) -> tuple[Flask, str]:
    instance_dir = run_dir / f"{kind}-{size}"
    instance_dir.mkdir()
    url = open_databases(kind, run_dir, size).empty()
    settings = read_settings({"CALMBOARD_DATABASE_URL": url}, instance_dir)
    app = create_app(replace(settings, rates={"pro": RateLimit(10**8, 60), "business": RateLimit(10**8, 60)}))
    with app.app_context():
        flask_migrate.upgrade()
        owner = add_person("owner@calmboard.test", "Ana Ruiz", "quiet-harbour-seven-lanterns", "pro")
        boards, tasks, members = SIZES[size]
        _fill(owner, boards, tasks, members)
        key = issue_key(owner.id, NewKey("bench", "workflow", frozenset(SCOPES)))[1]
        db.session.commit()
    return app, key


def _fill(owner: Person, boards: int, tasks: int, members: int) -> None:
    """Fill the tables with rows that the database generates; the first board holds `tasks`, each other one OTHER_BOARD."""
    _fill_people(owner, members)
    _insert(boards + 1, "boards", f"id, project_id, name, {_DATES}", f"{_id('brd')}, '{PROJECT_ID}', 'Board', {_AT}, {_AT}")
    false = {"sqlite": "0", "postgresql": "false"}[db.engine.dialect.name]
    columns = f"id, board_id, title, description, state, rank, blocked, pinned, {_DATES}"
    rest = f"'Task', '', i % 5, {_padded('i', 10)}, {false}, {false}, {_AT}, {_AT}"
    _insert(tasks, "tasks", columns, f"{_id('tsk')}, '{BOARD_ID}', {rest}")
    others = _id("brd", f"2 + i / {OTHER_BOARD}")
    _insert(boards * OTHER_BOARD - 1, "tasks", columns, f"{_id('tsk', 'i + 10000000')}, {others}, {rest}")
    names = "board_id, source, external_id, task_id"
    _insert(tasks, "external_tasks", names, f"'{BOARD_ID}', 'jira', 'CB-' || i, {_id('tsk')}")
    _insert(tasks // 10, "task_assignees", "task_id, user_id", f"{_id('tsk', 'i * 10')}, '{owner.id}'")
    db.session.commit()
    with db.engines["autocommit"].connect() as connection:
        connection.execute(text("ANALYZE"))


def _fill_people(owner: Person, members: int) -> None:
    _insert(1, "projects", f"id, name, description, {_DATES}", f"'{PROJECT_ID}', 'Payments', '', {_AT}, {_AT}")
    people = f"{_id('usr')}, i || '@calmboard.test', 'Member', 'x', 'pro', {_AT}"
    _insert(members, "users", "id, email, name, password_hash, plan, created_at", people)
    columns = "user_id, project_id, role, joined_at"
    _insert(members, "memberships", columns, f"{_id('usr')}, '{PROJECT_ID}', 'member', {_AT}")
    _insert(1, "memberships", columns, f"'{owner.id}', '{PROJECT_ID}', 'owner', {_AT}")


def _insert(last: int, table: str, columns: str, values: str) -> None:
    """Insert rows whose values are written in terms of `i`, from 1 to `last`."""
    counting = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {last})"
    db.session.execute(text(f"INSERT INTO {table} ({columns}) {counting} SELECT {values} FROM n"))


def _id(prefix: str, number: str = "i") -> str:
    return f"'{prefix}_' || {_padded(number, 26)}"


def _padded(number: str, length: int) -> str:
    if db.engine.dialect.name == "sqlite":
        return f"printf('%0{length}d', {number})"
    return f"lpad(({number})::text, {length}, '0')"


def _measure(apps: dict[str, tuple[Flask, str]]) -> dict[str, dict[str, float]]:
    """Milliseconds of each case and size, the sizes in turn."""
    runs: dict[str, dict[str, list[float]]] = {}
    for _ in range(ROUNDS):
        for size, (app, key) in apps.items():
            for name, request in _requests(app, key, size).items():
                runs.setdefault(name, {}).setdefault(size, []).append(_time(app, key, request))
    return {name: {size: median(values) for size, values in sizes.items()} for name, sizes in runs.items()}


def _requests(app: Flask, key: str, size: str) -> dict[str, Request]:
    path = f"/api/v1/boards/{BOARD_ID}/tasks"
    tasks = SIZES[size][1]
    last, middle = f"tsk_{tasks:026d}", f"tsk_{tasks // 2:026d}"
    pages = min(1_000, tasks // 25 - 1)
    return {
        "list projects": ("GET", "/api/v1/projects", None),
        "list members": ("GET", f"/api/v1/projects/{PROJECT_ID}/members", None),
        "list tasks, page 1": ("GET", path, None),
        "list tasks, page 1,000": ("GET", _page(app, key, path, pages), None),
        "list tasks by position": ("GET", f"{path}?state=review&sort=position", None),
        "list my tasks": ("GET", f"{path}?assignee=me", None),
        "read a task": ("GET", f"/api/v1/tasks/{middle}", None),
        "move to the top": ("PATCH", f"/api/v1/tasks/{last}", {"position": 0}),
        "move below another": ("PATCH", f"/api/v1/tasks/{last}", {"after": middle}),
        "put by external id": ("PUT", f"{path}/by-external/jira/CB-{tasks // 3}", {"title": "Again"}),
    }


_pages: dict[tuple[int, str], str] = {}


def _page(app: Flask, key: str, path: str, number: int) -> str:
    """The address of a page far down, found by walking there once."""
    if (id(app), path) not in _pages:
        address = path
        for _ in range(number):
            cursor = _send(app, key, ("GET", address, None)).get_json()["next_cursor"]
            address = f"{path}?cursor={cursor}"
        _pages[id(app), path] = address
    return _pages[id(app), path]


def _time(app: Flask, key: str, request: Request) -> float:
    _send(app, key, request)
    started_at = time.perf_counter()
    for _ in range(REQUESTS):
        _send(app, key, request)
    return (time.perf_counter() - started_at) * 1000 / REQUESTS


def _send(app: Flask, key: str, request: Request) -> TestResponse:
    method, path, body = request
    with quiet():
        answer = app.test_client().open(path, method=method, json=body, headers={"Authorization": f"Bearer {key}"})
    assert answer.status_code == 200, answer.text
    return answer


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    with Path(os.devnull).open("w") as null, contextlib.redirect_stdout(null):
        yield


def _report(kind: str, costs: dict[str, dict[str, float]]) -> None:
    print(f"\n{kind:<26}{'small ms':>10}{'large ms':>10}{'ratio':>8}")
    for name, sizes in costs.items():
        print(f"{name:<26}{sizes['small']:>10.2f}{sizes['large']:>10.2f}{sizes['large'] / sizes['small']:>8.2f}")


if __name__ == "__main__":
    main()
