"""Lists: cursors that cannot be forged, a fixed number of queries whatever the length, and parameters as forms write them."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests.api.framework.test_access_matrix import OPERATIONS
from tests.support.statements import recorded
from tests.support.users import Api, ProjectAndBoard, TestUser, add_project_and_board

_READS = [operation for operation in OPERATIONS if operation.method == "GET" and operation.description.gives]
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


@pytest.fixture
def cafes(owner: TestUser, new_project: Callable[..., ProjectAndBoard]) -> ProjectAndBoard:
    cafes = new_project(owner)
    for state in ("done", "review", "ready", "done"):
        owner.api.post(f"/boards/{cafes.board_id}/tasks", json={"title": f"{state} café", "state": state})
    return cafes


def titles(owner: TestUser, cafes: ProjectAndBoard, query: str) -> list[str]:
    answer = owner.api.get(f"/boards/{cafes.board_id}/tasks?{query}")
    assert answer.status_code == 200, answer.text
    return [task["title"] for task in answer.json["data"]]


@pytest.mark.parametrize(
    "empty",
    [
        "cursor=",
        "cursor=&state=&q=",
        "limit=&sort=&fields=",
        "assignee=&sprint_id=&label=&blocked=&pinned=",
        "due_before=&due_after=&updated_since=",
        "state=&state=",
        "q&state",
    ],
)
def test_an_empty_parameter_is_as_if_left_out(owner: TestUser, cafes: ProjectAndBoard, empty: str) -> None:
    assert titles(owner, cafes, empty) == titles(owner, cafes, "")


@pytest.mark.parametrize(
    "written", ["state=done&state=review", "state=review&state=done", "state=done,review&state=", "state=done,review,done"]
)
def test_a_list_may_be_repeated(owner: TestUser, cafes: ProjectAndBoard, written: str) -> None:
    assert titles(owner, cafes, written) == titles(owner, cafes, "state=done,review") == ["done café", "review café", "done café"]


def test_a_value_beside_an_empty_one_counts_once(owner: TestUser, cafes: ProjectAndBoard) -> None:
    assert titles(owner, cafes, "limit=&limit=1&q=&q=review") == ["review café"]


def test_fields_may_be_repeated(owner: TestUser, cafes: ProjectAndBoard) -> None:
    answer = owner.api.get(f"/boards/{cafes.board_id}/tasks?fields=id&fields=title&limit=1")
    assert set(answer.json["data"][0]) == {"id", "title"}
    assert set(owner.api.get(f"/boards/{cafes.board_id}?fields=name&fields=id").json) == {"id", "name"}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2001-11-01", "2001-11-01T00:00:00Z"),
        ("2001-11-01T02:00:00 02:00", "2001-11-01T00:00:00Z"),
        ("2001-11-01T02:00:00+02:00", "2001-11-01T00:00:00Z"),
        ("2001-11-01T02:00:00.5%2B02:00", "2001-11-01T00:00:00.5Z"),
        ("2999-11-01", "2999-11-01T00:00:00Z"),
    ],
)
def test_a_time_may_be_a_day_or_have_lost_its_plus(owner: TestUser, cafes: ProjectAndBoard, written: str, meant: str) -> None:
    """Unencoded, the + of an offset arrives as a blank."""
    assert titles(owner, cafes, f"updated_since={written}") == titles(owner, cafes, f"updated_since={meant}")
    cursors = [next_cursor(owner, cafes, f"updated_since={time}") for time in (written, meant)]
    assert cursors[0] == cursors[1]
    activity = f"/projects/{cafes.project_id}/activity"
    assert owner.api.get(f"{activity}?since={written}").json == owner.api.get(f"{activity}?since={meant}").json


def next_cursor(owner: TestUser, cafes: ProjectAndBoard, query: str) -> Any:
    return owner.api.get(f"/boards/{cafes.board_id}/tasks?limit=1&{query}").json["next_cursor"]


def test_a_day_is_its_start_in_utc(owner: TestUser, cafes: ProjectAndBoard) -> None:
    changed_at = owner.api.get(f"/boards/{cafes.board_id}/tasks?limit=1").json["data"][0]["updated_at"]
    assert len(titles(owner, cafes, f"updated_since={changed_at[:10]}")) == 4


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ("state=done,review", "state=review&state=done"),
        ("state=done&state=review", "state=review,done"),
        ("q=caf%C3%A9&state=", "q=caf%c3%a9&sprint_id="),
        ("updated_since=2001-11-01", "updated_since=2001-11-01T02:00:00+02:00"),
        ("", "sort=created_at&blocked="),
        ("fields=id,title", "fields=title"),
    ],
)
def test_a_cursor_works_however_the_same_is_written(owner: TestUser, cafes: ProjectAndBoard, first: str, then: str) -> None:
    cursor = next_cursor(owner, cafes, first)
    rest = owner.api.get(f"/boards/{cafes.board_id}/tasks?{then}&cursor={cursor}")
    assert rest.status_code == 200, rest.text


@pytest.mark.parametrize("other", ["state=done", "state=done,review,ready", "q=caf", "updated_since=2001-11-02", "blocked=false"])
def test_a_cursor_of_other_filters_is_refused(owner: TestUser, cafes: ProjectAndBoard, other: str) -> None:
    cursor = next_cursor(owner, cafes, "state=done,review")
    answer = owner.api.get(f"/boards/{cafes.board_id}/tasks?{other}&cursor={cursor}")
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (400, "cursor")


def test_the_link_means_the_same(owner: TestUser, cafes: ProjectAndBoard) -> None:
    pages, address = [], f"/boards/{cafes.board_id}/tasks?limit=1&state=done&state=review&cursor=&q=caf%C3%A9&fields=title"
    while address:
        answer = owner.api.get(address)
        assert answer.status_code == 200, answer.text
        pages += [task["title"] for task in answer.json["data"]]
        address = answer.headers.get("Link", "").partition(">")[0].removeprefix("<http://127.0.0.1:8000")
    assert pages == ["done café", "review café", "done café"]


@pytest.mark.parametrize("operation", _READS, ids=[operation.name for operation in _READS])
def test_what_is_published_may_be_empty_and_a_list_repeated(app: Flask, operation: Any) -> None:
    """OpenAPI 3.1, section 4.8.12.2: allowEmptyValue, and form with explode."""
    published = Api(app, None).get("/api/openapi.json").json["paths"][operation.path]["get"]["parameters"]
    for parameter in (each for each in published if each.get("in") == "query"):
        assert parameter["allowEmptyValue"] is True
        if parameter["schema"].get("type") == "array":
            assert (parameter["style"], parameter["explode"], "commas" in parameter["description"]) == ("form", True, True)
