"""Projects: made, changed, deleted."""

from collections.abc import Callable

import pytest
from flask import Flask

from tests.support.users import Api, ProjectAndBoard, TestUser, add_project_and_board


@pytest.fixture
def place(app: Flask, owner: TestUser, member: TestUser, viewer: TestUser) -> ProjectAndBoard:
    return add_project_and_board(app, owner, admin=member, viewer=viewer)


def test_who_makes_a_project_owns_it(viewer: TestUser) -> None:
    made = viewer.api.post("/projects", json={"name": "Night sky"})
    assert (made.status_code, made.json["role"], made.json["description"]) == (201, "owner", "")
    assert made.headers["Location"].endswith(f"/api/v1/projects/{made.json['id']}")
    assert viewer.api.get(f"/projects/{made.json['id']}").json == made.json


def test_a_key_for_some_projects_makes_none(app: Flask, owner: TestUser, place: ProjectAndBoard) -> None:
    narrow = Api(app, owner.new_key(f"Narrow {place.project_id}", project_ids=frozenset({place.project_id})))
    answer = narrow.post("/projects", json={"name": "Out of reach"})
    assert (answer.status_code, answer.json["code"]) == (403, "forbidden")


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_an_admin_changes_what_is_sent_and_no_more(member: TestUser, place: ProjectAndBoard, method: str) -> None:
    changed = member.api.ask(method, f"/projects/{place.project_id}", json={"description": "Mirrors and lenses"}).json
    assert (changed["name"], changed["description"], changed["role"]) == ("Observatory", "Mirrors and lenses", "admin")


def test_a_change_of_what_was_not_seen_is_refused(owner: TestUser, place: ProjectAndBoard) -> None:
    path = f"/projects/{place.project_id}"
    seen = owner.api.get(path).headers["ETag"]
    owner.api.patch(path, json={"name": "Planetarium"})
    answer = owner.api.patch(path, json={"name": "Aquarium"}, headers={"If-Match": seen})
    assert (answer.status_code, owner.api.get(path).json["name"]) == (412, "Planetarium")


def test_an_admin_does_not_delete_a_project(member: TestUser, place: ProjectAndBoard) -> None:
    answer = member.api.delete(f"/projects/{place.project_id}")
    assert (answer.status_code, answer.json["code"]) == (403, "forbidden")
    assert "does not include projects:delete" in answer.json["detail"]


def test_a_deleted_project_takes_everything_in_it_along(owner: TestUser, place: ProjectAndBoard) -> None:
    task = owner.api.post(f"/boards/{place.board_id}/tasks", json={"title": "Last light"}).json
    assert owner.api.delete(f"/projects/{place.project_id}").status_code == 204
    for path in (f"/projects/{place.project_id}", f"/boards/{place.board_id}", f"/tasks/{task['id']}"):
        assert owner.api.get(path).status_code == 404


def test_a_new_project_is_free_of_others(owner: TestUser, new_user: Callable[..., TestUser]) -> None:
    made = owner.api.post("/projects", json={"name": "Mine"}).json
    listed = owner.api.get(f"/projects/{made['id']}/members").json["data"]
    assert [member["id"] for member in listed] == [owner.person.id]
    assert new_user().api.get(f"/projects/{made['id']}").status_code == 403
