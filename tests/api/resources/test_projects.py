"""Projects: created, changed, deleted."""

from collections.abc import Callable

import pytest
from flask import Flask

from tests.support.users import Api, ProjectAndBoard, TestUser, add_project_and_board


@pytest.fixture
def project(app: Flask, owner: TestUser, member: TestUser, viewer: TestUser) -> ProjectAndBoard:
    return add_project_and_board(app, owner, admin=member, viewer=viewer)


def test_who_creates_a_project_owns_it(viewer: TestUser) -> None:
    created = viewer.api.post("/projects", json={"name": "Night sky"})
    assert (created.status_code, created.json["role"], created.json["description"]) == (201, "owner", "")
    assert created.headers["Location"].endswith(f"/api/v1/projects/{created.json['id']}")
    assert viewer.api.get(f"/projects/{created.json['id']}").json == created.json


def test_a_key_for_some_projects_creates_none(app: Flask, owner: TestUser, project: ProjectAndBoard) -> None:
    narrow = Api(app, owner.new_key(f"Narrow {project.project_id}", project_ids=frozenset({project.project_id})))
    answer = narrow.post("/projects", json={"name": "Out of reach"})
    assert (answer.status_code, answer.json["code"]) == (403, "forbidden")


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_an_admin_changes_what_is_sent_and_no_more(member: TestUser, project: ProjectAndBoard, method: str) -> None:
    changed = member.api.ask(method, f"/projects/{project.project_id}", json={"description": "Mirrors and lenses"}).json
    assert (changed["name"], changed["description"], changed["role"]) == ("Observatory", "Mirrors and lenses", "admin")


def test_a_change_of_what_was_not_seen_is_refused(owner: TestUser, project: ProjectAndBoard) -> None:
    path = f"/projects/{project.project_id}"
    seen = owner.api.get(path).headers["ETag"]
    owner.api.patch(path, json={"name": "Planetarium"})
    answer = owner.api.patch(path, json={"name": "Aquarium"}, headers={"If-Match": seen})
    assert (answer.status_code, owner.api.get(path).json["name"]) == (412, "Planetarium")


def test_an_admin_does_not_delete_a_project(member: TestUser, project: ProjectAndBoard) -> None:
    answer = member.api.delete(f"/projects/{project.project_id}")
    assert (answer.status_code, answer.json["code"]) == (403, "forbidden")
    assert "does not include projects:delete" in answer.json["detail"]


def test_a_deleted_project_is_deleted_with_everything_in_it(owner: TestUser, project: ProjectAndBoard) -> None:
    task = owner.api.post(f"/boards/{project.board_id}/tasks", json={"title": "Last light"}).json
    assert owner.api.delete(f"/projects/{project.project_id}").status_code == 204
    for path in (f"/projects/{project.project_id}", f"/boards/{project.board_id}", f"/tasks/{task['id']}"):
        assert owner.api.get(path).status_code == 404


def test_a_new_project_is_free_of_others(owner: TestUser, new_user: Callable[..., TestUser]) -> None:
    created = owner.api.post("/projects", json={"name": "Mine"}).json
    listed = owner.api.get(f"/projects/{created['id']}/members").json["data"]
    assert [member["id"] for member in listed] == [owner.person.id]
    assert new_user().api.get(f"/projects/{created['id']}").status_code == 403
