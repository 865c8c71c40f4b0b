"""The order in a column: any number of moves, one row written for each, against a simple model."""

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from calmboard.db import db
from calmboard.models import Task
from calmboard.work.tasks.positions import NoRankLeft, rank_between, spread_ranks
from tests.api.resources.test_tasks import add, column
from tests.support.users import ProjectAndBoard, TestUser, add_project_and_board

MOVES = st.lists(
    st.tuples(st.integers(0, 4), st.sampled_from(["ready", "review"]), st.one_of(st.none(), st.integers(0, 6))), max_size=12
)


@pytest.mark.slow
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=MOVES)
def test_moves_end_where_a_list_would(app: Flask, owner: TestUser, moves: list[tuple[int, str, int | None]]) -> None:
    project = add_project_and_board(app, owner)
    tasks = [
        owner.api.post(f"/boards/{project.board_id}/tasks", json={"title": name, "state": "ready"}).json["id"] for name in "abcde"
    ]
    model: dict[str, list[str]] = {"ready": list(tasks), "review": []}
    for number, state, position in moves:
        _move(model, tasks[number], state, position)
        changes = {"state": state} if position is None else {"state": state, "position": position}
        assert owner.api.patch(f"/tasks/{tasks[number]}", json=changes).status_code == 200
    assert {state: _column(owner, project, state) for state in model} == model


def _move(model: dict[str, list[str]], task_id: str, state: str, position: int | None) -> None:
    if position is None and task_id in model[state]:
        return
    for cards in model.values():
        if task_id in cards:
            cards.remove(task_id)
    model[state].insert(len(model[state]) if position is None else position, task_id)


def _column(owner: TestUser, project: ProjectAndBoard, state: str) -> list[str]:
    listed = owner.api.get(f"/boards/{project.board_id}/tasks?state={state}&sort=position&limit=100")
    return [task["id"] for task in listed.json["data"]]


@pytest.fixture
def project(app: Flask, owner: TestUser) -> ProjectAndBoard:
    return add_project_and_board(app, owner)


def test_a_move_writes_one_row(app: Flask, owner: TestUser, project: ProjectAndBoard) -> None:
    tasks = [owner.api.post(f"/boards/{project.board_id}/tasks", json={"title": name}).json["id"] for name in "abc"]
    before = _ranks(app, project)
    owner.api.patch(f"/tasks/{tasks[2]}", json={"position": 0})
    after = _ranks(app, project)
    assert [task_id for task_id in tasks if before[task_id] != after[task_id]] == [tasks[2]]


def test_a_position_that_was_read_may_be_sent(owner: TestUser, project: ProjectAndBoard) -> None:
    tasks = [add(owner, project, title) for title in "abcd"]
    done = add(owner, project, "e", state="done")
    for task in tasks:
        assert owner.api.patch(f"/tasks/{task['id']}", json={"position": task["position"]}).json == task
    moves = ((3, tasks[1], "adbc"), (0, tasks[2], "dbac"), (2, tasks[3], "cdba"))
    for number, target, expected in moves:
        target = owner.api.get(f"/tasks/{target['id']}").json
        owner.api.patch(f"/tasks/{tasks[number]['id']}", json={"position": target["position"]})
        assert "".join(column(owner, project, "backlog")) == expected
    owner.api.patch(f"/tasks/{tasks[1]['id']}", json={"state": "done", "position": done["position"]})
    assert column(owner, project, "done") == ["b", "e"]


@pytest.mark.parametrize(
    ("position", "titles"), [("0000000000", "nab"), ("z" * 10, "abn"), ("z" * 240, "abn"), ("0" * 240, "nab")]
)
def test_a_position_beyond_all_cards_is_an_end_of_the_column(
    app: Flask, owner: TestUser, project: ProjectAndBoard, position: str, titles: str
) -> None:
    for title in "ab":
        add(owner, project, title)
    add(owner, project, "n", position=position)
    assert "".join(column(owner, project, "backlog")) == titles
    assert {len(rank) for rank in _ranks(app, project).values()} == {10}


@pytest.mark.parametrize("position", ["", "0", "V00000000", "V00000000-", "V00000000\u00e9", "V" * 241])
def test_a_position_that_no_task_can_have_is_named(owner: TestUser, project: ProjectAndBoard, position: str) -> None:
    answer = owner.api.post(f"/boards/{project.board_id}/tasks", json={"title": "Lost", "position": position})
    assert (answer.status_code, [error["pointer"] for error in answer.json["errors"]]) == (422, ["/position"])
    assert column(owner, project, "backlog") == []


def test_a_gap_moved_into_again_and_again_never_closes(app: Flask, owner: TestUser, project: ProjectAndBoard) -> None:
    """Two cards that are swapped repeatedly halve the same gap until the column is renumbered."""
    tasks = [owner.api.post(f"/boards/{project.board_id}/tasks", json={"title": name}).json["id"] for name in "abcd"]
    low, high = _ranks(app, project)[tasks[0]], _ranks(app, project)[tasks[3]]
    high = _crowd(low, high)
    with app.app_context():
        db.session.get_one(Task, tasks[1]).rank = high
        db.session.commit()
    for turn in range(6):
        owner.api.patch(f"/tasks/{tasks[2 if turn % 2 == 0 else 3]}", json={"position": 1})
        expected = [tasks[0], *([tasks[2], tasks[3]] if turn % 2 == 0 else [tasks[3], tasks[2]]), tasks[1]]
        assert sorted(_column(owner, project, "backlog")) == sorted(expected)
        assert _column(owner, project, "backlog")[:2] == expected[:2]
    assert max(len(rank) for rank in _ranks(app, project).values()) <= 12


def test_a_position_that_was_read_is_resolved_where_the_column_is_renumbered(
    app: Flask, owner: TestUser, project: ProjectAndBoard
) -> None:
    tasks = {title: add(owner, project, title)["id"] for title in "abcdefgh"}
    low, high = _ranks(app, project)[tasks["e"]], _ranks(app, project)[tasks["g"]]
    with app.app_context():
        db.session.get_one(Task, tasks["f"]).rank = _crowd(low, high)
        db.session.commit()
    target = owner.api.get(f"/tasks/{tasks['f']}").json["position"]
    add(owner, project, "n", position=target)
    assert "".join(column(owner, project, "backlog")) == "abcdenfgh"
    owner.api.patch(f"/tasks/{tasks['a']}", json={"position": owner.api.get(f"/tasks/{tasks['h']}").json["position"]})
    assert "".join(column(owner, project, "backlog")) == "bcdenfgah"


@given(st.lists(st.integers(0, 1_000_000), max_size=60))
def test_ranks_sort_as_they_were_placed(indexes: list[int]) -> None:
    column: list[str] = []
    for number in indexes:
        index = number % (len(column) + 1)
        above = column[index - 1] if index else None
        below = column[index] if index < len(column) else None
        column.insert(index, rank_between(above, below))
    assert column == sorted(set(column))


@given(st.integers(0, 300))
def test_spread_ranks_are_in_order(number: int) -> None:
    ranks = spread_ranks(number)
    assert ranks == sorted(set(ranks))
    assert len(ranks) == number


def _crowd(low: str, high: str) -> str:
    """The rank so close above that no rank fits between."""
    while True:
        try:
            high = rank_between(low, high)
        except NoRankLeft:
            return high


def _ranks(app: Flask, project: ProjectAndBoard) -> dict[str, str]:
    with app.app_context():
        rows = db.session.execute(select(Task.id, Task.rank).where(Task.board_id == project.board_id)).all()
        db.session.rollback()
        return {row.id: row.rank for row in rows}
