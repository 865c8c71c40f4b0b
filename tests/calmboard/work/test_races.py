"""Two who change one project at once: what one refers to is not taken away by the other, whoever comes first.

The first stops just before its commit, which has to refer to the row of its person; the second runs until it is done or waits.
"""

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import partial
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy.engine import make_url

from calmboard.settings import SETTINGS
from tests.support.consistency import find_contradictions
from tests.support.servers.programs import wait_until
from tests.support.users import Answer, Api, ProjectAndBoard, TestUser

Request = Callable[[Api, dict[str, str]], Answer]


def bulk(api: Api, task_id: str, changes: dict[str, Any]) -> Answer:
    return api.post("/tasks/bulk", json={"operations": [{"op": "change", "task_id": task_id, "changes": changes}]})


ADDITIONS: dict[str, Request] = {
    "task assigned": lambda api, ids: api.patch(f"/tasks/{ids['task']}", json={"assignees": [ids["person"]]}),
    "task created for them": lambda api, ids: api.post(
        f"/boards/{ids['board']}/tasks", json={"title": "Grind", "assignees": [ids["person"]]}
    ),
    "task of another tool for them": lambda api, ids: api.put(
        f"/boards/{ids['board']}/tasks/by-external/jira/CB-1", json={"title": "Grind", "assignee_email": ids["email"]}
    ),
    "task assigned in bulk": lambda api, ids: bulk(api, ids["task"], {"assignees": [ids["person"]]}),
    "labelled": lambda api, ids: api.patch(f"/tasks/{ids['task']}", json={"labels": [ids["label"]]}),
    "put into sprint": lambda api, ids: api.patch(f"/tasks/{ids['task']}", json={"sprint_id": ids["sprint"]}),
    "planned into sprint": lambda api, ids: bulk(api, ids["task"], {"sprint_id": ids["sprint"]}),
    "put into active sprint": lambda api, ids: api.patch(f"/tasks/{ids['task']}", json={"sprint_id": ids["active"]}),
    "created": lambda api, ids: api.post(f"/boards/{ids['board']}/tasks", json={"title": "Grind"}),
    "moved": lambda api, ids: api.patch(f"/tasks/{ids['task']}", json={"state": "ready", "position": 0}),
    "renamed": lambda api, ids: api.patch(f"/tasks/{ids['task']}", json={"title": "Grind"}),
    "commented": lambda api, ids: api.post(f"/tasks/{ids['task']}/comments", json={"body": "Grind"}),
    "sprint planned": lambda api, ids: api.post(f"/boards/{ids['board']}/sprints", json={"name": "Second light"}),
    "board created": lambda api, ids: api.post(f"/projects/{ids['project']}/boards", json={"name": "Dome"}),
    "label created": lambda api, ids: api.post(f"/projects/{ids['project']}/labels", json={"name": "glass"}),
    "invited": lambda api, ids: api.post(
        f"/projects/{ids['project']}/invitations", json={"email": f"{ids['project']}@harbour.example"}
    ),
    "sprint completed": lambda api, ids: api.post(f"/sprints/{ids['active']}/complete", json={"move_to": ids["sprint"]}),
}
REMOVALS: dict[str, Request] = {
    "member removed": lambda api, ids: api.delete(f"/projects/{ids['project']}/members/{ids['person']}"),
    "label deleted": lambda api, ids: api.delete(f"/labels/{ids['label']}"),
    "sprint deleted": lambda api, ids: api.delete(f"/sprints/{ids['sprint']}"),
    "sprint ended": lambda api, ids: api.post(f"/sprints/{ids['active']}/complete", json={"unfinished": "keep"}),
    "board deleted": lambda api, ids: api.delete(f"/boards/{ids['board']}"),
    "project deleted": lambda api, ids: api.delete(f"/projects/{ids['project']}"),
}
PAIRS = [
    *((name, "member removed") for name in list(ADDITIONS)[:4]),
    ("labelled", "label deleted"),
    ("put into sprint", "sprint deleted"),
    ("planned into sprint", "sprint deleted"),
    ("sprint completed", "sprint deleted"),
    ("put into active sprint", "sprint ended"),
    *((name, "board deleted") for name in ("created", "moved", "renamed", "commented", "sprint planned")),
    *((name, "project deleted") for name in ("created", "renamed", "commented", "board created", "label created", "invited")),
]


@pytest.fixture
def remover(someone: TestUser) -> TestUser:
    """The owner, who takes something away."""
    return someone


@pytest.fixture
def adder(new_user: Callable[..., TestUser]) -> TestUser:
    return new_user()


