"""Short numbers of tasks: counted in each project from 1, by whatever way a task is created, and never used twice."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import flask_migrate
import pytest
from flask import Flask
from sqlalchemy import text

from calmboard.db import db
from calmboard.errors import ValidationFailed
from calmboard.work.named import resolve_name
from tests.api.resources.test_tasks import add
from tests.support.users import ProjectAndBoard, TestUser


def bulk(someone: TestUser, *operations: dict[str, Any], atomic: bool = True) -> list[dict[str, Any]]:
    answer = someone.api.post("/tasks/bulk", json={"operations": operations, "atomic": atomic})
    results: list[dict[str, Any]] = answer.json.get("results", [])
    return results


def creation(project: ProjectAndBoard, title: str, **values: Any) -> dict[str, Any]:
    return {"op": "create", "board_id": project.board_id, "task": {"title": title, **values}}


def test_every_way_to_create_a_task_counts_on(someone: TestUser, project: ProjectAndBoard) -> None:
    other_board = someone.api.post(f"/projects/{project.project_id}/boards", json={"name": "Dome"}).json["id"]
    external = f"/boards/{other_board}/tasks/by-external/jira/CB-1"
    numbers = [
        add(someone, project, "one")["number"],
        add(someone, ProjectAndBoard(project.project_id, other_board), "two")["number"],
        *(result["task"]["number"] for result in bulk(someone, creation(project, "three"), creation(project, "four"))),
        someone.api.put(external, json={"title": "five"}).json["number"],
        someone.api.put(external, json={"title": "five again"}).json["number"],
    ]
    assert numbers == [1, 2, 3, 4, 5, 5]


def test_a_number_is_never_used_twice(someone: TestUser, project: ProjectAndBoard) -> None:
    task = add(someone, project, "one")
    assert someone.api.delete(f"/tasks/{task['id']}").status_code == 204
    assert add(someone, project, "two")["number"] == 2


def test_what_is_refused_takes_no_number(someone: TestUser, project: ProjectAndBoard) -> None:
    wrong = creation(project, "two", sprint_id="spr_01m86ffkj1eyt9k86t46h61k8b")
    assert bulk(someone, creation(project, "one"), wrong) == []
    results = bulk(someone, wrong, creation(project, "one"), atomic=False)
    assert [result.get("task", {}).get("number") for result in results] == [None, 1]


def test_those_who_create_at_once_get_numbers_of_their_own(
    someone: TestUser, project: ProjectAndBoard, new_project: Callable[..., ProjectAndBoard]
) -> None:
    """Half of them in two projects in the opposite order."""
    other = new_project(someone)
    pairs = [(project, other), (other, project)] * 4
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda pair: bulk(someone, *(creation(board, "x") for board in pair)), pairs))
    numbers = sorted(result["task"]["number"] for of_one in results for result in of_one)
    assert numbers == sorted([*range(1, 9)] * 2)


def test_a_task_is_named_by_its_number(
    app: Flask, someone: TestUser, project: ProjectAndBoard, new_project: Callable[..., ProjectAndBoard]
) -> None:
    task = add(someone, project, "one")
    with app.app_context():
        for name in ("#1", "1", " #1 "):
            assert resolve_name(someone.access, "task", name, "/task") == task["id"]
        for name in ("#2", "#", "0", "9" * 30, "one"):
            with pytest.raises(ValidationFailed, match="values"):
                resolve_name(someone.access, "task", name, "/task")
    other = add(someone, new_project(someone), "other")
    with app.app_context(), pytest.raises(ValidationFailed) as refused:
        resolve_name(someone.access, "task", "#1", "/task")
    (error,) = refused.value.errors
    assert (error.code, error.allowed_values) == ("ambiguous", (task["id"], other["id"]))


def test_a_task_tells_its_page_and_its_times(app: Flask, someone: TestUser, project: ProjectAndBoard) -> None:
    task = add(someone, project, "one", state="done", blocked=True)
    assert task["url"] == f"http://127.0.0.1:8000/tasks/{task['id']}"
    assert None not in (task["blocked_at"], task["done_at"])
    changed = someone.api.patch(f"/tasks/{task['id']}", json={"state": "review", "blocked": False}).json
    assert (changed["blocked_at"], changed["done_at"]) == (None, None)


def test_tasks_of_before_are_numbered_as_they_were_created(make_app: Callable[..., Flask], empty_database_url: str) -> None:
    app = make_app(database_url=empty_database_url)
    with app.app_context():
        flask_migrate.upgrade(revision="0007")
        with db.engine.begin() as connection:
            for statement in _OLD_ROWS:
                connection.execute(text(statement))
        flask_migrate.upgrade()
        with db.engine.connect() as connection:
            numbers = connection.execute(text("SELECT id, number FROM tasks ORDER BY id")).all()
            counters = connection.execute(text("SELECT project_id, last_number FROM task_counters ORDER BY project_id")).all()
    assert [tuple(row) for row in numbers] == [("tsk_1", 2), ("tsk_2", 1), ("tsk_3", 1), ("tsk_4", 3)]
    assert [tuple(row) for row in counters] == [("prj_1", 3), ("prj_2", 1)]


_AT = "'2026-01-0{} 00:00:00.000000+00:00'"
_OLD_ROWS = (
    *(
        f"INSERT INTO projects (id, name, description, created_at, updated_at) VALUES ('prj_{number}', 'P', '', {_AT.format(1)}, "
        f"{_AT.format(1)})"
        for number in (1, 2)
    ),
    *(
        f"INSERT INTO boards (id, project_id, name, created_at, updated_at) VALUES ('brd_{number}', 'prj_{project}', 'B', "
        f"{_AT.format(1)}, {_AT.format(1)})"
        for number, project in ((1, 1), (2, 1), (3, 2))
    ),
    *(
        "INSERT INTO tasks (id, board_id, title, description, state, rank, blocked, pinned, created_at, updated_at) VALUES "
        f"('tsk_{number}', 'brd_{board}', 'T', '', 0, 'V{number}', false, false, {_AT.format(day)}, {_AT.format(day)})"
        for number, board, day in ((1, 1, 2), (2, 2, 1), (3, 3, 1), (4, 1, 3))
    ),
)
