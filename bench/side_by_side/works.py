"""What is measured, by which servers, and with which requests."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.side_by_side.filled import Filled
from bench.side_by_side.load import Request
from bench.side_by_side.refreshes import our_refreshes, their_refreshes
from bench.side_by_side.seed import CALLERS, project_of, row_id
from bench.side_by_side.servers import Server
from tests.support.users import SESSION_COOKIE

OURS_POSTGRESQL, OURS_SQLITE = "ours, PostgreSQL and Redis", "ours, SQLite and shared memory"
OURS = (OURS_POSTGRESQL, OURS_SQLITE)
# What ours could come to.
KEPT_KEYS, FLOOR = "ours, keys kept for 20 s", "flask, a constant"

Requests = Callable[[Server], Sequence[Request]]


@dataclass(frozen=True, slots=True)
class Work:
    """One kind of request: what each server receives for it, by the server's name, and what an answer holds, as a regular
    expression.

    A server that does it in two ways has two names, that behind the comma for the way.
    """

    title: str
    answer: str
    requests: dict[str, Requests]


def _as_each_caller(make: Callable[[Filled, int], Request]) -> Requests:
    """The requests of all callers; each differs from the others."""
    return lambda server: [make(server.filled, number) for number in range(1, CALLERS + 1)]


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


def tool_call(key: str) -> Request:
    """A call of list_projects, as a client of the latest revision sends it."""
    meta = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}
    call = {"name": "list_projects", "arguments": {}, "_meta": meta}
    headers = {
        "Authorization": f"Bearer {key}",
        "Accept": "application/json, text/event-stream",
        "Content-Type": "application/json",
        "MCP-Protocol-Version": "2026-07-28",
        "Mcp-Method": "tools/call",
        "Mcp-Name": "list_projects",
    }
    return Request("POST", "/mcp", headers, json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}))


def _call_tool(filled: Filled, caller: int) -> Request:
    return tool_call(filled.keys[caller - 1])


def _open_pages(server: Server) -> list[Request]:
    return [Request("GET", "/integrations", {"Cookie": f"{SESSION_COOKIE}={cookie}"}) for cookie in server.filled.cookies]


def _key(filled: Filled, caller: int) -> dict[str, str]:
    return {"Authorization": f"Bearer {filled.keys[caller - 1]}"}


def _same(make: Callable[[Filled, int], Request], *servers: str) -> dict[str, Requests]:
    return dict.fromkeys((*OURS, *servers), _as_each_caller(make))


_CREATIONS = {
    **dict.fromkeys(OURS, _as_each_caller(_create_task(1))),
    "fastapi": _as_each_caller(_create_task(2)),
    "fastapi, bare insert": _as_each_caller(_create_task(3, "/bare")),
    "go, bare insert": _as_each_caller(_create_task(4)),
}

WORKS = {
    "list": Work(
        "List of 25 projects",
        '"has_more":true',
        _same(_list_projects, "fastapi", "django_rest_framework", "fastify", "go", KEPT_KEYS, FLOOR),
    ),
    "tasks": Work("25 tasks of the largest board", '"has_more":true', _same(_list_tasks, "fastapi", "fastify", "go")),
    "read": Work("One task", '"number":', _same(_read_task, "fastapi", "fastify", "go")),
    "create": Work("Create a task", '"id":"tsk_', _CREATIONS),
    "tool": Work("tools/call of list_projects", r'"structuredContent":{"projects":\[{', _same(_call_tool, "mcp_sdk")),
    "refresh": Work(
        "Refresh a token", '"refresh_token":', {**dict.fromkeys(OURS, our_refreshes), "oidc_provider": their_refreshes}
    ),
    "page": Work(
        "The page Integrations & APIs with 200 keys",
        'Key [0-9]|"has_more":true',
        {**dict.fromkeys(OURS, _open_pages), "fastapi, list of projects": _as_each_caller(_list_projects)},
    ),
    "search": Work("Tasks of the largest board that contain a text", '"id":"tsk_', _same(_search_tasks)),
}
