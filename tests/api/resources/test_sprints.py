"""Sprints: planned, changed, started, completed, deleted; one active at most, also under concurrent requests."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from calmboard.clock import now
from calmboard.db import db
from calmboard.models import Activity
from tests.api.resources.test_tasks import add, column
from tests.support.users import Answer, Api, ProjectAndBoard, TestUser, add_project_and_board

TURNS = range(20)


@pytest.fixture
def project(app: Flask, owner: TestUser, member: TestUser, viewer: TestUser) -> ProjectAndBoard:
    return add_project_and_board(app, owner, member=member, viewer=viewer)


def plan(owner: TestUser, project: ProjectAndBoard, name: str = "First light", **fields: Any) -> str:
    answer = owner.api.post(f"/boards/{project.board_id}/sprints", json={"name": name, **fields})
    assert answer.status_code == 201, answer.text
    sprint_id: str = answer.json["id"]
    return sprint_id


def start(owner: TestUser, sprint_id: str) -> dict[str, Any]:
    answer = owner.api.post(f"/sprints/{sprint_id}/start")
    assert answer.status_code == 200, answer.text
    sprint: dict[str, Any] = answer.json
    return sprint


def complete(owner: TestUser, sprint_id: str, **options: Any) -> Answer:
    return owner.api.post(f"/sprints/{sprint_id}/complete", json=options or {"unfinished": "keep"})


def sprints(owner: TestUser, project: ProjectAndBoard, query: str = "") -> list[str]:
    return [sprint["name"] for sprint in owner.api.get(f"/boards/{project.board_id}/sprints?{query}").json["data"]]


def test_a_new_sprint_is_planned_and_empty(owner: TestUser, project: ProjectAndBoard) -> None:
    answer = owner.api.post(f"/boards/{project.board_id}/sprints", json={"name": "First light 🔭"})
    sprint = answer.json
    assert (answer.status_code, sprint["name"], sprint["goal"], sprint["state"]) == (201, "First light 🔭", "", "planned")
    dates = [sprint[name] for name in ("starts_on", "ends_on", "started_at", "completed_at")]
    assert (dates, sprint["task_count"], sprint["done_count"]) == ([None] * 4, 0, 0)
    assert owner.api.get("/api/v1/" + answer.headers["Location"].partition("/api/v1/")[2]).json == sprint


def test_sprints_are_listed_oldest_first_and_by_state(owner: TestUser, project: ProjectAndBoard) -> None:
    first, second, _ = (plan(owner, project, name) for name in "abc")
    start(owner, first)
    complete(owner, first)
    start(owner, second)
    assert sprints(owner, project) == ["a", "b", "c"]
    assert sprints(owner, project, "state=active") == ["b"]
    assert sprints(owner, project, "state=planned,completed") == ["a", "c"]
    assert sprints(owner, project, "limit=2") == ["a", "b"]


def test_pages_of_sprints_hold_each_once(owner: TestUser, project: ProjectAndBoard) -> None:
    for name in "abcde":
        plan(owner, project, name)
    page = owner.api.get(f"/boards/{project.board_id}/sprints?limit=2").json
    rest = owner.api.get(f"/boards/{project.board_id}/sprints?limit=3&cursor={page['next_cursor']}").json
    assert [sprint["name"] for sprint in page["data"] + rest["data"]] == list("abcde")
    assert rest["has_more"] is False


def test_a_sprint_counts_its_tasks(owner: TestUser, project: ProjectAndBoard) -> None:
    sprint_id = plan(owner, project)
    for state in ("ready", "review", "done"):
        add(owner, project, state, state=state, sprint_id=sprint_id)
    add(owner, project, "elsewhere", state="done")
    sprint = owner.api.get(f"/sprints/{sprint_id}").json
    assert (sprint["task_count"], sprint["done_count"]) == (3, 1)


def test_a_change_leaves_other_fields_alone(owner: TestUser, project: ProjectAndBoard) -> None:
    sprint_id = plan(owner, project, goal="See far", starts_on="2026-12-01", ends_on="2026-12-14")
    before = owner.api.get(f"/sprints/{sprint_id}").json
    changed = owner.api.patch(f"/sprints/{sprint_id}", json={"name": "Second light", "ends_on": None}).json
    assert {**changed, "updated_at": ""} == {**before, "name": "Second light", "ends_on": None, "updated_at": ""}
    assert owner.api.put(f"/sprints/{sprint_id}", json={"goal": ""}).json["name"] == "Second light"


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"ends_on": "2026-11-30"}, "/ends_on"),
        ({"starts_on": "2026-12-15"}, "/starts_on"),
        ({"starts_on": "2026-12-09", "ends_on": "2026-12-08"}, "/ends_on"),
        ({"ends_on": "2027-12-02"}, "/ends_on"),
        ({"starts_on": "0001-01-01"}, "/starts_on"),
        ({"ends_on": "9999-12-31"}, "/ends_on"),
    ],
)
def test_days_out_of_order_or_too_far_apart_are_refused(
    owner: TestUser, project: ProjectAndBoard, changes: dict[str, Any], pointer: str
) -> None:
    sprint_id = plan(owner, project, starts_on="2026-12-01", ends_on="2026-12-14")
    answer = owner.api.patch(f"/sprints/{sprint_id}", json=changes)
    assert (answer.status_code, [error["pointer"] for error in answer.json["errors"]]) == (422, [pointer])
    assert owner.api.get(f"/sprints/{sprint_id}").json["starts_on"] == "2026-12-01"


def test_a_sprint_of_one_day_and_one_of_a_leap_year_are_accepted(owner: TestUser, project: ProjectAndBoard) -> None:
    plan(owner, project, starts_on="2026-12-01", ends_on="2026-12-01")
    plan(owner, project, starts_on="2028-01-01", ends_on="2028-12-31")


def test_a_change_to_what_was_not_seen_is_412(owner: TestUser, project: ProjectAndBoard) -> None:
    sprint_id = plan(owner, project)
    seen = owner.api.get(f"/sprints/{sprint_id}").headers["ETag"]
    owner.api.patch(f"/sprints/{sprint_id}", json={"goal": "Changed"})
    for answer in (
        owner.api.patch(f"/sprints/{sprint_id}", json={"goal": "Lost"}, headers={"If-Match": seen}),
        owner.api.delete(f"/sprints/{sprint_id}", headers={"If-Match": seen}),
    ):
        assert (answer.status_code, answer.json["code"]) == (412, "precondition_failed")
    assert owner.api.get(f"/sprints/{sprint_id}").json["goal"] == "Changed"


def test_a_sprint_without_days_runs_for_two_weeks_from_today(owner: TestUser, project: ProjectAndBoard) -> None:
    today = now().date()
    sprint = start(owner, plan(owner, project))
    assert sprint["state"] == "active"
    assert date.fromisoformat(sprint["starts_on"]) - today in (timedelta(0), timedelta(1))
    first_of_the_next = date.fromisoformat(sprint["ends_on"]) + timedelta(days=1)
    assert first_of_the_next - date.fromisoformat(sprint["starts_on"]) == timedelta(weeks=2)
    assert sprint["started_at"][:10] == sprint["starts_on"]


@pytest.mark.parametrize("first", ["2026-11-02", "9999-12-28"])
def test_planned_days_stay_at_the_start(owner: TestUser, project: ProjectAndBoard, first: str) -> None:
    sprint = start(owner, plan(owner, project, starts_on=first))
    assert (sprint["starts_on"], sprint["ends_on"]) == (first, "2026-11-15" if first[0] == "2" else "9999-12-31")


def test_a_sprint_that_should_be_over_does_not_start(owner: TestUser, project: ProjectAndBoard) -> None:
    sprint_id = plan(owner, project, ends_on="2020-01-01")
    answer = owner.api.post(f"/sprints/{sprint_id}/start")
    assert (answer.status_code, answer.json["code"]) == (409, "conflict")


def test_a_board_has_one_active_sprint(app: Flask, owner: TestUser, project: ProjectAndBoard) -> None:
    first, second = plan(owner, project, "a"), plan(owner, project, "b")
    start(owner, first)
    for sprint_id in (first, second):
        answer = owner.api.post(f"/sprints/{sprint_id}/start")
        assert (answer.status_code, answer.json["code"]) == (409, "conflict")
    start(owner, plan(owner, add_project_and_board(app, owner), "on another board"))
    complete(owner, first)
    start(owner, second)


def test_only_an_active_sprint_is_completed(owner: TestUser, project: ProjectAndBoard) -> None:
    sprint_id = plan(owner, project)
    assert complete(owner, sprint_id).status_code == 409
    start(owner, sprint_id)
    assert complete(owner, sprint_id).json["state"] == "completed"
    assert complete(owner, sprint_id).status_code == 409
    assert owner.api.post(f"/sprints/{sprint_id}/start").status_code == 409


def fill(owner: TestUser, project: ProjectAndBoard, sprint_id: str) -> None:
    add(owner, project, "waits")
    for title, state in (("r", "review"), ("b", "backlog"), ("d", "done"), ("y", "ready"), ("z", "review")):
        add(owner, project, title, state=state, sprint_id=sprint_id)


def of_sprint(owner: TestUser, project: ProjectAndBoard, sprint_id: str) -> set[str]:
    tasks = owner.api.get(f"/boards/{project.board_id}/tasks?sprint_id={sprint_id}").json["data"]
    return {task["title"] for task in tasks}


def test_unfinished_tasks_go_back_in_the_order_of_the_board(owner: TestUser, project: ProjectAndBoard) -> None:
    sprint_id = plan(owner, project)
    fill(owner, project, sprint_id)
    start(owner, sprint_id)
    completed = complete(owner, sprint_id, unfinished="backlog").json
    assert column(owner, project, "backlog") == ["waits", "b", "y", "r", "z"]
    assert (completed["task_count"], completed["done_count"], column(owner, project, "done")) == (1, 1, ["d"])
    assert of_sprint(owner, project, sprint_id) == {"d"}


def test_unfinished_tasks_keep_their_column(owner: TestUser, project: ProjectAndBoard) -> None:
    sprint_id = plan(owner, project)
    fill(owner, project, sprint_id)
    start(owner, sprint_id)
    complete(owner, sprint_id, unfinished="keep")
    assert (column(owner, project, "review"), column(owner, project, "backlog")) == (["r", "z"], ["waits", "b"])
    assert of_sprint(owner, project, sprint_id) == {"d"}


def test_unfinished_tasks_go_on_in_the_next_sprint(owner: TestUser, project: ProjectAndBoard) -> None:
    sprint_id, following = plan(owner, project), plan(owner, project, "Next")
    fill(owner, project, sprint_id)
    start(owner, sprint_id)
    assert complete(owner, sprint_id, move_to=following).status_code == 200
    assert (of_sprint(owner, project, sprint_id), of_sprint(owner, project, following)) == ({"d"}, {"r", "b", "y", "z"})
    assert column(owner, project, "review") == ["r", "z"]


def test_tasks_move_to_a_planned_sprint_of_the_same_board_alone(app: Flask, owner: TestUser, project: ProjectAndBoard) -> None:
    sprint_id = plan(owner, project)
    start(owner, sprint_id)
    elsewhere = plan(owner, add_project_and_board(app, owner))
    for move_to in (sprint_id, elsewhere, "spr_01m86ffkj1eyt9k86t46h61k8b"):
        answer = complete(owner, sprint_id, move_to=move_to)
        assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "/move_to")
    assert owner.api.get(f"/sprints/{sprint_id}").json["state"] == "active"


@pytest.mark.parametrize("body", [{}, {"unfinished": "keep", "move_to": "spr_01m86ffkj1eyt9k86t46h61k8b"}])
def test_exactly_one_target_for_unfinished_tasks_is_required(
    owner: TestUser, project: ProjectAndBoard, body: dict[str, Any]
) -> None:
    sprint_id = plan(owner, project)
    start(owner, sprint_id)
    answer = owner.api.post(f"/sprints/{sprint_id}/complete", json=body)
    assert answer.status_code == 422
    assert {error["pointer"] for error in answer.json["errors"]} == {"/unfinished", "/move_to"}


def test_a_planned_sprint_is_deleted_and_leaves_its_tasks(owner: TestUser, project: ProjectAndBoard) -> None:
    sprint_id = plan(owner, project)
    task = add(owner, project, "stays", sprint_id=sprint_id)
    assert owner.api.delete(f"/sprints/{sprint_id}").status_code == 204
    left = owner.api.get(f"/tasks/{task['id']}").json
    assert left["sprint_id"] is None
    assert left["updated_at"] > task["updated_at"]
    assert owner.api.get(f"/sprints/{sprint_id}").status_code == 404


def test_a_started_sprint_is_not_deleted(owner: TestUser, project: ProjectAndBoard) -> None:
    sprint_id = plan(owner, project)
    start(owner, sprint_id)
    assert owner.api.delete(f"/sprints/{sprint_id}").status_code == 409
    complete(owner, sprint_id)
    assert owner.api.delete(f"/sprints/{sprint_id}").status_code == 409


def test_members_run_sprints_and_viewers_read_them(member: TestUser, viewer: TestUser, project: ProjectAndBoard) -> None:
    sprint_id = plan(member, project)
    start(member, sprint_id)
    assert viewer.api.get(f"/sprints/{sprint_id}").json["state"] == "active"
    assert complete(viewer, sprint_id).status_code == 403
    assert complete(member, sprint_id).status_code == 200


def test_what_is_done_with_a_sprint_is_recorded(app: Flask, owner: TestUser, project: ProjectAndBoard) -> None:
    sprint_id = plan(owner, project)
    owner.api.patch(f"/sprints/{sprint_id}", json={"ends_on": "2030-01-01"})
    start(owner, sprint_id)
    complete(owner, sprint_id)
    owner.api.delete(f"/sprints/{plan(owner, project)}")
    with app.app_context():
        lines = select(Activity.what).where(Activity.project_id == project.project_id).order_by(Activity.id)
        recorded = list(db.session.execute(lines).scalars())
    verbs = ("created", "changed", "started", "completed", "created", "deleted")
    assert recorded == [f"sprint.{verb}" for verb in verbs]


def at_once(app: Flask, key: str, *requests: tuple[str, str, Any]) -> list[int]:
    def send(request: tuple[str, str, Any]) -> int:
        method, path, body = request
        return Api(app, key).ask(method, path, json=body).status_code

    with ThreadPoolExecutor(len(requests)) as threads:
        return sorted(threads.map(send, requests))


@pytest.mark.parametrize("turn", TURNS)
def test_of_starts_at_once_one_succeeds(app: Flask, owner: TestUser, project: ProjectAndBoard, turn: int) -> None:
    first, second = plan(owner, project, "a"), plan(owner, project, "b")
    paths = [f"/sprints/{sprint_id}/start" for sprint_id in (first, second, first, second)]
    assert at_once(app, owner.key, *[("POST", path, None) for path in paths]) == [200, 409, 409, 409]
    assert len(sprints(owner, project, "state=active")) == 1


@pytest.mark.parametrize("turn", TURNS)
def test_of_completions_at_once_one_succeeds(app: Flask, owner: TestUser, project: ProjectAndBoard, turn: int) -> None:
    sprint_id, following = plan(owner, project), plan(owner, project, "Next")
    fill(owner, project, sprint_id)
    start(owner, sprint_id)
    bodies: list[dict[str, Any]] = [{"unfinished": "backlog"}, {"unfinished": "keep"}, {"move_to": following}]
    answers = at_once(app, owner.key, *[("POST", f"/sprints/{sprint_id}/complete", body) for body in bodies])
    assert answers == [200, 409, 409]
    assert len(of_sprint(owner, project, following)) in (0, 4)


@pytest.mark.parametrize("turn", TURNS)
def test_no_task_slips_into_a_sprint_that_completes(app: Flask, owner: TestUser, project: ProjectAndBoard, turn: int) -> None:
    sprint_id = plan(owner, project)
    tasks = [add(owner, project, title)["id"] for title in "abcd"]
    inside = [add(owner, project, title, sprint_id=sprint_id, state="review")["id"] for title in "ef"]
    start(owner, sprint_id)
    joins: list[tuple[str, str, Any]] = [("PATCH", f"/tasks/{task_id}", {"sprint_id": sprint_id}) for task_id in tasks]
    completion = ("POST", f"/sprints/{sprint_id}/complete", {"unfinished": "backlog"})
    leaving: list[tuple[str, str, Any]] = [
        ("DELETE", f"/tasks/{inside[0]}", None),
        ("PATCH", f"/tasks/{inside[1]}", {"state": "done", "title": "done in time, or not"}),
    ]
    answers = at_once(app, owner.key, *joins, completion, *leaving)
    assert set(answers) <= {200, 204, 422}
    left = owner.api.get(f"/boards/{project.board_id}/tasks?sprint_id={sprint_id}").json["data"]
    assert {task["state"] for task in left} <= {"done"}
