"""Tasks by another tool's own id: sent twice it is one task, in whatever vocabulary the tool has."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from sqlalchemy import delete, text

from calmboard.db import db
from calmboard.models import Task
from calmboard.texts.names import one_line
from tests.api.resources.test_tasks import column
from tests.support.servers.programs import wait_until
from tests.support.users import Api, ProjectAndBoard, TestUser, add_project_and_board

HOSTILE = ['"}', "a\nb\r\n", "📡 Ünïcode", "'; DROP TABLE tasks; --", "\\", "{{issue.key}}", "</script>"]


@pytest.fixture
def project(app: Flask, owner: TestUser, member: TestUser) -> ProjectAndBoard:
    return add_project_and_board(app, owner, member=member)


def path(project: ProjectAndBoard, external_id: str, source: str = "jira") -> str:
    return f"/boards/{project.board_id}/tasks/by-external/{source}/{quote(external_id, safe='')}"


def test_sent_twice_it_is_one_task(owner: TestUser, project: ProjectAndBoard) -> None:
    first = owner.api.put(path(project, "CB-7"), json={"title": "One", "status": "In Progress"})
    again = owner.api.put(path(project, "CB-7"), json={"title": "One, renamed", "status": "Done"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.headers["Location"].endswith(first.json["id"])
    assert again.json["id"] == first.json["id"]
    assert column(owner, project, "done") == ["One, renamed"]
    assert owner.api.get(path(project, "CB-7")).json == again.json


@pytest.mark.parametrize("external_id", ["a/b/c", "https://trello.com/c/AbC", "a b", "ä📡", "..", "%", "+", "a?b#c", "x" * 500])
def test_the_id_may_be_any_text(owner: TestUser, project: ProjectAndBoard, external_id: str) -> None:
    created = owner.api.put(path(project, external_id), json={"title": "One"})
    assert created.status_code == 201, created.text
    assert owner.api.put(path(project, external_id), json={}).json["id"] == created.json["id"]


def test_one_id_means_different_tasks_to_different_tools_and_boards(
    app: Flask, owner: TestUser, project: ProjectAndBoard
) -> None:
    created = {
        owner.api.put(path(each, "7", source), json={"title": "One"}).json["id"]
        for each in (project, add_project_and_board(app, owner))
        for source in ("jira", "trello")
    }
    assert len(created) == 4


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_arrives_unharmed(owner: TestUser, project: ProjectAndBoard, text: str) -> None:
    task = owner.api.put(path(project, text), json={"title": text, "description": text}).json
    assert (task["title"], task["description"]) == (one_line(text), text)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("To Do", "ready"),
        ("TODO", "ready"),
        ("Selected for Development", "ready"),
        ("in-progress", "in_progress"),
        ("Doing", "in_progress"),
        ("Code Review", "review"),
        ("Ready for QA", "review"),
        ("CLOSED", "done"),
        ("Icebox", "backlog"),
        ("in_progress", "in_progress"),
    ],
)
def test_other_tools_states_are_understood(owner: TestUser, project: ProjectAndBoard, status: str, state: str) -> None:
    assert owner.api.put(path(project, "1"), json={"title": "One", "status": status}).json["state"] == state


def test_empty_text_means_none(owner: TestUser, project: ProjectAndBoard, member: TestUser) -> None:
    body = {"title": "One", "due_date": "2026-12-18", "assignee_email": member.email.upper(), "description": "Some"}
    created = owner.api.put(path(project, "1"), json=body).json
    assert (created["due_date"], [one["id"] for one in created["assignees"]]) == ("2026-12-18", [member.person.id])
    emptied = owner.api.put(path(project, "1"), json={"due_date": "", "assignee_email": "", "description": None}).json
    assert (emptied["due_date"], emptied["assignees"], emptied["description"]) == (None, [], "")


def test_a_stranger_is_ignored(owner: TestUser, project: ProjectAndBoard, outsider: TestUser, member: TestUser) -> None:
    owner.api.put(path(project, "1"), json={"title": "One", "assignee_email": member.email})
    answer = owner.api.put(path(project, "1"), json={"assignee_email": outsider.email})
    assert [one["id"] for one in answer.json["assignees"]] == [member.person.id]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/title"),
        ({"title": ""}, "/title"),
        ({"title": "One", "status": "Waiting for legal"}, "/status"),
        ({"title": "One", "due_date": "18.12.2026"}, "/due_date"),
        ({"title": "One", "due_date": "2026-02-30"}, "/due_date"),
        ({"title": "One", "state": "done", "status": "Done"}, "/status"),
        ({"title": "One", "assignees": [], "assignee_email": ""}, "/assignee_email"),
        ({"title": "One", "summary": "x"}, "/summary"),
    ],
)
def test_what_cannot_be_used_is_named_and_creates_nothing(
    owner: TestUser, project: ProjectAndBoard, body: dict[str, Any], pointer: str
) -> None:
    answer = owner.api.put(path(project, "1"), json=body)
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, pointer)
    assert owner.api.get(path(project, "1")).status_code == 404


@pytest.mark.parametrize("method", ["GET", "PUT"])
@pytest.mark.parametrize(
    ("name", "pointer", "rule"),
    [
        *((f"{source}/1", "source", "small letters, digits, - and _") for source in ("Jira", "ji.ra", "a b", "%00", "jira%0A")),
        (f"{'x' * 41}/1", "source", "1 to 40"),
        *((f"jira/{external_id}", "external_id", "UTF-8, without NUL") for external_id in ("%00", "a%00b", "%ff")),
        (f"jira/{'x' * 501}", "external_id", "This is 501 characters long. An external id has at most 500."),
    ],
)
def test_a_name_that_cannot_be_one_is_400_with_the_rule(
    owner: TestUser, project: ProjectAndBoard, method: str, name: str, pointer: str, rule: str
) -> None:
    """Before the values are judged, as for all of the address."""
    body = {"json": {"title": 1}} if method == "PUT" else {}
    answer = owner.api.ask(method, f"/boards/{project.board_id}/tasks/by-external/{name}", **body)
    assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer]
    assert rule in answer.json["errors"][0]["detail"]


def test_both_names_are_judged_at_once(owner: TestUser, project: ProjectAndBoard) -> None:
    answer = owner.api.get(f"/boards/{project.board_id}/tasks/by-external/Jira/{'x' * 501}")
    assert [error["pointer"] for error in answer.json["errors"]] == ["source", "external_id"]


@pytest.mark.database("postgresql")
def test_a_task_that_is_just_being_deleted_is_created_again(app: Flask, owner: TestUser, project: ProjectAndBoard) -> None:
    """SQLite lets one write at a time, so that nobody sees another half-way."""
    first = owner.api.put(path(project, "1"), json={"title": "One"}).json
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))")
    with ThreadPoolExecutor(1) as pool, app.app_context():
        db.session.execute(delete(Task).where(Task.id == first["id"]))
        answer = pool.submit(Api(app, owner.key).put, path(project, "1"), json={"title": "Two"})
        wait_until(lambda: db.session.execute(waiting).scalar_one() > 0, "The second writer")
        db.session.commit()
    assert answer.result(timeout=10).status_code == 201
    assert column(owner, project, "backlog") == ["Two"]


def test_a_deleted_task_is_created_again(owner: TestUser, project: ProjectAndBoard) -> None:
    first = owner.api.put(path(project, "1"), json={"title": "One"}).json
    owner.api.delete(f"/tasks/{first['id']}")
    assert owner.api.get(path(project, "1")).status_code == 404
    again = owner.api.put(path(project, "1"), json={"title": "Two"})
    assert again.status_code == 201
    assert again.json["id"] != first["id"]


def test_many_at_once_create_one_task(app: Flask, owner: TestUser, project: ProjectAndBoard) -> None:
    def put(number: int) -> tuple[int, str]:
        answer = Api(app, owner.key).put(path(project, "CB-1"), json={"title": f"From {number}"})
        return answer.status_code, answer.json["id"]

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(put, range(16)))
    assert sorted(status for status, _ in answers) == [200] * 15 + [201]
    assert len({task_id for _, task_id in answers}) == 1
