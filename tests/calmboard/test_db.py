"""A transaction that PostgreSQL gives up for another one is tried again inside the request, on every interface."""

import ast
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from flask import Flask

import calmboard
from calmboard.ids import new_id
from calmboard.settings import SETTINGS
from tests.api.resources.test_tasks import add
from tests.support.clients.agent import Agent
from tests.support.servers.programs import wait_until
from tests.support.users import Api, ProjectAndBoard, TestUser


def rename_by_api(app: Flask, user: TestUser, task_id: str) -> bool:
    headers = {"Idempotency-Key": new_id("try")}
    answer = Api(app, user.key).patch(f"/tasks/{task_id}", json={"title": "Rinse"}, headers=headers)
    return answer.status_code == 200


def comment_by_api_once(app: Flask, user: TestUser, task_id: str) -> bool:
    headers, path = {"Idempotency-Key": new_id("try")}, f"/tasks/{task_id}/comments"
    answers = [Api(app, user.key).post(path, json={"body": "Dry"}, headers=headers) for _ in range(2)]
    listed = user.api.get(path).json["data"]
    return [answer.status_code for answer in answers] == [201, 201] and len(listed) == 1


def rename_as_agent(app: Flask, user: TestUser, task_id: str) -> bool:
    return bool(Agent(app, user.key).structured("update_task", task_id=task_id, title="Rinse")["title"] == "Rinse")


@pytest.mark.slow
@pytest.mark.database("postgresql")
@pytest.mark.parametrize("write", [rename_by_api, comment_by_api_once, rename_as_agent])
def test_a_deadlock_is_not_told(
    app: Flask,
    new_user: Callable[..., TestUser],
    new_project: Callable[..., ProjectAndBoard],
    write: Callable[[Flask, TestUser, str], bool],
) -> None:
    """The request holds the task and waits for its person's row; we hold that, and wait for the task."""
    user = new_user()
    task_id = add(user, new_project(user), "Rub")["id"]
    with ThreadPoolExecutor(1) as pool, holding(app, user) as (holder, is_waited_for):
        done = pool.submit(write, app, user, task_id)
        wait_until(is_waited_for, "The request")
        holder.execute("SELECT id FROM tasks WHERE id = %s FOR UPDATE", [task_id])
        holder.rollback()
        assert done.result()


def test_whatever_commits_is_tried_again() -> None:
    """But for a generator, whose tasks are yielded one by one; it locks in the one order."""
    root = Path(calmboard.__file__).parent
    paths = [path for room in ("access", "work") for path in (root / room).rglob("*.py")]
    committing = [(path.name, function) for path in paths for function in _committing(ast.parse(path.read_text()))]
    left_out = {(file, one.name) for file, one in committing if "retry_conflicts" not in map(ast.unparse, one.decorator_list)}
    assert len(committing) > 50
    assert left_out == {("bulk.py", "create_each")}


@contextmanager
def holding(app: Flask, user: TestUser) -> Iterator[tuple[psycopg.Connection, Callable[[], bool]]]:
    """A connection that holds the row of a person and is never the one that gives up; and whether somebody waits for it."""
    url = SETTINGS.get(app).database_url
    waiting = "SELECT true FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with psycopg.connect(url) as holder, psycopg.connect(url, autocommit=True) as observer:
        holder.execute("SET deadlock_timeout = '1min'")
        holder.commit()
        holder.execute("SELECT id FROM users WHERE id = %s FOR UPDATE", [user.person.id])
        yield holder, lambda: observer.execute(waiting).fetchone() is not None


def _committing(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and "db.session.commit()" in ast.unparse(node):
            yield node
