"""Answers hold what is stored, whatever rule of today it breaks: it came before the rule, or by another way."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import update

from calmboard.db import db
from calmboard.models import Board, Project, Task
from tests.support.clients.agent import Agent
from tests.support.users import Api, ProjectAndBoard, TestUser

_ODD = "Turned\u202e and\x07 rung "


@pytest.fixture
def odd_names(
    app: Flask, new_user: Callable[..., TestUser], new_project: Callable[..., ProjectAndBoard]
) -> tuple[TestUser, ProjectAndBoard, str]:
    """Somebody with a project, a board and a task whose names nothing would take today."""
    person = new_user()
    project = new_project(person)
    task_id = Api(app, person.key).post(f"/boards/{project.board_id}/tasks", json={"title": "Old"}).json["id"]
    with app.app_context():
        db.session.execute(update(Project).where(Project.id == project.project_id).values(name=_ODD))
        db.session.execute(update(Board).where(Board.id == project.board_id).values(name=_ODD))
        db.session.execute(update(Task).where(Task.id == task_id).values(title=_ODD))
        db.session.commit()
    return person, project, task_id


def test_names_that_no_rule_takes_are_still_read(app: Flask, odd_names: tuple[TestUser, ProjectAndBoard, str]) -> None:
    person, project, task_id = odd_names
    api = Api(app, person.key)

    assert api.get(f"/tasks/{task_id}").json["title"] == _ODD
    assert [task["title"] for task in api.get(f"/boards/{project.board_id}/tasks").json["data"]] == [_ODD]
    assert [one["name"] for one in api.get("/projects").json["data"]] == [_ODD]
    etag = api.get(f"/tasks/{task_id}").headers["ETag"]
    assert api.patch(f"/tasks/{task_id}", json={"pinned": True}, headers={"If-Match": etag}).json["title"] == _ODD


def test_an_agent_reads_them_too(app: Flask, odd_names: tuple[TestUser, ProjectAndBoard, str]) -> None:
    person, project, task_id = odd_names
    agent = Agent(app, person.key)

    assert agent.structured("get_task", task_id=task_id)["title"] == _ODD
    assert [one["name"] for one in agent.structured("list_projects")["projects"]] == [_ODD]
    assert [task["title"] for task in agent.structured("list_tasks", board_id=project.board_id)["tasks"]] == [_ODD]
