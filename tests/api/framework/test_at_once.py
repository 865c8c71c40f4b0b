"""Concurrent writers lose nothing: whatever the interleaving, one consistent state, and no server error."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from flask import Flask

from calmboard.ids import new_id
from tests.api.resources.test_tasks import add, column
from tests.support.users import Answer, Api, ProjectAndBoard, TestUser, add_project_and_board

TURNS = 50


@pytest.fixture
def project(app: Flask, owner: TestUser) -> ProjectAndBoard:
    return add_project_and_board(app, owner)


def at_once(app: Flask, owner: TestUser, *requests: Callable[[Api], Answer]) -> list[Answer]:
    """Send the requests at the same moment, each from a program of its own with the same key."""
    start = Barrier(len(requests))

    def send(request: Callable[[Api], Answer]) -> Answer:
        start.wait()
        return request(Api(app, owner.key))

    with ThreadPoolExecutor(len(requests)) as pool:
        return list(pool.map(send, requests))


@pytest.mark.slow
def test_two_moves(app: Flask, owner: TestUser, project: ProjectAndBoard) -> None:
    tasks = [add(owner, project, title)["id"] for title in "abc"]

    def move(task_id: str) -> Callable[[Api], Answer]:
        return lambda api: api.patch(f"/tasks/{task_id}", json={"position": 1})

    for _ in range(TURNS):
        answers = at_once(app, owner, *map(move, tasks[:2]))
        assert {answer.status_code for answer in answers} == {200}
        listed = owner.api.get(f"/boards/{project.board_id}/tasks?sort=position").json["data"]
        ranks = [task["position"] for task in listed]
        assert ranks == sorted(set(ranks))
        assert sorted(column(owner, project, "backlog")) == ["a", "b", "c"]


@pytest.mark.slow
def test_two_bulk_calls(app: Flask, owner: TestUser, project: ProjectAndBoard) -> None:
    tasks = [add(owner, project, title)["id"] for title in "ab"]

    def rename(order: list[str], title: str) -> Callable[[Api], Answer]:
        operations = [{"op": "change", "task_id": task_id, "changes": {"title": title, "position": 0}} for task_id in order]
        return lambda api: api.post("/tasks/bulk", json={"operations": operations})

    for _ in range(TURNS):
        answers = at_once(app, owner, rename(tasks, "ours"), rename(tasks[::-1], "theirs"))
        assert {answer.status_code for answer in answers} == {200}
        assert column(owner, project, "backlog") in (["ours", "ours"], ["theirs", "theirs"])


@pytest.mark.slow
def test_two_posts_with_one_idempotency_key(app: Flask, owner: TestUser, project: ProjectAndBoard) -> None:
    for turn in range(TURNS):
        headers, title = {"Idempotency-Key": new_id("try")}, f"Turn {turn}"

        def create(api: Api, headers: dict[str, str] = headers, title: str = title) -> Answer:
            return api.post(f"/boards/{project.board_id}/tasks", json={"title": title}, headers=headers)

        statuses = sorted(answer.status_code for answer in at_once(app, owner, create, create))
        assert statuses in ([201, 201], [201, 409])
        assert column(owner, project, "backlog") == [title]
        (task,) = owner.api.get(f"/boards/{project.board_id}/tasks").json["data"]
        owner.api.delete(f"/tasks/{task['id']}")


def test_two_changes_with_one_etag(app: Flask, owner: TestUser, project: ProjectAndBoard) -> None:
    task_id = add(owner, project, "Turn")["id"]

    def change(title: str, etag: str) -> Callable[[Api], Answer]:
        return lambda api: api.patch(f"/tasks/{task_id}", json={"title": title}, headers={"If-Match": etag})

    for turn in range(TURNS):
        etag = owner.api.get(f"/tasks/{task_id}").headers["ETag"]
        answers = at_once(app, owner, change(f"ours {turn}", etag), change(f"theirs {turn}", etag))
        assert sorted(answer.status_code for answer in answers) == [200, 412]
        winner: Any = next(answer.json for answer in answers if answer.status_code == 200)
        assert owner.api.get(f"/tasks/{task_id}").json == winner


def test_a_label_that_is_deleted_while_it_is_added(app: Flask, owner: TestUser, project: ProjectAndBoard) -> None:
    task_id = add(owner, project, "Labelled")["id"]

    def add_label(label_id: str) -> Callable[[Api], Answer]:
        return lambda api: api.patch(f"/tasks/{task_id}", json={"labels": [label_id]})

    for turn in range(TURNS // 5):
        label_id: str = owner.api.post(f"/projects/{project.project_id}/labels", json={"name": f"Turn {turn}"}).json["id"]

        def remove(api: Api, label_id: str = label_id) -> Answer:
            return api.delete(f"/labels/{label_id}")

        removed, *changed = at_once(app, owner, remove, *[add_label(label_id)] * 3)
        assert removed.status_code == 204
        assert {answer.status_code for answer in changed} <= {200, 422}
        assert owner.api.get(f"/tasks/{task_id}").json["labels"] == []
