"""Tasks are counted in groups, over what the access may see and the filters leave."""

from collections.abc import Callable

import pytest
from flask import Flask

from calmboard.errors import Forbidden
from calmboard.work.tasks.conditions import TaskFilters
from calmboard.work.tasks.counts import GroupBy, count_tasks
from tests.api.resources.test_tasks import add
from tests.support.statements import recorded
from tests.support.users import ProjectAndBoard, TestUser


@pytest.fixture
def project(someone: TestUser, new_project: Callable[..., ProjectAndBoard]) -> ProjectAndBoard:
    project = new_project(someone)
    bug, ui = (
        someone.api.post(f"/projects/{project.project_id}/labels", json={"name": name}).json["id"] for name in ("bug", "ui")
    )
    sprint_id = someone.api.post(f"/boards/{project.board_id}/sprints", json={"name": "First light"}).json["id"]
    add(someone, project, "a", state="review", labels=[bug, ui], sprint_id=sprint_id)
    add(someone, project, "b", state="review", labels=[bug], assignees=[someone.person.id])
    add(someone, project, "c")
    return project


@pytest.mark.parametrize(
    ("group_by", "counts"),
    [
        ("state", [(None, 1), (None, 2)]),
        ("assignee", [(None, 2), ("Noor Haddad", 1)]),
        ("label", [(None, 1), ("bug", 2), ("ui", 1)]),
        ("sprint", [(None, 2), ("First light", 1)]),
        ("board", [("Telescope", 3)]),
    ],
)
def test_tasks_are_counted_by(
    app: Flask, someone: TestUser, project: ProjectAndBoard, group_by: GroupBy, counts: list[tuple[str | None, int]]
) -> None:
    with app.app_context():
        for board_id in (project.board_id, None):
            found = count_tasks(someone.access, TaskFilters(), group_by, board_id)
            assert sorted(((row.name, row.count) for row in found), key=repr) == sorted(counts, key=repr)
        with recorded(app) as statements:
            count_tasks(someone.access, TaskFilters(), group_by)
        assert len(statements) == 1


def test_states_come_in_the_order_of_the_board(app: Flask, someone: TestUser, project: ProjectAndBoard) -> None:
    with app.app_context():
        found = count_tasks(someone.access, TaskFilters(), "state", project.board_id)
        assert [(row.id, row.count) for row in found] == [("backlog", 1), ("review", 2)]
        filters = TaskFilters(assignee=("none",), state=("review",))
        assert [(row.id, row.count) for row in count_tasks(someone.access, filters, "state")] == [("review", 1)]


def test_what_is_out_of_reach_is_not_counted(
    app: Flask, someone: TestUser, project: ProjectAndBoard, new_user: Callable[..., TestUser]
) -> None:
    with app.app_context():
        assert count_tasks(new_user().access, TaskFilters(), "board") == []
        with pytest.raises(Forbidden):
            count_tasks(new_user().access, TaskFilters(), "board", project.board_id)
