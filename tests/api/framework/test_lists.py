"""Lists: cursors that cannot be forged, and a fixed number of queries whatever the length."""

from collections.abc import Callable

import pytest
from flask import Flask

from tests.support.statements import recorded
from tests.support.users import Api, ProjectAndBoard, TestUser, add_project_and_board

SOURCES = [
    "/projects",
    "/projects/{project_id}/boards",
    "/projects/{project_id}/members",
    "/boards/{board_id}/tasks",
    "/boards/{board_id}/sprints",
]


@pytest.fixture
def project(app: Flask, owner: TestUser, member: TestUser) -> ProjectAndBoard:
    project = add_project_and_board(app, owner, member=member)
    for number in range(3):
        task = {"title": f"Task {number}", "assignees": [owner.person.id, member.person.id]}
        owner.api.post(f"/boards/{project.board_id}/tasks", json=task)
        owner.api.post(f"/boards/{project.board_id}/sprints", json={"name": f"Sprint {number}"})
    return project


def test_a_list_links_to_its_next_page(owner: TestUser, project: ProjectAndBoard) -> None:
    answer = owner.api.get(f"/boards/{project.board_id}/tasks?limit=2&state=backlog")
    address, _, relation = answer.headers["Link"].partition(">; ")
    assert relation == 'rel="next"'
    rest = owner.api.get(address.removeprefix("<http://127.0.0.1:8000"))
    assert [task["title"] for task in rest.json["data"]] == ["Task 2"]
    assert "Link" not in rest.headers


@pytest.mark.parametrize(
    "tamper",
    [
        lambda cursor: cursor[:-1] + ("A" if cursor[-1] != "A" else "B"),
        lambda cursor: ("A" if cursor[0] != "A" else "B") + cursor[1:],
        lambda cursor: cursor[:-4],
        lambda cursor: cursor + "AAAA",
    ],
)
def test_a_tampered_cursor_is_refused(owner: TestUser, project: ProjectAndBoard, tamper: Callable[[str], str]) -> None:
    path = f"/boards/{project.board_id}/tasks?limit=1"
    cursor = owner.api.get(path).json["next_cursor"]
    answer = owner.api.get(f"{path}&cursor={tamper(cursor)}")
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (400, "cursor")


def test_a_cursor_of_another_list_is_refused(app: Flask, owner: TestUser, project: ProjectAndBoard) -> None:
    cursor = owner.api.get(f"/boards/{project.board_id}/tasks?limit=1").json["next_cursor"]
    other = add_project_and_board(app, owner)
    assert owner.api.get(f"/boards/{other.board_id}/tasks?cursor={cursor}").status_code == 400
    assert owner.api.get(f"/boards/{project.board_id}/tasks?sort=updated_at&cursor={cursor}").status_code == 400


@pytest.mark.parametrize("source", SOURCES)
def test_a_list_takes_the_same_queries_whatever_its_length(
    app: Flask, owner: TestUser, project: ProjectAndBoard, source: str
) -> None:
    path = source.format(**vars(project))
    owner.api.get(path)
    with recorded(app) as short:
        assert len(owner.api.get(f"{path}?limit=1").json["data"]) == 1
    with recorded(app) as long:
        owner.api.get(f"{path}?limit=100")
    assert len(short) == len(long) <= 5, long


def test_names_are_found_whatever_their_case(app: Flask, owner: TestUser) -> None:
    project = add_project_and_board(app, owner, name="Überfahrt")
    found = owner.api.get("/projects?q=ÜBERF").json["data"]
    assert project.project_id in [project["id"] for project in found]


def test_a_key_limited_to_projects_lists_only_those(app: Flask, owner: TestUser, project: ProjectAndBoard) -> None:
    add_project_and_board(app, owner)
    key = owner.new_key(f"One {project.project_id}", project_ids=frozenset({project.project_id}))
    listed = Api(app, key).get("/projects").json["data"]
    assert [project["id"] for project in listed] == [project.project_id]
