"""What the official client shows its person on the way: questions before something is deleted, and how far the work is."""

from collections.abc import Awaitable, Callable
from typing import Any, Literal

import httpx2
import pytest
from anyio.from_thread import start_blocking_portal
from mcp.client import Client
from mcp.client.context import ClientRequestContext
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult, ElicitRequestParams, ElicitResult

from tests.support.servers.server import Server
from tests.support.users import ProjectAndBoard, TestUser

Action = Literal["accept", "decline", "cancel"]

pytestmark = [pytest.mark.judge, pytest.mark.database("sqlite")]


@pytest.fixture
def task(owner: TestUser, new_project: Callable[..., ProjectAndBoard]) -> dict[str, Any]:
    task: dict[str, Any] = owner.api.post(f"/boards/{new_project(owner).board_id}/tasks", json={"title": "Old mirror"}).json
    return task


def call_tool(
    server: Server, person: TestUser, mode: str, run: Callable[[Client], Awaitable[CallToolResult]], **options: Any
) -> dict[str, Any]:
    """What a tool answers to a client that holds the person's key."""

    async def connect() -> CallToolResult:
        http = httpx2.AsyncClient(headers={"Authorization": f"Bearer {person.key}"})
        transport = streamable_http_client(f"{server.url}/mcp", http_client=http)
        async with http, Client(transport, mode=mode, **options) as client:
            return await run(client)

    with start_blocking_portal() as portal:  # a thread of its own, since the browser of other tests has a loop in this one
        content: dict[str, Any] | None = portal.call(connect).structured_content
    assert content
    return content


@pytest.mark.parametrize(
    ("action", "content", "is_deleted"),
    [
        ("accept", {"confirm": True}, True),
        ("accept", {"confirm": False}, False),
        ("decline", None, False),
        ("cancel", None, False),
    ],
)
@pytest.mark.parametrize("mode", ["auto", "2026-07-28"])
def test_a_person_decides_what_is_deleted(
    server: Server, owner: TestUser, task: dict[str, Any], mode: str, action: Action, content: Any, is_deleted: bool
) -> None:
    messages = []

    async def answer(_context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        messages.append(params.message)
        return ElicitResult(action=action, content=content)

    result = call_tool(
        server,
        owner,
        mode,
        lambda client: client.call_tool("delete_task", {"task_id": task["id"]}),
        elicitation_callback=answer,
    )
    assert len(messages) == 1
    assert "Old mirror" in messages[0]
    assert result["deleted"] is is_deleted
    assert owner.api.get(f"/tasks/{task['id']}").status_code == (404 if is_deleted else 200)


@pytest.mark.parametrize("mode", ["auto", "2026-07-28", "legacy"])
def test_a_person_sees_how_far_the_work_is(server: Server, owner: TestUser, task: dict[str, Any], mode: str) -> None:
    seen = []

    async def show(progress: float, total: float | None, message: str | None) -> None:
        seen.append((progress, total, message))

    arguments = {"board_id": task["board_id"], "tasks": [{"title": "One"}, {"title": "Two"}, {"title": "Three"}]}
    result = call_tool(server, owner, mode, lambda client: client.call_tool("create_tasks", arguments, progress_callback=show))
    assert result["created_count"] == 3
    assert seen == [(0, 3, "0 of 3 tasks"), (1, 3, "1 of 3 tasks"), (2, 3, "2 of 3 tasks"), (3, 3, "3 of 3 tasks")]