@pytest.fixture
def ids(
    remover: TestUser, adder: TestUser, new_user: Callable[..., TestUser], new_project: Callable[..., ProjectAndBoard]
) -> dict[str, str]:
    person = new_user()
    project = new_project(remover, admin=adder, member=person)

    def create(path: str, **values: Any) -> str:
        created: str = remover.api.post(path, json=values).json["id"]
        return created

    board = f"/boards/{project.board_id}"
    active, sprint = (create(f"{board}/sprints", name=name) for name in ("First light", "Next light"))
    assert remover.api.post(f"/sprints/{active}/start").status_code == 200
    create(f"{board}/tasks", title="Polish", sprint_id=active)
    return {
        "project": project.project_id,
        "board": project.board_id,
        "task": create(f"{board}/tasks", title="Rub"),
        "label": create(f"/projects/{project.project_id}/labels", name="optics"),
        "sprint": sprint,
        "active": active,
        "person": person.person.id,
        "email": person.email,
    }


@pytest.mark.parametrize(("addition", "removal"), PAIRS)
def test_who_takes_something_away_waits_for_who_refers_to_it(
    app: Flask, adder: TestUser, remover: TestUser, ids: dict[str, str], addition: str, removal: str
) -> None:
    answers = race(app, ids, (adder, ADDITIONS[addition]), (remover, REMOVALS[removal]))
    assert [answer.status_code // 100 for answer in answers] in ([2, 2], [4, 2])
    assert find_contradictions(app, ids["project"]) == []


@pytest.mark.parametrize(("addition", "removal"), PAIRS)
def test_who_refers_to_something_waits_for_who_takes_it_away(
    app: Flask, adder: TestUser, remover: TestUser, ids: dict[str, str], addition: str, removal: str
) -> None:
    answers = race(app, ids, (remover, REMOVALS[removal]), (adder, ADDITIONS[addition]))
    assert [answer.status_code // 100 for answer in answers] in ([2, 2], [2, 4])
    assert find_contradictions(app, ids["project"]) == []


def test_who_lost_their_role_meanwhile_uses_it_no_more(
    app: Flask, adder: TestUser, remover: TestUser, ids: dict[str, str]
) -> None:
    """An owner who is made a member while they remove somebody else."""
    members = f"/projects/{ids['project']}/members"
    assert remover.api.patch(f"{members}/{adder.person.id}", json={"role": "owner"}).status_code == 200
    answers = race(
        app,
        ids,
        (remover, lambda api, _: api.patch(f"{members}/{adder.person.id}", json={"role": "member"})),
        (adder, lambda api, _: api.delete(f"{members}/{ids['person']}")),
    )
    allowed = [[200, 403]] if db_kind(app) == "postgresql" else [[200, 403], [200, 204]]
    assert [answer.status_code for answer in answers] in allowed


def race(app: Flask, ids: dict[str, str], first: tuple[TestUser, Request], second: tuple[TestUser, Request]) -> list[Answer]:
    """The answers of both, where the first has done all but its commit before the second begins; on SQLite at once."""
    hold = hold_sqlite if db_kind(app) == "sqlite" else hold_postgres
    requests = [(Api(app, who.key), send) for who, send in (first, second)]
    with ThreadPoolExecutor(2) as pool:
        with hold(app, first[0]) as is_waiting:
            futures: list[Future[Answer]] = []
            for number, (api, send) in enumerate(requests, 1):
                future = pool.submit(send, api, ids)
                wait_until(partial(is_done_or_waiting, future, partial(is_waiting, number)), "The request")
                futures.append(future)
        return [future.result() for future in futures]


def is_done_or_waiting(future: Future[Answer], is_waiting: Callable[[], bool]) -> bool:
    return future.done() or is_waiting()


@contextmanager
def hold_postgres(app: Flask, person: TestUser) -> Iterator[Callable[[int], bool]]:
    """Lock the row of a person, to which whatever they do refers; yields whether so many wait for it and each other."""
    url = SETTINGS.get(app).database_url
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with psycopg.connect(url) as holder, psycopg.connect(url, autocommit=True) as observer:
        holder.execute("SELECT id FROM users WHERE id = %s FOR UPDATE", [person.person.id])
        yield lambda number: (observer.execute(waiting).fetchone() or (0,))[0] >= number


@contextmanager
def hold_sqlite(app: Flask, _person: TestUser) -> Iterator[Callable[[int], bool]]:
    """Hold the one lock of all writers; nobody can see who waits for it."""
    path = make_url(SETTINGS.get(app).database_url).database or ""
    with closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        yield lambda _: True
        holder.execute("ROLLBACK")


def db_kind(app: Flask) -> str:
    return make_url(SETTINGS.get(app).database_url).get_backend_name()
