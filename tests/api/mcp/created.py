"""What tests of agents begin with: tasks and sprints that a person made, and a client that shows forms."""

from typing import Any

from tests.support.users import ProjectAndBoard, TestUser

ASKS: dict[str, Any] = {"elicitation": {"form": {}}}


def make_task(someone: TestUser, place: ProjectAndBoard, title: str = "Measure the mirror", **values: Any) -> str:
    return _made(someone, f"/boards/{place.board_id}/tasks", {"title": title, **values})


def make_sprint(someone: TestUser, place: ProjectAndBoard, name: str = "First light") -> str:
    return _made(someone, f"/boards/{place.board_id}/sprints", {"name": name})


def _made(someone: TestUser, path: str, body: dict[str, Any]) -> str:
    made = someone.api.post(path, json=body)
    assert made.status_code == 201, made.text
    made_id: str = made.json["id"]
    return made_id
