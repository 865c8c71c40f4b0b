"""A person with projects and tasks that both ours and the peers are asked for, and the peers."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count

import pytest
from flask import Flask
from sqlalchemy import text

from bench.side_by_side.filled import Filled
from bench.side_by_side.seed import Size
from bench.side_by_side.servers import Server, peer
from calmboard.db import db
from calmboard.settings import Settings
from tests.support.servers.kept import Kept
from tests.support.servers.programs import not_run
from tests.support.users import ProjectAndBoard, TestUser, add_project_and_board, add_user

REQUESTS_EACH = 25


@dataclass(frozen=True)
class Workspace:
    """A person's projects: the board of the first has tasks that have whatever a task can have, that of the last is to fill."""

    person: TestUser
    first: ProjectAndBoard
    last: ProjectAndBoard
    _numbers: Iterator[int] = field(default_factory=count)

    def new_key(self, *scopes: str) -> str:
        """A key that no other test counts or changes."""
        return self.person.new_key(f"Key {next(self._numbers)}", *scopes)

    @property
    def path_to_create(self) -> str:
        return f"/boards/{self.last.board_id}/tasks"


@pytest.fixture(scope="session")
def start_peer(
    kept: Kept, settings: Settings, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Server]:
    """A peer by its name, on the database of `app`, where a key may send REQUESTS_EACH a minute."""
    filled = Filled(settings, Size.of(0), (), ())

    def start(name: str) -> Server:
        directory = tmp_path_factory.mktemp("peer")
        return kept.enter(("peer", name), lambda: peer(name, filled, redis_url, directory, REQUESTS_EACH))

    def start_or_skip(name: str) -> Server:
        try:
            return start(name)
        except FileNotFoundError as error:
            not_run(f"{error}; make test installs it")

    return start_or_skip


@pytest.fixture(scope="session")
def workspace(app: Flask) -> Workspace:
    person = add_user(app)
    first, _, last = [add_project_and_board(app, person, name) for name in ("Observatory", "Größe <&> “Ruhe”", "Third")]
    _add_tasks(person, first)
    with app.app_context():
        _set_times(person)
    return Workspace(person, first, last)


def _add_tasks(person: TestUser, first: ProjectAndBoard) -> None:
    label = person.api.post(f"/projects/{first.project_id}/labels", json={"name": "bug", "colour": "red"}).json["id"]
    for new in (
        {"title": "Plain"},
        {"title": "Für <b> & “alle”", "description": 'Line\nand "quotes"', "state": "done", "due_date": "2026-12-18"},
        {"title": "Full", "assignees": [person.person.id], "labels": [label], "blocked_reason": "Bank", "pinned": True},
    ):
        answer = person.api.post(f"/boards/{first.board_id}/tasks", json=new)
        assert answer.status_code == 201, answer.text


def _set_times(person: TestUser) -> None:
    """Microseconds that end in 7: Go and PostgreSQL leave zeros at the end of them out, others do not."""
    mine = {"user_id": person.person.id}
    projects = "id IN (SELECT project_id FROM memberships WHERE user_id = :user_id)"
    tasks = f"board_id IN (SELECT id FROM boards WHERE {projects.replace('id', 'project_id', 1)})"
    for table, condition, names in (
        ("projects", projects, ("created_at", "updated_at")),
        ("tasks", tasks, ("created_at", "updated_at", "done_at", "blocked_at")),
    ):
        changes = ", ".join(f"{name} = date_trunc('second', {name}) + interval '123457 microseconds'" for name in names)
        db.session.execute(text(f"UPDATE {table} SET {changes} WHERE {condition}"), mine)
    db.session.commit()
