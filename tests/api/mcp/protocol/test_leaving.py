"""Clients that disconnect from a stream: what became of the work, and of its idempotency key."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import requests
from flask import Flask

from calmboard.ids import new_id
from tests.support.clients.agent import LEGACY, MODERN, Agent
from tests.support.servers.programs import wait_until
from tests.support.users import ProjectAndBoard, TestUser

NUMBER = 60


@pytest.fixture
def board_id(new_project: Callable[..., ProjectAndBoard], owner: TestUser) -> str:
    return new_project(owner).board_id


def many(board_id: str) -> dict[str, Any]:
    tasks = [{"title": f"Rub {number}"} for number in range(NUMBER)]
    return {"board_id": board_id, "tasks": tasks, "idempotency_key": new_id("tsk")}


def leave(agent: Agent, arguments: dict[str, Any], after: int) -> None:
    """Ask for the tasks, read so many messages, and go."""
    answer = agent.ask("tools/call", {"name": "create_tasks", "arguments": arguments, "_meta": {"progressToken": "p"}})
    messages = iter(answer.response)
    for _ in range(after):
        assert b"notifications/progress" in next(messages)
    answer.close()


def titles_on(agent: Agent, board_id: str) -> list[str]:
    result = agent.call("list_tasks", board_id=board_id, limit=100)
    return [task["title"] for task in data_of(result)["tasks"]]


@pytest.mark.parametrize("after", [1, 3])
def test_a_modern_client_that_leaves_has_cancelled_the_work(app: Flask, owner: TestUser, board_id: str, after: int) -> None:
    agent, arguments = Agent(app, owner.key, MODERN), many(board_id)
    leave(agent, arguments, after)
    assert titles_on(agent, board_id) == []
    retry = agent.call("create_tasks", **arguments)
    assert data_of(retry)["created_count"] == NUMBER
    assert "ai.calmboard/replayed" not in retry["_meta"]
    assert titles_on(agent, board_id) == [task["title"] for task in arguments["tasks"]]


@pytest.mark.parametrize("version", LEGACY)
@pytest.mark.parametrize("after", [1, 3])
def test_an_earlier_client_that_leaves_finds_the_work_done(
    app: Flask, owner: TestUser, board_id: str, version: str, after: int
) -> None:
    agent, arguments = Agent(app, owner.key, version), many(board_id)
    leave(agent, arguments, after)
    assert titles_on(agent, board_id) == [task["title"] for task in arguments["tasks"]]
    retry = agent.call("create_tasks", **arguments)
    assert retry["_meta"]["ai.calmboard/replayed"] is True
    assert data_of(retry)["created_count"] == NUMBER
    assert len(titles_on(agent, board_id)) == NUMBER


@pytest.mark.processes
def test_a_connection_that_breaks_ends_no_work_of_an_earlier_client(
    app: Flask, fixture_server: str, owner: TestUser, board_id: str
) -> None:
    params = {"name": "create_tasks", "arguments": many(board_id), "_meta": {"progressToken": "p"}}
    body: Any = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    headers = {"MCP-Protocol-Version": LEGACY[0], "Authorization": f"Bearer {owner.key}"}
    with requests.post(f"{fixture_server}/mcp", json=body, headers=headers, stream=True, timeout=20) as stream:
        assert next(line for line in stream.iter_lines() if line.startswith(b"data:"))
    agent = Agent(app, owner.key)
    wait_until(lambda: len(titles_on(agent, board_id)) == NUMBER, "The work that was left")


def data_of(result: dict[str, Any]) -> dict[str, Any]:
    """The data of an answer, which stands in the text for the oldest clients."""
    data: dict[str, Any] = result.get("structuredContent") or json.loads(result["content"][0]["text"])
    return data
