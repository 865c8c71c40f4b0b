"""Moves beside another card, labels on tasks, and the dates and history that changes record."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from calmboard.clock import now
from calmboard.db import db
from calmboard.models import Activity, Label, Sprint, SprintTask, Task
from tests.api.resources.test_tasks import add, column
from tests.support.users import ProjectAndBoard, TestUser, add_project_and_board


@pytest.fixture
def project(app: Flask, owner: TestUser, member: TestUser) -> ProjectAndBoard:
    return add_project_and_board(app, owner, member=member)


def save(app: Flask, row: Any) -> str:
    with app.app_context():
        db.session.add(row)
        db.session.commit()
        row_id: str = row.id
        return row_id


def test_a_task_moves_above_and_below_another(owner: TestUser, project: ProjectAndBoard) -> None:
    tasks = {title: add(owner, project, title)["id"] for title in "abcd"}
    owner.api.patch(f"/tasks/{tasks['d']}", json={"before": tasks["b"]})
    assert column(owner, project, "backlog") == ["a", "d", "b", "c"]
    owner.api.patch(f"/tasks/{tasks['a']}", json={"after": tasks["c"]})
    assert column(owner, project, "backlog") == ["d", "b", "c", "a"]
    owner.api.patch(f"/tasks/{tasks['a']}", json={"before": tasks["d"]})
    assert column(owner, project, "backlog") == ["a", "d", "b", "c"]


def test_a_task_takes_the_column_of_its_neighbour(owner: TestUser, project: ProjectAndBoard) -> None:
    other = add(owner, project, "other", state="review")
    moved = add(owner, project, "moved")
    answer = owner.api.patch(f"/tasks/{moved['id']}", json={"after": other["id"]})
    assert answer.json["state"] == "review"
    assert column(owner, project, "review") == ["other", "moved"]
    assert add(owner, project, "new", before=other["id"])["state"] == "review"
    assert column(owner, project, "review") == ["new", "other", "moved"]


@pytest.mark.parametrize(
    ("changes", "pointers"),
    [
        ({"before": "{self}"}, {"/before"}),
        ({"after": "{elsewhere}"}, {"/after"}),
        ({"before": "{other}", "state": "done"}, {"/before"}),
        ({"before": "{other}", "after": "{other}"}, {"/before", "/after"}),
        ({"before": "{other}", "position": 0}, {"/before", "/position"}),
        ({"before": None}, {"/before"}),
    ],
)
def test_an_invalid_position_is_named(
    app: Flask, owner: TestUser, project: ProjectAndBoard, changes: dict[str, Any], pointers: set[str]
) -> None:
    ids = {
        "self": add(owner, project, "self")["id"],
        "other": add(owner, project, "other")["id"],
        "elsewhere": add(owner, add_project_and_board(app, owner), "elsewhere")["id"],
    }
    body = {name: value.format(**ids) if isinstance(value, str) else value for name, value in changes.items()}
    answer = owner.api.patch(f"/tasks/{ids['self']}", json=body)
    assert answer.status_code == 422
    assert {error["pointer"] for error in answer.json["errors"]} == pointers
    assert column(owner, project, "backlog") == ["self", "other"]


def test_labels_are_put_on_and_taken_off(app: Flask, owner: TestUser, project: ProjectAndBoard) -> None:
    label_id = save(app, Label(project_id=project.project_id, name="bug", colour="red"))
    task = add(owner, project, "leaks", labels=[label_id, label_id])
    add(owner, project, "tight")
    assert task["labels"] == [{"id": label_id, "name": "bug", "colour": "red"}]
    found = owner.api.get(f"/boards/{project.board_id}/tasks?label={label_id}").json["data"]
    assert [one["title"] for one in found] == ["leaks"]
    assert owner.api.patch(f"/tasks/{task['id']}", json={"labels": []}).json["labels"] == []


def test_a_label_of_another_project_is_refused(app: Flask, owner: TestUser, project: ProjectAndBoard) -> None:
    label_id = save(app, Label(project_id=add_project_and_board(app, owner).project_id, name="bug"))
    answer = owner.api.post(f"/boards/{project.board_id}/tasks", json={"title": "One", "labels": [label_id]})
    assert [error["pointer"] for error in answer.json["errors"]] == ["/labels/0"]


def test_start_and_end_of_the_work_are_dated(app: Flask, owner: TestUser, project: ProjectAndBoard) -> None:
    task = add(owner, project, "dated")
    dates = [_dates(app, task["id"])]
    for state in ("ready", "in_progress", "review", "done", "review"):
        owner.api.patch(f"/tasks/{task['id']}", json={"state": state})
        dates.append(_dates(app, task["id"]))
    assert [(started is not None, done is not None) for started, done in dates] == [
        (False, False),
        (False, False),
        (True, False),
        (True, False),
        (True, True),
        (True, False),
    ]
    assert len({started for started, _ in dates if started}) == 1


def test_the_history_of_a_sprint_is_recorded(app: Flask, owner: TestUser, project: ProjectAndBoard) -> None:
    first, second = (save(app, Sprint(board_id=project.board_id, name=name)) for name in ("first", "second"))
    task = add(owner, project, "travels", sprint_id=first)
    for sprint_id in (first, second, None):
        assert owner.api.patch(f"/tasks/{task['id']}", json={"sprint_id": sprint_id}).json["sprint_id"] == sprint_id
    with app.app_context():
        rows = db.session.execute(
            select(SprintTask.sprint_id, SprintTask.removed_at).where(SprintTask.task_id == task["id"]).order_by(SprintTask.id)
        ).all()
    assert [(row.sprint_id, row.removed_at is not None) for row in rows] == [(first, True), (second, True)]


def test_a_completed_sprint_accepts_no_task(app: Flask, owner: TestUser, project: ProjectAndBoard) -> None:
    sprint_id = save(app, Sprint(board_id=project.board_id, name="over", state="completed", completed_at=now()))
    answer = owner.api.post(f"/boards/{project.board_id}/tasks", json={"title": "late", "sprint_id": sprint_id})
    assert (answer.status_code, answer.json["errors"][0]["code"]) == (422, "completed")


def test_every_change_is_recorded_with_its_credential(app: Flask, member: TestUser, project: ProjectAndBoard) -> None:
    task = add(member, project, "watched")
    member.api.patch(f"/tasks/{task['id']}", json={"due_date": "2026-12-18"})
    member.api.patch(f"/tasks/{task['id']}", json={"state": "done"})
    member.api.delete(f"/tasks/{task['id']}")
    with app.app_context():
        rows = db.session.execute(select(Activity).where(Activity.task_id == task["id"]).order_by(Activity.id)).scalars().all()
        db.session.rollback()
        entries = [(row.what, row.changes) for row in rows]
        assert {(row.actor_id, row.source, row.credential_name) for row in rows} == {(member.person.id, "key", "Everything")}
    assert entries == [
        ("task.created", {"title": "watched"}),
        ("task.changed", {"due_date": "2026-12-18"}),
        ("task.moved", {"state": "done"}),
        ("task.deleted", {"title": "watched"}),
    ]


def _dates(app: Flask, task_id: str) -> tuple[Any, Any]:
    with app.app_context():
        row = db.session.execute(select(Task.started_at, Task.done_at).where(Task.id == task_id)).one()
        db.session.rollback()
        return row.started_at, row.done_at
