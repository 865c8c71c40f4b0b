"""A change that changes nothing leaves no trace: neither in the resource, nor in its ETag, nor in the activity."""

from typing import Any

import pytest
from flask import Flask

from tests.api.resources.test_tasks import add
from tests.support.resources import create_resources
from tests.support.users import ProjectAndBoard, TestUser, add_project_and_board

# The fields that can be changed, by the path of the resource.
CHANGED = {
    "/projects/{project_id}": ("name", "description"),
    "/projects/{project_id}/members/{user_id}": ("role",),
    "/boards/{board_id}": ("name",),
    "/labels/{label_id}": ("name", "colour"),
    "/tasks/{task_id}": ("title", "description", "state", "due_date", "blocked", "blocked_reason", "pinned", "sprint_id"),
    "/checklist-items/{item_id}": ("text", "done", "position"),
    "/comments/{comment_id}": ("body",),
    "/sprints/{sprint_id}": ("name", "goal", "starts_on", "ends_on"),
}


@pytest.fixture
def project(app: Flask, owner: TestUser) -> ProjectAndBoard:
    return add_project_and_board(app, owner)


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
@pytest.mark.parametrize("path", CHANGED)
def test_the_same_values_may_be_sent_again(owner: TestUser, project: ProjectAndBoard, path: str, method: str) -> None:
    resource_path = path.format(**create_resources(owner.api, project))
    before, history = owner.api.get(resource_path), _history(owner, project)
    for body in ({}, {name: before.json[name] for name in CHANGED[path]}):
        again = owner.api.ask(method, resource_path, json=body)
        assert (again.status_code, again.json, again.headers["ETag"]) == (200, before.json, before.headers["ETag"])
    assert _history(owner, project) == history


def test_only_what_is_new_is_recorded(owner: TestUser, project: ProjectAndBoard) -> None:
    path = f"/projects/{project.project_id}"
    owner.api.patch(path, json={"name": owner.api.get(path).json["name"], "description": "Mirrors"})
    newest = owner.api.get(f"{path}/activity").json["data"][0]
    assert (newest["what"], newest["changes"]) == ("project.changed", {"description": "Mirrors"})


def test_only_what_is_new_of_a_task_is_recorded(owner: TestUser, project: ProjectAndBoard) -> None:
    label = owner.api.post(f"/projects/{project.project_id}/labels", json={"name": "Optics"}).json["id"]
    task = add(owner, project, "One", assignees=[owner.person.id])
    changes: list[dict[str, Any]] = [{"pinned": True}, {"labels": [label]}, {"assignees": []}, {"title": "Two"}]
    for new in changes:
        current = owner.api.get(f"/tasks/{task['id']}").json
        answer = owner.api.patch(f"/tasks/{task['id']}", json={**_as_sent(current), **new})
        assert answer.status_code == 200, answer.text
        assert _history(owner, project)[0]["changes"] == new
    owner.api.patch(f"/tasks/{task['id']}", json={"title": "Two", "state": "done"})
    assert _history(owner, project)[0]["changes"] == {"state": "done"}


def test_people_and_labels_in_another_order_are_the_same(app: Flask, owner: TestUser, member: TestUser) -> None:
    project = add_project_and_board(app, owner, member=member)
    people = [owner.person.id, member.person.id]
    labels = [owner.api.post(f"/projects/{project.project_id}/labels", json={"name": name}).json["id"] for name in "ab"]
    task = add(owner, project, "Shared", assignees=people, labels=labels)
    history = _history(owner, project)
    reordered = {"assignees": people[::-1], "labels": [*labels[::-1], labels[0]]}
    assert owner.api.patch(f"/tasks/{task['id']}", json=reordered).json == task
    assert _history(owner, project) == history
    assert owner.api.patch(f"/tasks/{task['id']}", json={"labels": labels[:1]}).json["updated_at"] > task["updated_at"]


def test_a_task_may_stay_in_a_sprint_that_is_over(owner: TestUser, project: ProjectAndBoard) -> None:
    sprint_id = owner.api.post(f"/boards/{project.board_id}/sprints", json={"name": "First light"}).json["id"]
    task_id = add(owner, project, "Polished", state="done", sprint_id=sprint_id)["id"]
    for step in ("start", "complete"):
        owner.api.post(f"/sprints/{sprint_id}/{step}", json={"unfinished": "keep"} if step == "complete" else None)
    task = owner.api.get(f"/tasks/{task_id}").json
    again = owner.api.patch(f"/tasks/{task_id}", json={"title": "Polished", "sprint_id": sprint_id})
    assert (again.status_code, again.json, task["sprint_id"]) == (200, task, sprint_id)


@pytest.mark.parametrize("to", [{"position": 1}, {"before": 2}, {"after": 0}, {"before": 2, "state": "backlog"}])
def test_a_card_moved_to_its_own_position_stays(owner: TestUser, project: ProjectAndBoard, to: dict[str, Any]) -> None:
    tasks = [add(owner, project, title) for title in "abc"]
    history = _history(owner, project)
    body = {name: tasks[value]["id"] if name in ("before", "after") else value for name, value in to.items()}
    assert owner.api.patch(f"/tasks/{tasks[1]['id']}", json=body).json == tasks[1]
    assert _history(owner, project) == history


@pytest.mark.parametrize(("card", "position"), [(0, 0), (2, 2), (2, 1_000_000)])
def test_a_card_at_an_end_of_its_column_stays(owner: TestUser, project: ProjectAndBoard, card: int, position: int) -> None:
    tasks = [add(owner, project, title) for title in "abc"]
    assert owner.api.patch(f"/tasks/{tasks[card]['id']}", json={"position": position}).json == tasks[card]


def test_a_put_by_external_id_sent_again_leaves_no_trace(owner: TestUser, project: ProjectAndBoard) -> None:
    path = f"/boards/{project.board_id}/tasks/by-external/jira/CB-1"
    body = {"title": "Polish", "status": "In Review", "position": 0, "assignee_email": owner.email, "due_date": ""}
    created = owner.api.put(path, json=body).json
    history = _history(owner, project)
    assert owner.api.put(path, json=body).json == created
    assert _history(owner, project) == history


def _history(owner: TestUser, project: ProjectAndBoard) -> list[Any]:
    history: list[Any] = owner.api.get(f"/projects/{project.project_id}/activity?limit=100").json["data"]
    return history


def _as_sent(task: dict[str, Any]) -> dict[str, Any]:
    """All of a task that can be sent back."""
    plain = {name: task[name] for name in ("title", "description", "state", "position", "sprint_id")}
    return {**plain, **{name: [one["id"] for one in task[name]] for name in ("assignees", "labels")}}
