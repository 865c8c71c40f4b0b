"""Boards: created, changed, deleted."""

import pytest
from flask import Flask

from tests.support.users import ProjectAndBoard, TestUser, add_project_and_board


@pytest.fixture
def project(app: Flask, owner: TestUser, member: TestUser, viewer: TestUser) -> ProjectAndBoard:
    return add_project_and_board(app, owner, admin=viewer, member=member)


def test_a_new_board_has_five_empty_columns(viewer: TestUser, project: ProjectAndBoard) -> None:
    created = viewer.api.post(f"/projects/{project.project_id}/boards", json={"name": "Dome"})
    assert created.status_code == 201
    assert [(column["name"], column["task_count"]) for column in created.json["columns"]] == [
        ("Backlog", 0),
        ("Ready", 0),
        ("In Progress", 0),
        ("Review", 0),
        ("Done", 0),
    ]
    assert viewer.api.get(created.headers["Location"]).json == created.json


def test_a_member_makes_and_changes_no_boards(member: TestUser, project: ProjectAndBoard) -> None:
    assert member.api.post(f"/projects/{project.project_id}/boards", json={"name": "Dome"}).status_code == 403
    assert member.api.patch(f"/boards/{project.board_id}", json={"name": "Dome"}).status_code == 403
    assert member.api.delete(f"/boards/{project.board_id}").status_code == 403


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_a_board_gets_another_name(viewer: TestUser, project: ProjectAndBoard, method: str) -> None:
    changed = viewer.api.ask(method, f"/boards/{project.board_id}", json={"name": "Radio dish"}).json
    assert changed["name"] == "Radio dish"
    assert changed["updated_at"] > changed["created_at"]


def test_a_name_that_is_sent_again_changes_nothing(owner: TestUser, project: ProjectAndBoard) -> None:
    before = owner.api.get(f"/boards/{project.board_id}").json
    assert owner.api.patch(f"/boards/{project.board_id}", json={"name": before["name"]}).json == before


def test_a_board_that_filled_up_meanwhile_is_not_deleted(owner: TestUser, project: ProjectAndBoard) -> None:
    path = f"/boards/{project.board_id}"
    seen = owner.api.get(path).headers["ETag"]
    owner.api.post(f"{path}/tasks", json={"title": "Keep me"})
    assert owner.api.delete(path, headers={"If-Match": seen}).status_code == 412
    assert owner.api.delete(path).status_code == 204
    assert owner.api.get(path).status_code == 404


@pytest.mark.parametrize("name", ["", "   ", "\u2003\u00a0", "\u200b\u202e", "x" * 101, None, 7, "a\0b"])
def test_a_name_that_cannot_be_used_is_named(owner: TestUser, project: ProjectAndBoard, name: object) -> None:
    answer = owner.api.post(f"/projects/{project.project_id}/boards", json={"name": name})
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "/name")
