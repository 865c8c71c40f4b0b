"""Labels: created, changed, deleted, carried by tasks."""

import pytest
from flask import Flask

from tests.support.users import ProjectAndBoard, TestUser, add_project_and_board


@pytest.fixture
def project(app: Flask, owner: TestUser, member: TestUser) -> ProjectAndBoard:
    return add_project_and_board(app, owner, member=member)


def test_a_member_creates_a_label_that_is_grey_by_default(member: TestUser, project: ProjectAndBoard) -> None:
    created = member.api.post(f"/projects/{project.project_id}/labels", json={"name": "Optics"})
    assert (created.status_code, created.json["colour"], created.json["project_id"]) == (201, "grey", project.project_id)
    assert member.api.get(created.headers["Location"]).json == created.json


def test_a_name_is_there_once_whatever_its_case(app: Flask, owner: TestUser, project: ProjectAndBoard) -> None:
    path = f"/projects/{project.project_id}/labels"
    assert owner.api.post(path, json={"name": "Übung"}).status_code == 201
    other = owner.api.post(path, json={"name": "Optics"}).json
    for answer in (
        owner.api.post(path, json={"name": "üBUNG"}),
        owner.api.patch(f"/labels/{other['id']}", json={"name": "ÜBUNG"}),
    ):
        assert (answer.status_code, answer.json["code"]) == (409, "conflict")
    assert [label["name"] for label in owner.api.get(path).json["data"]] == ["Übung", "Optics"]
    elsewhere = add_project_and_board(app, owner)
    assert owner.api.post(f"/projects/{elsewhere.project_id}/labels", json={"name": "Übung"}).status_code == 201


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_a_change_leaves_the_rest(owner: TestUser, project: ProjectAndBoard, method: str) -> None:
    label = owner.api.post(f"/projects/{project.project_id}/labels", json={"name": "Optics", "colour": "pink"}).json
    changed = owner.api.ask(method, f"/labels/{label['id']}", json={"name": "OPTICS"}).json
    assert (changed["name"], changed["colour"]) == ("OPTICS", "pink")


def test_an_unknown_colour_is_answered_with_the_known_ones(owner: TestUser, project: ProjectAndBoard) -> None:
    answer = owner.api.post(f"/projects/{project.project_id}/labels", json={"name": "Optics", "colour": "mauve"})
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "/colour")
    assert "teal" in answer.json["errors"][0]["allowed_values"]


def test_tasks_lose_a_label_that_is_deleted(owner: TestUser, project: ProjectAndBoard) -> None:
    label = owner.api.post(f"/projects/{project.project_id}/labels", json={"name": "Optics"}).json
    task = owner.api.post(f"/boards/{project.board_id}/tasks", json={"title": "Grind", "labels": [label["id"]]}).json
    assert [carried["id"] for carried in task["labels"]] == [label["id"]]
    assert owner.api.delete(f"/labels/{label['id']}").status_code == 204
    assert owner.api.get(f"/tasks/{task['id']}").json["labels"] == []
    assert owner.api.get(f"/labels/{label['id']}").status_code == 404
