"""Tasks: created, changed, moved, deleted; listed with filters and sorts."""

from typing import Any, get_args

import pytest
from flask import Flask

from api.resources.work.task_query import Sort
from calmboard.clock import now
from calmboard.db import db
from calmboard.models import Sprint
from tests.support.users import ProjectAndBoard, TestUser, add_project_and_board


@pytest.fixture
def project(app: Flask, owner: TestUser, member: TestUser, viewer: TestUser) -> ProjectAndBoard:
    return add_project_and_board(app, owner, member=member, viewer=viewer)


def add(owner: TestUser, project: ProjectAndBoard, title: str, **fields: Any) -> dict[str, Any]:
    answer = owner.api.post(f"/boards/{project.board_id}/tasks", json={"title": title, **fields})
    assert answer.status_code == 201, answer.text
    task: dict[str, Any] = answer.json
    return task


def column(owner: TestUser, project: ProjectAndBoard, state: str) -> list[str]:
    answer = owner.api.get(f"/boards/{project.board_id}/tasks?state={state}&sort=position")
    return [task["title"] for task in answer.json["data"]]


def test_a_new_task_is_found_at_its_location(owner: TestUser, project: ProjectAndBoard) -> None:
    answer = owner.api.post(f"/boards/{project.board_id}/tasks", json={"title": "Align the dish 📡 \"}'"})
    assert answer.status_code == 201
    assert owner.api.get(answer.headers["Location"].split("://", 1)[1].partition("/")[2].join(("/", ""))).json == answer.json
    assert answer.json["title"] == "Align the dish 📡 \"}'"
    assert answer.json["created_by"] == owner.person.id


def test_a_new_task_has_the_defaults(owner: TestUser, project: ProjectAndBoard) -> None:
    task = add(owner, project, "Only a title")
    assert task["state"] == "backlog"
    assert (task["description"], task["assignees"], task["due_date"], task["sprint_id"]) == ("", [], None, None)
    assert (task["blocked"], task["blocked_reason"], task["pinned"]) == (False, None, False)


def test_a_change_leaves_other_fields_alone(owner: TestUser, project: ProjectAndBoard, member: TestUser) -> None:
    task = add(owner, project, "Before", description="*Why*", due_date="2026-12-18", assignees=[member.person.id])
    changed = owner.api.patch(f"/tasks/{task['id']}", json={"title": "After"}).json
    assert {**changed, "updated_at": ""} == {**task, "title": "After", "updated_at": ""}
    assert changed["updated_at"] > task["updated_at"]


@pytest.mark.parametrize("content_type", ["application/json", "application/merge-patch+json", "application/json; charset=utf-8"])
@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_put_merges_as_patch_does(owner: TestUser, project: ProjectAndBoard, method: str, content_type: str) -> None:
    task = add(owner, project, "One", description="Stays", due_date="2026-12-18")
    answer = owner.api.ask(method, f"/tasks/{task['id']}", data=b'{"due_date": null}', content_type=content_type)
    assert (answer.json["description"], answer.json["due_date"]) == ("Stays", None)


def test_assignees_are_replaced_as_a_whole(owner: TestUser, project: ProjectAndBoard, member: TestUser, viewer: TestUser) -> None:
    task = add(owner, project, "One", assignees=[member.person.id, member.person.id])
    assert [person["id"] for person in task["assignees"]] == [member.person.id]
    changed = owner.api.patch(f"/tasks/{task['id']}", json={"assignees": [viewer.person.id]}).json
    assert changed["assignees"] == [{"id": viewer.person.id, "name": viewer.person.name}]
    assert owner.api.patch(f"/tasks/{task['id']}", json={"assignees": []}).json["assignees"] == []


def test_a_reason_blocks_and_unblocking_clears_it(owner: TestUser, project: ProjectAndBoard) -> None:
    task = add(owner, project, "One", blocked_reason="Waits for glass")
    assert task["blocked"] is True
    freed = owner.api.patch(f"/tasks/{task['id']}", json={"blocked": False}).json
    assert (freed["blocked"], freed["blocked_reason"]) == (False, None)


def test_a_member_changes_tasks(member: TestUser, project: ProjectAndBoard) -> None:
    task = add(member, project, "By a member")
    assert member.api.patch(f"/tasks/{task['id']}", json={"pinned": True}).json["pinned"] is True
    assert member.api.delete(f"/tasks/{task['id']}").status_code == 204


def test_a_deleted_task_is_gone(owner: TestUser, project: ProjectAndBoard) -> None:
    task = add(owner, project, "Gone")
    assert owner.api.delete(f"/tasks/{task['id']}").status_code == 204
    assert owner.api.get(f"/tasks/{task['id']}").status_code == 404
    assert owner.api.delete(f"/tasks/{task['id']}").status_code == 404
    assert column(owner, project, "backlog") == []


