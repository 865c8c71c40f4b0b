"""Every statement behind a list, read, move or by-external finds its rows by an index, on both databases."""

import re
from typing import Any

import pytest
from flask import Flask

from calmboard.db import db
from tests.api.resources.test_tasks import add
from tests.support.plans import plans_of
from tests.support.statements import Statement, recorded
from tests.support.users import ProjectAndBoard, TestUser, add_project_and_board

READS = [
    "/projects",
    "/projects/{project_id}/boards",
    "/projects/{project_id}/members",
    "/boards/{board_id}",
    "/boards/{board_id}/tasks",
    "/boards/{board_id}/tasks?sort=position",
    "/boards/{board_id}/tasks?sort=-updated_at",
    "/boards/{board_id}/tasks?sort=due_date",
    "/boards/{board_id}/tasks?state=ready&sort=position",
    "/boards/{board_id}/tasks?sort=-due_date",
    "/boards/{board_id}/tasks?sort=-done_at",
    "/boards/{board_id}/tasks?sort=-position",
    "/boards/{board_id}/tasks?assignee=me,none&label=none&sprint_id=none&due_date=none",
    "/boards/{board_id}/tasks?label=Bug&label_all=Bug&assignee=me",
    "/boards/{board_id}/tasks?changed_by=me",
    "/boards/{board_id}/tasks?blocked_before=2099-01-01T00:00:00Z&done_since=2020-01-01T00:00:00Z",
    "/boards/{board_id}/tasks/by-external/jira/CB-1",
    "/tasks/{task_id}",
    "/boards/{board_id}/sprints",
    "/boards/{board_id}/sprints?state=active",
    "/boards/{board_id}/reports/throughput",
    "/boards/{board_id}/reports/burndown",
    "/requests",
    "/requests?refused=true",
    "/requests?credential_id=key_01m86ffkj1eyt9k86t46h61k8b",
]


@pytest.fixture
def project(app: Flask, owner: TestUser) -> ProjectAndBoard:
    project = add_project_and_board(app, owner)
    owner.api.put(f"/boards/{project.board_id}/tasks/by-external/jira/CB-1", json={"title": "One"})
    owner.api.post(f"/projects/{project.project_id}/labels", json={"name": "Bug"})
    return ProjectAndBoard(project.project_id, project.board_id, add(owner, project, "Two")["id"])


@pytest.mark.parametrize("path", READS)
def test_a_read_walks_no_table(app: Flask, owner: TestUser, project: ProjectAndBoard, path: str) -> None:
    with recorded(app) as statements:
        assert owner.api.get(path.format(**vars(project))).status_code == 200
    _assert_by_index(app, statements)


def test_the_second_page_starts_where_the_first_ended(app: Flask, owner: TestUser, project: ProjectAndBoard) -> None:
    add(owner, project, "Three")
    for sort in ("created_at", "-updated_at", "due_date", "-due_date", "-done_at", "-position"):
        path = f"/boards/{project.board_id}/tasks?limit=1&sort={sort}"
        cursor = owner.api.get(path).json["next_cursor"]
        with recorded(app) as statements:
            assert owner.api.get(f"{path}&cursor={cursor}").status_code == 200
        _assert_by_index(app, statements)


@pytest.mark.parametrize("changes", [{"position": 0}, {"state": "done"}, {"before": "{other}"}, {"title": "New"}])
def test_a_change_walks_no_table(app: Flask, owner: TestUser, project: ProjectAndBoard, changes: dict[str, Any]) -> None:
    other = add(owner, project, "Other")["id"]
    body = {name: other if value == "{other}" else value for name, value in changes.items()}
    with recorded(app) as statements:
        assert owner.api.patch(f"/tasks/{project.task_id}", json=body).status_code == 200
    _assert_by_index(app, statements)


def _assert_by_index(app: Flask, statements: list[Statement]) -> None:
    with app.app_context():
        walks = _WALKS[db.engine.dialect.name]
    walked = {statement: plan for statement, plan in plans_of(app, statements, "enable_seqscan") if walks.search(plan)}
    assert statements
    assert walked == {}


# What a plan says where a whole table is read; on SQLite a scan along an index names it, and a bound list is no table.
_WALKS = {"sqlite": re.compile(r"SCAN (?!.*USING|json_each)"), "postgresql": re.compile(r"Seq Scan on")}
