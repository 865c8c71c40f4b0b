"""People on a task by e-mail, labels by name, wherever an id is taken."""

from typing import Any

import pytest
from flask import Flask

from calmboard.db import db
from calmboard.models import Membership
from tests.api.resources.test_tasks import add
from tests.support.users import ProjectAndBoard, TestUser, add_project_and_board, add_user


@pytest.fixture
def project(app: Flask, owner: TestUser, member: TestUser) -> ProjectAndBoard:
    project = add_project_and_board(app, owner, member=member)
    for name in ("Bug", "UI"):
        assert owner.api.post(f"/projects/{project.project_id}/labels", json={"name": name}).status_code == 201
    return project


def on_it(task: dict[str, Any]) -> tuple[list[str], list[str]]:
    return sorted(person["name"] for person in task["assignees"]), sorted(label["name"] for label in task["labels"])


def test_every_way_to_write_a_task_takes_names(owner: TestUser, member: TestUser, project: ProjectAndBoard) -> None:
    named = {"assignees": [member.email.upper(), "me", owner.person.id], "labels": ["bug", "UI"]}
    expected = (sorted([member.person.name, owner.person.name]), ["Bug", "UI"])
    task = add(owner, project, "One", **named)
    assert on_it(task) == expected
    other = add(owner, project, "Two")["id"]
    assert on_it(owner.api.patch(f"/tasks/{other}", json=named).json) == expected
    path = f"/boards/{project.board_id}/tasks/by-external/jira/CB-1"
    assert on_it(owner.api.put(path, json={"title": "Three", **named}).json) == expected
    create = {"op": "create", "board_id": project.board_id, "task": {"title": "Four", **named}}
    assert on_it(owner.api.post("/tasks/bulk", json={"operations": [create]}).json["results"][0]["task"]) == expected


def test_the_history_tells_ids(owner: TestUser, member: TestUser, project: ProjectAndBoard) -> None:
    add(owner, project, "One", assignees=[member.email])
    newest = owner.api.get(f"/projects/{project.project_id}/activity").json["data"][0]
    assert newest["changes"]["assignees"] == [member.person.id]


def test_names_sent_again_change_nothing(owner: TestUser, member: TestUser, project: ProjectAndBoard) -> None:
    task = add(owner, project, "One", assignees=[member.email], labels=["Bug"])
    assert owner.api.patch(f"/tasks/{task['id']}", json={"assignees": [member.email], "labels": ["BUG"]}).json == task


def test_what_nobody_here_is_called_is_named(owner: TestUser, outsider: TestUser, project: ProjectAndBoard) -> None:
    body = {"title": "One", "assignees": ["me", outsider.email], "labels": ["Bug", "Optics"]}
    answer = owner.api.post(f"/boards/{project.board_id}/tasks", json=body)
    assert answer.status_code == 422
    assert [(error["pointer"], error["code"]) for error in answer.json["errors"]] == [
        ("/assignees/1", "unknown_value"),
        ("/labels/1", "unknown_value"),
    ]


def test_a_name_of_two_lists_both(app: Flask, owner: TestUser, project: ProjectAndBoard) -> None:
    namesakes = [_namesake(app, project) for _ in range(2)]
    answer = owner.api.post(f"/boards/{project.board_id}/tasks", json={"title": "One", "assignees": ["noor haddad"]})
    (error,) = answer.json["errors"]
    assert (answer.status_code, error["pointer"], error["code"]) == (422, "/assignees/0", "ambiguous")
    assert sorted(error["allowed_values"]) == sorted(namesakes)


def _namesake(app: Flask, project: ProjectAndBoard) -> str:
    user_id = add_user(app).person.id
    with app.app_context():
        db.session.add(Membership(user_id=user_id, project_id=project.project_id, role="member"))
        db.session.commit()
    return user_id