def test_a_task_moves_to_a_position(owner: TestUser, project: ProjectAndBoard) -> None:
    tasks = [add(owner, project, title) for title in "abcd"]
    owner.api.patch(f"/tasks/{tasks[3]['id']}", json={"position": 1})
    assert column(owner, project, "backlog") == ["a", "d", "b", "c"]
    owner.api.patch(f"/tasks/{tasks[0]['id']}", json={"position": 2})
    assert column(owner, project, "backlog") == ["d", "b", "a", "c"]
    owner.api.patch(f"/tasks/{tasks[1]['id']}", json={"position": 1_000_000})
    assert column(owner, project, "backlog") == ["d", "a", "c", "b"]


def test_a_task_whose_state_changes_goes_to_the_bottom(owner: TestUser, project: ProjectAndBoard) -> None:
    for title in "ab":
        add(owner, project, title, state="review")
    moved = add(owner, project, "c")
    owner.api.patch(f"/tasks/{moved['id']}", json={"state": "review"})
    assert column(owner, project, "review") == ["a", "b", "c"]
    owner.api.patch(f"/tasks/{moved['id']}", json={"state": "review"})
    assert column(owner, project, "review") == ["a", "b", "c"]
    assert column(owner, project, "backlog") == []


def test_sorting_by_position_follows_the_board(owner: TestUser, project: ProjectAndBoard) -> None:
    for state in ("done", "review", "backlog", "in_progress", "ready"):
        add(owner, project, state, state=state)
    listed = owner.api.get(f"/boards/{project.board_id}/tasks?sort=position").json["data"]
    assert [task["title"] for task in listed] == ["backlog", "ready", "in_progress", "review", "done"]


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("state=ready", {"second"}),
        ("state=ready,done", {"second", "third"}),
        ("assignee=me", {"second"}),
        ("blocked=true", {"third"}),
        ("blocked=false", {"first", "second"}),
        ("pinned=true", {"first"}),
        ("due_before=2026-12-18", {"first"}),
        ("due_after=2026-12-17", {"second"}),
        ("q=FIR", {"first"}),
        ("q=äther", {"third"}),
        ("q=100%25", {"third"}),
        ("q=%25", {"third"}),
        ("q=_", set()),
        ("updated_since=2020-01-01T00:00:00Z", {"first", "second", "third"}),
        ("updated_since=2099-01-01T00:00:00%2B02:00", set()),
        ("state=ready&assignee=me&blocked=false", {"second"}),
        ("state=done&assignee=me", set()),
    ],
)
def test_filters_narrow_the_list(owner: TestUser, project: ProjectAndBoard, query: str, titles: set[str]) -> None:
    add(owner, project, "first", pinned=True, due_date="2026-12-17")
    add(owner, project, "second", state="ready", assignees=[owner.person.id], due_date="2026-12-18")
    add(owner, project, "third", state="done", blocked_reason="Glass", description="100% ÄTHER")
    listed = owner.api.get(f"/boards/{project.board_id}/tasks?{query}")
    assert {task["title"] for task in listed.json["data"]} == titles


def test_tasks_of_a_sprint_are_found(app: Flask, owner: TestUser, project: ProjectAndBoard) -> None:
    with app.app_context():
        sprint = Sprint(board_id=project.board_id, name="First light", starts_on=now().date())
        db.session.add(sprint)
        db.session.commit()
        sprint_id = sprint.id
    add(owner, project, "outside")
    add(owner, project, "inside", sprint_id=sprint_id)
    listed = owner.api.get(f"/boards/{project.board_id}/tasks?sprint_id={sprint_id}").json["data"]
    assert [task["title"] for task in listed] == ["inside"]


@pytest.mark.parametrize("sort", get_args(Sort))
def test_pages_hold_every_task_once_in_order(owner: TestUser, project: ProjectAndBoard, sort: str) -> None:
    for number in range(7):
        add(owner, project, str(number), due_date=None if number % 3 == 0 else f"2026-12-{20 - number // 2}", position=number % 2)
    whole = owner.api.get(f"/boards/{project.board_id}/tasks?sort={sort}&limit=100").json
    assert (len(whole["data"]), whole["has_more"], whole["next_cursor"]) == (7, False, None)
    parts, path = [], f"/api/v1/boards/{project.board_id}/tasks?sort={sort}&limit=2"
    for _ in range(3):
        answer = owner.api.get(path)
        parts += answer.json["data"]
        path = f"/api/v1/boards/{project.board_id}/tasks?sort={sort}&limit=3&cursor={answer.json['next_cursor']}"
    assert parts == whole["data"]
    assert _is_sorted(sort, whole["data"])


def _is_sorted(sort: str, tasks: list[dict[str, Any]]) -> bool:
    field = sort.removeprefix("-")
    if field == "done_at":
        return len(tasks) == 7
    keys = [task[field] or "9999" for task in tasks]
    return keys == sorted(keys, reverse=sort.startswith("-"))


def test_downwards_the_last_one_done_leads(owner: TestUser, project: ProjectAndBoard) -> None:
    add(owner, project, "open")
    for title in ("first", "last"):
        add(owner, project, title, state="done")
    listed = owner.api.get(f"/boards/{project.board_id}/tasks?sort=-done_at").json["data"]
    assert [task["title"] for task in listed] == ["last", "first", "open"]
