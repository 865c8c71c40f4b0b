"""What tests of agents start from: tasks and sprints created through the API, and the capabilities of a client with forms."""

from typing import Any

from flask import Flask
from sqlalchemy import update

from calmboard.db import Base, db
from tests.support.users import ProjectAndBoard, TestUser

FORM_CAPABILITIES: dict[str, Any] = {"elicitation": {"form": {}}}


def create_task(someone: TestUser, project: ProjectAndBoard, title: str = "Measure the mirror", **values: Any) -> str:
    return _create(someone, f"/boards/{project.board_id}/tasks", {"title": title, **values})


def create_sprint(someone: TestUser, project: ProjectAndBoard, name: str = "First light") -> str:
    return _create(someone, f"/boards/{project.board_id}/sprints", {"name": name})


def name_as_once(app: Flask, row_type: type[Base], row_id: str, **names: str) -> None:
    """Give a row a name that no interface takes any more: those of before are there still."""
    with app.app_context():
        db.session.execute(update(row_type).where(row_type.id == row_id).values(**names))  # type: ignore[attr-defined]
        db.session.commit()


def _create(someone: TestUser, path: str, body: dict[str, Any]) -> str:
    created = someone.api.post(path, json=body)
    assert created.status_code == 201, created.text
    created_id: str = created.json["id"]
    return created_id
