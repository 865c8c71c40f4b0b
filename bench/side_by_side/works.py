"""What is measured, by which servers, and with which requests."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.side_by_side.filled import Filled
from bench.side_by_side.load import Request
from bench.side_by_side.seed import CALLERS, project_of, row_id

OURS_POSTGRESQL, OURS_SQLITE = "ours, PostgreSQL and Redis", "ours, SQLite and shared memory"
OURS = (OURS_POSTGRESQL, OURS_SQLITE)

Requests = Callable[[Filled], Sequence[Request]]


@dataclass(frozen=True, slots=True)
class Work:
    """One kind of request, and what each server receives for it, by the name of the server; a server may do it in two ways."""

    title: str
    requests: dict[str, Requests]


def _as_each_caller(make: Callable[[Filled, int], Request]) -> Requests:
    """The requests of all callers; each differs from the others."""
    return lambda filled: [make(filled, number) for number in range(1, CALLERS + 1)]


def _list_projects(filled: Filled, caller: int) -> Request:
    return Request("GET", "/api/v1/projects", _key(filled, caller))


def _list_tasks(filled: Filled, caller: int) -> Request:
    return Request("GET", f"/api/v1/boards/{row_id('brd', 1)}/tasks", _key(filled, caller))


def _search_tasks(filled: Filled, caller: int) -> Request:
    found = caller * 500 % filled.size.tasks_on_first_board
    return Request("GET", f"/api/v1/boards/{row_id('brd', 1)}/tasks?q=payouts+{found}", _key(filled, caller))


def _read_task(filled: Filled, caller: int) -> Request:
    task = caller * 37 % filled.size.tasks_on_first_board + 1
    return Request("GET", f"/api/v1/tasks/{row_id('tsk', task)}", _key(filled, caller))


def _create_task(own_project: int, prefix: str = "") -> Callable[[Filled, int], Request]:
    """In a project of the caller's own: that with this index."""

    def make(filled: Filled, caller: int) -> Request:
        board_id = row_id("brd", project_of(caller, own_project, filled.size.projects))
        new = {"title": f"Refund partial captures of {caller}", "description": "See the bank's mail.", "due_date": "2026-12-18"}
        headers = {**_key(filled, caller), "Content-Type": "application/json"}
        return Request("POST", f"/api/v1{prefix}/boards/{board_id}/tasks", headers, json.dumps(new))

    return make


def _key(filled: Filled, caller: int) -> dict[str, str]:
    return {"Authorization": f"Bearer {filled.keys[caller - 1]}"}


def _same(make: Callable[[Filled, int], Request], *servers: str) -> dict[str, Requests]:
    return dict.fromkeys((*OURS, *servers), _as_each_caller(make))


WORKS = {
    "list": Work("List of 25 projects", _same(_list_projects, "fastapi", "fastify", "go")),
    "tasks": Work("25 tasks of a board with 100,000", _same(_list_tasks, "fastapi", "fastify", "go")),
    "read": Work("One task", _same(_read_task, "fastapi", "fastify", "go")),
    "create": Work(
        "Create a task: rank under a lock, number, activity, read-back",
        {
            OURS_POSTGRESQL: _as_each_caller(_create_task(1)),
            OURS_SQLITE: _as_each_caller(_create_task(1)),
            "fastapi": _as_each_caller(_create_task(2)),
            "fastapi, bare insert": _as_each_caller(_create_task(3, "/bare")),
            "go, bare insert": _as_each_caller(_create_task(4)),
        },
    ),
    "search": Work("Tasks of that board that contain a text", _same(_search_tasks)),
}
