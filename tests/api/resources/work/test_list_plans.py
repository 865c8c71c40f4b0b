"""Lists of tasks come from an index that holds them in their order, in each `sort` that the API describes, on both databases."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from calmboard.db import db
from tests.api.resources.test_tasks import add
from tests.support.plans import plans_of
from tests.support.statements import recorded
from tests.support.users import ProjectAndBoard, TestUser

_SORTING = {"sqlite": re.compile(r"USE TEMP B-TREE"), "postgresql": re.compile(r"\bSort\b")}
_INDEX = {
    "sqlite": re.compile(r"SEARCH tasks USING INDEX (\w+)"),
    "postgresql": re.compile(r"Index Scan (?:Backward )?using (\w+)"),
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
