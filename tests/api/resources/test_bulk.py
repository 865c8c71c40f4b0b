"""Many changes in one call: all or none, or each for itself."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from calmboard.db import db
from calmboard.ids import new_id
from calmboard.models import Board, Task
from tests.api.resources.test_tasks import add, column
from tests.support.statements import recorded
from tests.support.users import Answer, Api, ProjectAndBoard, TestUser, add_project_and_board


@pytest.fixture
def project(app: Flask, owner: TestUser, viewer: TestUser) -> ProjectAndBoard:
    return add_project_and_board(app, owner, viewer=viewer)


def send(caller: Api, *operations: Any, **options: Any) -> Answer:
    return caller.post("/tasks/bulk", json={"operations": list(operations), **options})


def create(project: ProjectAndBoard, title: str, **fields: Any) -> dict[str, Any]:
    return {"op": "create", "board_id": project.board_id, "task": {"title": title, **fields}}


def change(task_id: str, **changes: Any) -> dict[str, Any]:
    return {"op": "change", "task_id": task_id, "changes": changes}


def test_operations_are_carried_out_in_their_order(owner: TestUser, project: ProjectAndBoard) -> None:
    old = add(owner, project, "old")["id"]
    answer = send(owner.api, create(project, "first"), create(project, "second", position=0), change(old, state="done"))
    assert answer.status_code == 200, answer.text
    assert [(result["op"], result["status"]) for result in answer.json["results"]] == [
        ("create", 201),
        ("create", 201),
        ("change", 200),
    ]
    assert column(owner, project, "backlog") == ["second", "first"]
    assert send(owner.api, {"op": "delete", "task_id": old}).json["results"] == [{"op": "delete", "status": 204}]
    assert column(owner, project, "done") == []


def test_one_that_fails_rolls_back_all(owner: TestUser, project: ProjectAndBoard) -> None:
    old = add(owner, project, "old")["id"]
    answer = send(owner.api, change(old, title="new"), create(project, "other"), change(new_id("tsk"), title="x"))
    assert (answer.status_code, answer.json["code"]) == (404, "not_found")
    assert [error["pointer"] for error in answer.json["errors"]] == ["/operations/2"]
    assert column(owner, project, "backlog") == ["old"]


def test_a_task_deleted_earlier_in_the_call_is_gone(owner: TestUser, project: ProjectAndBoard) -> None:
    task_id = add(owner, project, "old")["id"]
    answer = send(owner.api, {"op": "delete", "task_id": task_id}, change(task_id, title="x"))
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (404, "/operations/1")
    assert column(owner, project, "backlog") == ["old"]


def test_each_for_itself_leaves_the_others_alone(owner: TestUser, project: ProjectAndBoard) -> None:
    answer = send(owner.api, create(project, "good"), change(new_id("tsk"), title="x"), create(project, "fine"), atomic=False)
    assert [result["status"] for result in answer.json["results"]] == [201, 404, 201]
    assert answer.json["results"][1]["problem"]["code"] == "not_found"
    assert column(owner, project, "backlog") == ["good", "fine"]


def test_an_error_of_one_has_its_pointer_in_the_whole(owner: TestUser, project: ProjectAndBoard) -> None:
    stranger = create(project, "x", assignees=["usr_01m86ffkj1eyt9k86t46h61k8b"])
    answer = send(owner.api, create(project, "good"), stranger)
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "/operations/1/task/assignees/0")
    assert column(owner, project, "backlog") == []


def test_every_faulty_field_of_every_operation_is_named(owner: TestUser, project: ProjectAndBoard) -> None:
    answer = send(
        owner.api, create(project, ""), {"op": "change", "task_id": "x", "changes": {"state": 1, "a": 1}}, {"op": "fly"}, 7
    )
    assert answer.status_code == 422
    assert {error["pointer"] for error in answer.json["errors"]} == {
        "/operations/0/task/title",
        "/operations/1/task_id",
        "/operations/1/changes/state",
        "/operations/1/changes/a",
        "/operations/2/op",
        "/operations/3/op",
    }


@pytest.mark.parametrize("number", [0, 101])
def test_too_few_or_many_are_refused(owner: TestUser, project: ProjectAndBoard, number: int) -> None:
    answer = send(owner.api, *[create(project, str(index)) for index in range(number)])
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "/operations")


def test_a_hundred_are_accepted(owner: TestUser, project: ProjectAndBoard) -> None:
    assert len(send(owner.api, *[create(project, str(number)) for number in range(100)]).json["results"]) == 100


def test_nobody_does_in_bulk_what_they_may_not_alone(
    app: Flask, owner: TestUser, viewer: TestUser, outsider: TestUser, project: ProjectAndBoard
) -> None:
    task_id = add(owner, project, "kept")["id"]
    elsewhere = add_project_and_board(app, owner)
    limited = Api(app, owner.new_key(new_id("key"), project_ids=frozenset({elsewhere.project_id})))
    for caller in (viewer.api, outsider.api, limited):
        for operation in (create(project, "x"), change(task_id, title="x"), {"op": "delete", "task_id": task_id}):
            assert send(caller, operation).status_code == 403
            assert send(caller, operation, atomic=False).json["results"][0]["status"] == 403
    assert column(owner, project, "backlog") == ["kept"]


@pytest.mark.database("postgresql")
def test_what_is_not_visible_is_not_waited_for(app: Flask, owner: TestUser, outsider: TestUser, project: ProjectAndBoard) -> None:
    """Nor locked, so that nobody slows down a board by its id alone. SQLite locks all of itself, whoever writes."""
    task_id = add(owner, project, "theirs")["id"]
    with ThreadPoolExecutor(1) as pool, app.app_context():
        db.session.execute(select(Task.id).where(Task.board_id == project.board_id).with_for_update())
        db.session.execute(select(Board.id).where(Board.id == project.board_id).with_for_update())
        answer = pool.submit(send, outsider.api, create(project, "x"), change(task_id, title="x"))
        try:
            assert answer.result(timeout=10).status_code == 403
        finally:
            db.session.rollback()


def test_what_became_of_many_costs_as_much_as_of_few(app: Flask, owner: TestUser, project: ProjectAndBoard) -> None:
    def reads(number: int) -> int:
        with recorded(app) as statements:
            answer = send(owner.api, *(create(project, f"one of {number}") for _ in range(number)))
        assert len(answer.json["results"]) == number
        return sum("FROM task_assignees" in statement for statement, _ in statements)

    assert reads(2) == reads(40) > 0


@pytest.mark.parametrize("turn", range(5))
def test_two_concurrent_calls_end_in_one_order(app: Flask, owner: TestUser, project: ProjectAndBoard, turn: int) -> None:
    tasks = [add(owner, project, title)["id"] for title in "abcd"]

    def call(order: Callable[[list[str]], Any]) -> int:
        moves = [change(task_id, position=0) for task_id in order(tasks)]
        return send(Api(app, owner.key), *moves).status_code

    with ThreadPoolExecutor(4) as pool:
        statuses = list(pool.map(call, [list, lambda ids: list(reversed(ids))] * 4))
    assert set(statuses) == {200}
    assert column(owner, project, "backlog") in (["d", "c", "b", "a"], ["a", "b", "c", "d"])


def test_an_operation_may_be_bound_to_an_etag(owner: TestUser, project: ProjectAndBoard) -> None:
    first, second = (add(owner, project, title)["id"] for title in ("first", "second"))
    etags = {task_id: owner.api.get(f"/tasks/{task_id}").headers["ETag"] for task_id in (first, second)}
    owner.api.patch(f"/tasks/{second}", json={"pinned": True})
    bound = [
        {**change(first, title="new"), "if_match": etags[first]},
        {**change(second, title="new"), "if_match": etags[second]},
        {"op": "delete", "task_id": second, "if_match": etags[second]},
    ]
    results = send(owner.api, *bound, atomic=False).json["results"]
    assert [result["status"] for result in results] == [200, 412, 412]
    assert results[1]["problem"]["code"] == "precondition_failed"
    assert etags[second] in results[1]["problem"]["detail"]
    assert column(owner, project, "backlog") == ["new", "second"]


def test_of_all_or_none_one_that_changed_meanwhile_stops_all(owner: TestUser, project: ProjectAndBoard) -> None:
    task_id = add(owner, project, "old")["id"]
    etag = owner.api.get(f"/tasks/{task_id}").headers["ETag"]
    answer = send(owner.api, create(project, "other"), {**change(task_id, title="new"), "if_match": f"W/{etag}"})
    assert (answer.status_code, answer.json["code"]) == (412, "precondition_failed")
    assert [error["pointer"] for error in answer.json["errors"]] == ["/operations/1"]
    assert column(owner, project, "backlog") == ["old"]
    partial = owner.api.get(f"/tasks/{task_id}?fields=id").headers["ETag"]
    assert send(owner.api, {"op": "delete", "task_id": task_id, "if_match": f'"other", {partial}'}).status_code == 200
