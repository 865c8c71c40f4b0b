"""Activity: who did what in a project, through which credential."""

import time

import pytest
from flask import Flask

from calmboard.clock import now
from tests.support.users import Api, ProjectAndBoard, TestUser, add_project_and_board


@pytest.fixture
def project(app: Flask, owner: TestUser, viewer: TestUser) -> ProjectAndBoard:
    return add_project_and_board(app, owner, viewer=viewer)


def test_a_change_records_who_did_it_and_through_which_key(
    app: Flask, owner: TestUser, viewer: TestUser, project: ProjectAndBoard
) -> None:
    key = Api(app, owner.new_key(f"Mirror {project.project_id}"))
    board = key.post(f"/projects/{project.project_id}/boards", json={"name": "Dome"}).json
    (line,) = viewer.api.get(f"/projects/{project.project_id}/activity").json["data"]
    assert (line["what"], line["subject_id"], line["board_id"]) == ("board.created", board["id"], board["id"])
    assert (line["changes"], line["source"]) == ({"name": "Dome"}, "key")
    assert line["actor"] == {"id": owner.person.id, "name": owner.person.name}
    assert line["credential"] == {"id": key.get("/me").json["credential"]["id"], "name": f"Mirror {project.project_id}"}


def test_every_change_is_there_newest_first(owner: TestUser, viewer: TestUser, project: ProjectAndBoard) -> None:
    path, api = f"/projects/{project.project_id}", owner.api
    api.patch(path, json={"description": "Stars"})
    api.patch(f"/boards/{project.board_id}", json={"name": "Dish"})
    label = api.post(f"{path}/labels", json={"name": "Optics"}).json["id"]
    api.patch(f"/labels/{label}", json={"colour": "red"})
    api.delete(f"/labels/{label}")
    invitation = api.post(f"{path}/invitations", json={"email": f"{project.project_id}@harbour.example"}).json["id"]
    api.delete(f"/invitations/{invitation}")
    api.patch(f"{path}/members/{viewer.person.id}", json={"role": "member"})
    viewer.api.delete(f"{path}/members/{viewer.person.id}")
    api.delete(f"/boards/{project.board_id}")
    lines = [line["what"] for line in api.get(f"{path}/activity").json["data"]]
    assert lines == [
        "board.deleted",
        "member.left",
        "member.changed",
        "member.uninvited",
        "member.invited",
        "label.deleted",
        "label.changed",
        "label.created",
        "board.changed",
        "project.changed",
    ]


def test_a_task_that_joins_or_leaves_a_sprint_is_recorded_once(owner: TestUser, project: ProjectAndBoard) -> None:
    task = owner.api.post(f"/boards/{project.board_id}/tasks", json={"title": "Grind the mirror"}).json["id"]
    sprint = owner.api.post(f"/boards/{project.board_id}/sprints", json={"name": "First light"}).json["id"]
    for sprint_id in (sprint, sprint, None):
        owner.api.patch(f"/tasks/{task}", json={"sprint_id": sprint_id})
    lines = owner.api.get(f"/projects/{project.project_id}/activity").json["data"]
    changes = [line["changes"] for line in lines if line["what"] == "task.changed"]
    assert changes == [{"sprint_id": None}, {"sprint_id": sprint}]


def test_what_was_refused_leaves_no_trace(owner: TestUser, viewer: TestUser, project: ProjectAndBoard) -> None:
    viewer.api.patch(f"/projects/{project.project_id}", json={"name": "Mine"})
    owner.api.patch(f"/projects/{project.project_id}", json={"name": "Mine"}, headers={"If-Match": '"other"'})
    assert owner.api.get(f"/projects/{project.project_id}/activity").json["data"] == []


def test_since_leaves_out_what_was_before(owner: TestUser, project: ProjectAndBoard) -> None:
    path = f"/projects/{project.project_id}"
    owner.api.patch(path, json={"name": "Before"})
    time.sleep(0.002)
    since = now().isoformat().replace("+00:00", "Z")
    owner.api.patch(path, json={"name": "After"})
    assert [line["changes"] for line in owner.api.get(f"{path}/activity?since={since}").json["data"]] == [{"name": "After"}]
    assert len(owner.api.get(f"{path}/activity?since=0001-01-01T00:00:00Z").json["data"]) == 2
    assert owner.api.get(f"{path}/activity?since=9999-12-31T23:59:59Z").json["data"] == []


def test_pages_hold_every_line_once(owner: TestUser, project: ProjectAndBoard) -> None:
    path = f"/projects/{project.project_id}"
    for number in range(5):
        owner.api.patch(path, json={"name": str(number)})
    whole = owner.api.get(f"{path}/activity").json["data"]
    first = owner.api.get(f"{path}/activity?limit=2").json
    rest = owner.api.get(f"{path}/activity?limit=9&cursor={first['next_cursor']}").json["data"]
    assert first["data"] + rest == whole
    assert [line["changes"]["name"] for line in whole] == ["4", "3", "2", "1", "0"]
