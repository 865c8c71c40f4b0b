"""Lists of tasks come from an index that holds them in their order, in each `sort` that the API describes, on both databases."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from calmboard.db import db
from calmboard.pagination import PageRequest
from calmboard.work.tasks.conditions import TaskFilters
from calmboard.work.tasks.rows import SORTS, list_visible_tasks
from tests.api.resources.test_tasks import add
from tests.support.plans import plans_of
from tests.support.statements import recorded
from tests.support.users import ProjectAndBoard, TestUser

_SORTING = {"sqlite": re.compile(r"USE TEMP B-TREE"), "postgresql": re.compile(r"\bSort\b")}
_INDEX = {
    "sqlite": re.compile(r"SEARCH tasks USING INDEX (\w+)"),
    "postgresql": re.compile(r"Index Scan (?:Backward )?using (\w+)"),
}
# What PostgreSQL would rather do with tables that are read at once.
_SMALL_TABLES = ("enable_seqscan", "enable_bitmapscan", "enable_hashjoin", "enable_material")
_OF_ONE_BOARD = {
    "sqlite": re.compile(r"CORRELATED LIST SUBQUERY 1\s+SEARCH tasks USING (?:COVERING )?INDEX \w+ \(board_id=\?"),
    "postgresql": re.compile(r"Limit[^\n]*\n\s+->  Index (?:Only )?Scan (?:Backward )?using \w+ on tasks"),
}


@pytest.fixture
def project(owner: TestUser, new_project: Callable[..., ProjectAndBoard]) -> ProjectAndBoard:
    project = new_project(owner)
    for number in range(3):
        add(owner, project, f"Task {number}")
    return project


def test_each_described_sort_is_answered_in_its_order_by_an_index(
    app: Flask, client: FlaskClient, owner: TestUser, project: ProjectAndBoard
) -> None:
    sorts = dict(described_sorts(client.get("/api/openapi.json").json))
    assert "/boards/{board_id}/tasks" in sorts
    used = {(path, sort): list(indexes(app, owner, project, path, sort)) for path in sorts for sort in sorts[path]}
    assert all(names and None not in names for names in used.values()), used


@pytest.mark.parametrize("sort", SORTS)
def test_of_all_boards_each_gives_its_first_tasks_from_an_index(
    app: Flask, owner: TestUser, project: ProjectAndBoard, sort: str
) -> None:
    """What is sorted then is no more than a page from each."""
    with app.app_context():
        with recorded(app) as statements:
            first = list_visible_tasks(owner.access, TaskFilters(), sort, PageRequest(1))
            assert list_visible_tasks(owner.access, TaskFilters(), sort, PageRequest(1, first.after)).rows
        kind = kind_of(app)
    lists = [statement for statement in statements if "board_name" in statement[0]]
    plans = [plan for _, plan in plans_of(app, lists, *_SMALL_TABLES)]
    assert len(plans) == 2
    for plan in plans:
        assert _OF_ONE_BOARD[kind].search(plan), plan
        assert len(_SORTING[kind].findall(plan.replace("Sort Key", ""))) <= 1, plan


def test_the_pages_of_all_boards_hold_each_task_once_in_order(
    app: Flask, new_user: Callable[..., TestUser], new_project: Callable[..., ProjectAndBoard]
) -> None:
    person = new_user()
    projects = [new_project(person) for _ in range(3)]
    states = ("ready", "done", "backlog")
    for number in range(9):
        due = f"2026-12-{number % 4 + 1:02}" if number % 3 else None
        add(person, projects[number % 3], f"Task {number}", state=states[number % 2], due_date=due)
    with app.app_context():
        whole = {sort: list_visible_tasks(person.access, TaskFilters(), sort, PageRequest(100)).rows for sort in SORTS}
        for sort, rows in whole.items():
            assert len(rows) == 9
            assert rows == whole[sort.removeprefix("-")][:: -1 if sort[0] == "-" else 1]
            assert list(paged(person, TaskFilters(), sort)) == [row["id"] for row in rows]
            ready = [row["id"] for row in rows if row["state"] == "ready"]
            assert list(paged(person, TaskFilters(state=["ready"]), sort)) == ready


def paged(person: TestUser, filters: TaskFilters, sort: str) -> Iterator[str]:
    page = list_visible_tasks(person.access, filters, sort, PageRequest(2))
    yield from (row["id"] for row in page.rows)
    while page.after is not None:
        page = list_visible_tasks(person.access, filters, sort, PageRequest(2, page.after))
        yield from (row["id"] for row in page.rows)


def described_sorts(document: Any) -> Iterator[tuple[str, list[str]]]:
    for path, operations in document["paths"].items():
        for parameter in operations.get("get", {}).get("parameters", ()):
            if parameter.get("name") == "sort":
                yield path.removeprefix("/api/v1"), parameter["schema"]["enum"]


def indexes(app: Flask, owner: TestUser, project: ProjectAndBoard, path: str, sort: str) -> Iterator[str | None]:
    """The index that the first page and the second come from; None where one is sorted first."""
    address = f"{path.format(**vars(project))}?limit=1&sort={sort}"
    cursor = owner.api.get(address).json["next_cursor"]
    for page in (address, f"{address}&cursor={cursor}"):
        with recorded(app) as statements:
            assert owner.api.get(page).status_code == 200
        lists = [statement for statement in statements if "ORDER BY" in statement[0] and "FROM tasks" in statement[0]]
        for _, plan in plans_of(app, lists, "enable_seqscan", "enable_sort", "enable_bitmapscan"):
            kind = kind_of(app)
            found = _INDEX[kind].search(plan)
            yield found[1] if found and not _SORTING[kind].search(plan) else None


def kind_of(app: Flask) -> str:
    with app.app_context():
        return db.engine.dialect.name
