"""Checklists: items ticked off, moved and deleted; their order against a simple model, also at once."""

from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from calmboard.db import db
from calmboard.models import ChecklistItem
from calmboard.work.discussion.checklists import MAX_ITEMS
from tests.api.resources.test_comments import queries_of, refusal
from tests.api.resources.test_sprints import at_once
from tests.api.resources.test_tasks import add
from tests.support.users import ProjectAndBoard, TestUser, add_project_and_board

MOVES = st.lists(st.tuples(st.integers(0, 4), st.one_of(st.just("delete"), st.just("add"), st.integers(0, 6))), max_size=10)


@pytest.fixture
def project(app: Flask, owner: TestUser, member: TestUser, viewer: TestUser) -> ProjectAndBoard:
    return add_project_and_board(app, owner, member=member, viewer=viewer)


@pytest.fixture
def task_id(owner: TestUser, project: ProjectAndBoard) -> str:
    return new_task(owner, project)


def new_task(owner: TestUser, project: ProjectAndBoard) -> str:
    task_id: str = add(owner, project, "Measure the mirror")["id"]
    return task_id


def add_item(owner: TestUser, task_id: str, text: str, **fields: Any) -> dict[str, Any]:
    answer = owner.api.post(f"/tasks/{task_id}/checklist", json={"text": text, **fields})
    assert answer.status_code == 201, answer.text
    item: dict[str, Any] = answer.json
    return item


def texts(owner: TestUser, task_id: str) -> list[str]:
    """Top to bottom, as the list has them; each has to have its own position."""
    items = owner.api.get(f"/tasks/{task_id}/checklist?limit=100").json["data"]
    assert [item["position"] for item in items] == list(range(len(items)))
    return [item["text"] for item in items]


def test_a_new_item_is_at_the_bottom_and_is_not_done(member: TestUser, task_id: str) -> None:
    add_item(member, task_id, "a")
    answer = member.api.post(f"/tasks/{task_id}/checklist", json={"text": "Clean the lens 🔭"})
    item = answer.json
    assert (item["text"], item["done"], item["position"], item["task_id"]) == ("Clean the lens 🔭", False, 1, task_id)
    assert member.api.get("/api/v1/" + answer.headers["Location"].partition("/api/v1/")[2]).json == item


def test_a_new_item_is_where_it_is_put(owner: TestUser, task_id: str) -> None:
    for text, fields in (("a", {}), ("b", {"position": 0}), ("c", {"position": 1}), ("d", {"position": 1_000_000})):
        add_item(owner, task_id, text, **fields)
    assert texts(owner, task_id) == list("bcad")


def test_ticking_off_leaves_text_and_position_alone(owner: TestUser, task_id: str) -> None:
    add_item(owner, task_id, "a")
    item = add_item(owner, task_id, "b")
    changed = owner.api.patch(f"/checklist-items/{item['id']}", json={"done": True}).json
    assert {**changed, "updated_at": ""} == {**item, "done": True, "updated_at": ""}
    assert owner.api.put(f"/checklist-items/{item['id']}", json={"text": "B"}).json["done"] is True


@pytest.mark.slow
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=MOVES)
def test_changes_end_where_a_list_would(owner: TestUser, project: ProjectAndBoard, moves: list[tuple[int, str | int]]) -> None:
    task_id = new_task(owner, project)
    ids = {text: add_item(owner, task_id, text)["id"] for text in "abcde"}
    model = list("abcde")
    for number, (which, move) in enumerate(moves):
        text = model[which % len(model)] if model else ""
        if move == "add" or not model:
            ids[str(number)] = add_item(owner, task_id, str(number))["id"]
            model.append(str(number))
            continue
        model.remove(text)
        if isinstance(move, int):
            model.insert(move, text)
            assert owner.api.patch(f"/checklist-items/{ids[text]}", json={"position": move}).status_code == 200
        else:
            assert owner.api.delete(f"/checklist-items/{ids[text]}").status_code == 204
    assert texts(owner, task_id) == model


def test_a_move_writes_one_row(app: Flask, owner: TestUser, task_id: str) -> None:
    items = [add_item(owner, task_id, text)["id"] for text in "abc"]
    before = ranks(app, task_id)
    owner.api.patch(f"/checklist-items/{items[2]}", json={"position": 0})
    after = ranks(app, task_id)
    assert [item_id for item_id in items if before[item_id] != after[item_id]] == [items[2]]


def test_where_no_rank_is_left_the_checklist_is_renumbered(app: Flask, owner: TestUser, task_id: str) -> None:
    items = [add_item(owner, task_id, text)["id"] for text in "abc"]
    other_task_id = add(owner, ProjectAndBoard("", board_of(owner, task_id)), "Another")["id"]
    add_item(owner, other_task_id, "untouched")
    untouched = ranks(app, other_task_id)
    with app.app_context():
        for item_id, rank in zip(items, ["V" * 240, "V" * 239 + "W", "W"], strict=True):
            db.session.execute(update(ChecklistItem).where(ChecklistItem.id == item_id).values(rank=rank))
        db.session.commit()
    owner.api.patch(f"/checklist-items/{items[2]}", json={"position": 1})
    assert texts(owner, task_id) == list("acb")
    assert max(map(len, ranks(app, task_id).values())) < 20
    assert ranks(app, other_task_id) == untouched


