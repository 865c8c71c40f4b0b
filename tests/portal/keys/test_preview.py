"""The preview of a key: by the person's roles, with numbers and names up to where they stop to matter."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import insert

from calmboard.db import db
from calmboard.models import Task
from calmboard.work.projects import MOST_COUNTED, example_ids
from tests.api.resources.test_tasks import add
from tests.support.plans import plans_of
from tests.support.statements import recorded
from tests.support.users import ProjectAndBoard, TestUser

_PREVIEW = "/integrations/keys/preview"


@pytest.fixture
def person(new_user: Callable[..., TestUser]) -> TestUser:
    return new_user()


def test_numbers_are_exact_up_to_a_thousand_over_all_projects_of_a_role(
    app: Flask, person: TestUser, new_project: Callable[..., ProjectAndBoard]
) -> None:
    first, second = new_project(person), new_project(person)
    add_tasks(app, first, MOST_COUNTED - 10)
    add_tasks(app, second, 10)
    assert "Read and change <strong>1,000 tasks</strong> in Observatory and Observatory" in preview(
        person, "tasks=write&reach=all"
    )
    add_tasks(app, second, 1, first=11)
    assert "Read and change <strong>more than 1,000 tasks</strong> in" in preview(person, "tasks=write&reach=all")
    assert "Read and change <strong>11 tasks</strong> in" in preview(person, chosen(second))


def test_each_role_has_its_own_sentence(person: TestUser, owner: TestUser, new_project: Callable[..., ProjectAndBoard]) -> None:
    mine = new_project(person, name="Mine")
    theirs = [new_project(owner, name=f"Theirs {number}", viewer=person) for number in (2, 1)]
    add(person, mine, "One")
    for number in range(2):
        add(owner, theirs[0], f"Task {number}")
    page = preview(person, "tasks=write&reach=all")
    assert "Read and change <strong>1 task</strong> in Mine<" in page
    assert "Read <strong>2 tasks</strong> in Theirs 1 and Theirs 2<" in page
    assert "Cannot change tasks in Theirs 1 and Theirs 2: your role there" in page


def test_what_is_not_chosen_is_named_while_it_is_little(person: TestUser, new_project: Callable[..., ProjectAndBoard]) -> None:
    projects = [new_project(person, name=f"Lantern {number}") for number in range(4)]
    page = preview(person, chosen(projects[0]))
    assert "in Lantern 0<" in page
    assert "Cannot see Lantern 1, Lantern 2 or Lantern 3<" in page
    new_project(person)
    assert "Cannot see 4 other projects<" in preview(person, chosen(projects[0]))


def test_what_is_nobodys_is_not_counted(
    person: TestUser, outsider: TestUser, new_project: Callable[..., ProjectAndBoard]
) -> None:
    new_project(person, name="Mine")
    page = preview(person, chosen(outsider.example_project()))
    assert re.search(r"Read and change|<strong>[\d,]+ task", page) is None


def test_neither_the_preview_nor_the_examples_read_a_table_or_sort_tasks(app: Flask, owner: TestUser) -> None:
    browser = owner.sign_in()
    with recorded(app) as statements:
        assert browser.get(f"{_PREVIEW}?tasks=write&reach=all").status_code == 200
        with app.app_context():
            example_ids(owner.access)
    of_tasks = [statement for statement in statements if re.search(r"\b(FROM|JOIN) tasks\b", statement[0])]
    assert len(of_tasks) == 2
    for _, plan in plans_of(app, of_tasks, "enable_seqscan", "enable_bitmapscan", "enable_hashjoin", "enable_mergejoin"):
        assert re.search(r"SEARCH tasks USING COVERING INDEX|Index Only Scan using \w+ on tasks", plan), plan
        assert re.search(r"SCAN (tasks|boards)|Seq Scan", plan) is None, plan


def preview(person: TestUser, query: str) -> str:
    return person.sign_in().get(f"{_PREVIEW}?{query}").text


def chosen(project: ProjectAndBoard) -> str:
    return f"tasks=write&reach=some&project_ids={project.project_id}"


def add_tasks(app: Flask, project: ProjectAndBoard, count: int, first: int = 1) -> None:
    rows = [
        {"board_id": project.board_id, "number": number, "title": "One of many", "rank": f"{number:08}"}
        for number in range(first, first + count)
    ]
    with app.app_context():
        db.session.execute(insert(Task), rows)
        db.session.commit()