def board_of(owner: TestUser, task_id: str) -> str:
    board_id: str = owner.api.get(f"/tasks/{task_id}").json["board_id"]
    return board_id


def ranks(app: Flask, task_id: str) -> dict[str, str]:
    with app.app_context():
        rows = db.session.execute(select(ChecklistItem.id, ChecklistItem.rank).where(ChecklistItem.task_id == task_id))
        return {row.id: row.rank for row in rows}


@pytest.mark.parametrize("turn", range(10))
def test_items_moved_and_added_at_once_are_all_there(app: Flask, owner: TestUser, task_id: str, turn: int) -> None:
    items = [add_item(owner, task_id, text)["id"] for text in "abcd"]
    moves: list[tuple[str, str, Any]] = [("PATCH", f"/checklist-items/{item_id}", {"position": 0}) for item_id in items[:3]]
    adds: list[tuple[str, str, Any]] = [("POST", f"/tasks/{task_id}/checklist", {"text": text, "position": 0}) for text in "ef"]
    answers = at_once(app, owner.key, *moves, *adds, ("DELETE", f"/checklist-items/{items[3]}", None))
    assert sorted(answers) == [200, 200, 200, 201, 201, 204]
    assert sorted(texts(owner, task_id)) == list("abcef")


def test_pages_hold_each_item_once(owner: TestUser, task_id: str) -> None:
    for text in "abcde":
        add_item(owner, task_id, text)
    first = owner.api.get(f"/tasks/{task_id}/checklist?limit=2").json
    rest = owner.api.get(f"/tasks/{task_id}/checklist?limit=3&cursor={first['next_cursor']}").json
    assert [item["text"] for item in first["data"] + rest["data"]] == list("abcde")
    assert (rest["has_more"], [item["position"] for item in rest["data"]]) == (False, [2, 3, 4])


def test_a_list_costs_the_same_queries_whatever_its_length(app: Flask, owner: TestUser, task_id: str) -> None:
    add_item(owner, task_id, "a")
    short = queries_of(app, lambda: owner.api.get(f"/tasks/{task_id}/checklist"))
    for text in "bcdefgh":
        add_item(owner, task_id, text)
    assert queries_of(app, lambda: owner.api.get(f"/tasks/{task_id}/checklist")) == short


def test_a_full_checklist_accepts_no_more(app: Flask, owner: TestUser, task_id: str) -> None:
    with app.app_context():
        db.session.add_all(ChecklistItem(task_id=task_id, text=f"{n}", rank=f"V{n:09}") for n in range(MAX_ITEMS))
        db.session.commit()
    answer = owner.api.post(f"/tasks/{task_id}/checklist", json={"text": "One more"})
    assert refusal(answer) == (409, "conflict")
    assert str(MAX_ITEMS) in answer.json["detail"]


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({}, "/text", "required"),
        ({"text": ""}, "/text", "too_short"),
        ({"text": " "}, "/text", "too_short"),
        ({"text": "a" * 501}, "/text", "too_long"),
        ({"text": "a", "done": "yes"}, "/done", "wrong_type"),
        ({"text": "a", "done": None}, "/done", "wrong_type"),
        ({"text": "a", "position": -1}, "/position", "out_of_range"),
        ({"text": "a", "position": 0.5}, "/position", "wrong_type"),
        ({"text": "a", "rank": "V"}, "/rank", "unknown_field"),
    ],
)
def test_values_that_cannot_be_used_are_named_and_nothing_is_stored(
    owner: TestUser, task_id: str, body: dict[str, Any], pointer: str, code: str
) -> None:
    answer = owner.api.post(f"/tasks/{task_id}/checklist", json=body)
    assert (answer.status_code, [(f["pointer"], f["code"]) for f in answer.json["errors"]]) == (422, [(pointer, code)])
    assert texts(owner, task_id) == []


def test_a_change_to_what_was_not_seen_is_412(owner: TestUser, task_id: str) -> None:
    item = add_item(owner, task_id, "a")
    seen = {"If-Match": owner.api.get(f"/checklist-items/{item['id']}").headers["ETag"]}
    assert owner.api.patch(f"/checklist-items/{item['id']}", json={"done": True}, headers=seen).status_code == 200
    assert owner.api.patch(f"/checklist-items/{item['id']}", json={"text": "b"}, headers=seen).status_code == 412
    assert owner.api.delete(f"/checklist-items/{item['id']}", headers=seen).status_code == 412


def test_a_checklist_goes_with_its_task(owner: TestUser, task_id: str) -> None:
    item = add_item(owner, task_id, "a")
    owner.api.delete(f"/tasks/{task_id}")
    assert refusal(owner.api.get(f"/checklist-items/{item['id']}")) == (404, "not_found")
