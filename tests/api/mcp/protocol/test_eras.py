"""Clients of the earlier revisions: their handshake, their batches, and the form of their results."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from api.mcp.calls import CallContext, Content
from api.mcp.registry import REGISTRY, Tool
from tests.api.mcp.raw_client import McpClient, assert_error, headers_of, modern, old, refusal
from tests.support.clients.agent import LEGACY, MODERN, Agent
from tests.support.users import TestUser

# Messages, headers and addresses are handled in Python, whatever the database.
pytestmark = pytest.mark.database("sqlite")

INVALID_REQUEST, METHOD_NOT_FOUND, INVALID_PARAMS, MISMATCH = -32600, -32601, -32602, -32020
NEWEST_OLD, OLDEST = LEGACY[0], LEGACY[-1]
ONLY_OLD = ["initialize", "ping", "logging/setLevel", "resources/subscribe", "resources/unsubscribe"]

every_old_revision = pytest.mark.parametrize("version", LEGACY)


@pytest.fixture
def client(app: Flask, owner: TestUser) -> McpClient:
    return McpClient(app, owner.key)


@pytest.fixture
def broken(app: Flask) -> Iterator[str]:
    """The name of a tool that breaks in a way nobody thought of."""

    def run(_call: CallContext, _args: Any) -> Content:
        raise RuntimeError("the secret inside")

    registry = REGISTRY.get(app)
    registry.add(Tool("broken", "Break", "Breaks.", run, ("projects:read",), "reads", schema={"type": "object"}))
    yield "broken"
    del registry.tools["broken"]


@pytest.mark.parametrize(
    ("requested", "negotiated"),
    [
        *[(version, version) for version in LEGACY],
        (MODERN, NEWEST_OLD),
        ("2024-11-05", NEWEST_OLD),
        ("1.0", NEWEST_OLD),
        ("", NEWEST_OLD),
    ],
)
def test_a_client_negotiates_its_own_revision_or_the_newest_with_a_handshake(
    client: McpClient, requested: str, negotiated: str
) -> None:
    result = client.send(old("initialize", params=_initialize_params(requested))).json["result"]
    assert result["protocolVersion"] == negotiated
    assert result["serverInfo"]["name"] == "calmboard"
    assert result["instructions"]
    assert not {"resultType", "ttlMs", "cacheScope", "_meta"} & set(result)


@pytest.mark.parametrize("header", [MODERN, *LEGACY, "2024-11-05", "2099-01-01", "draft", "", " "])
@pytest.mark.parametrize("requested", LEGACY)
def test_the_header_of_a_handshake_says_nothing(client: McpClient, header: str, requested: str) -> None:
    """The Java SDK sends one with its initialize, before anything was negotiated."""
    body = old("initialize", params=_initialize_params(requested))
    assert client.send(body, {"MCP-Protocol-Version": header}).json == client.send(body).json


@pytest.mark.parametrize(("header", "code"), [(MODERN, INVALID_PARAMS), ("2099-01-01", INVALID_PARAMS), ("", INVALID_PARAMS)])
def test_after_the_handshake_the_header_decides(client: McpClient, header: str, code: int) -> None:
    refusal(client.send(old("tools/list"), {"MCP-Protocol-Version": header}), 400, code, 7)


@every_old_revision
@pytest.mark.parametrize("method", ["ping", "tools/list", "prompts/list", "resources/list"])
def test_params_of_null_are_none(client: McpClient, version: str, method: str) -> None:
    headers = {"MCP-Protocol-Version": version}
    assert client.send(old(method, params=None), headers).json == client.send(old(method), headers).json


@pytest.mark.parametrize("arguments", [{}, {"arguments": None}, {"arguments": {}}, {"arguments": " {} "}])
def test_arguments_of_null_are_none(client: McpClient, arguments: dict[str, Any]) -> None:
    listed = client.send(old("tools/call", params={"name": "list_projects", **arguments})).json["result"]
    assert listed["isError"] is False
    prompt = client.send(old("prompts/get", params={"name": "stand_up", **arguments}))
    assert_error(prompt.json, INVALID_PARAMS, 7)


@pytest.mark.parametrize("params", [{}, {"protocolVersion": None}, {"protocolVersion": 20251125}, {"protocolVersion": []}])
def test_a_handshake_without_a_revision_is_refused(client: McpClient, params: dict[str, Any]) -> None:
    refusal(client.send(old("initialize", params=params)), 200, INVALID_PARAMS, 7)


@every_old_revision
def test_a_handshake_opens_no_session(client: McpClient, version: str) -> None:
    answer = client.send(old("initialize", params=_initialize_params(version)))
    assert "Mcp-Session-Id" not in answer.headers
    greeting = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    accepted = client.send(greeting, {"MCP-Protocol-Version": version, "Mcp-Session-Id": "anything"})
    assert (accepted.status_code, accepted.data) == (202, b"")


@every_old_revision
@pytest.mark.parametrize("method", ["ping", "tools/list", "resources/list", "resources/templates/list", "prompts/list"])
def test_an_answer_holds_only_what_its_revision_knows(app: Flask, owner: TestUser, version: str, method: str) -> None:
    result = Agent(app, owner.key, version).result(method)
    assert not {"resultType", "ttlMs", "cacheScope", "_meta"} & set(result)


def test_the_oldest_clients_are_not_shown_what_came_later(app: Flask, owner: TestUser) -> None:
    tools = Agent(app, owner.key, OLDEST).result("tools/list")["tools"]
    assert tools
    assert not any({"title", "outputSchema"} & set(tool) for tool in tools)
    assert all("outputSchema" in tool for tool in Agent(app, owner.key, NEWEST_OLD).result("tools/list")["tools"])


def test_the_oldest_clients_get_the_answer_as_text_alone(app: Flask, owner: TestUser) -> None:
    assert set(Agent(app, owner.key, OLDEST).call("list_projects")) == {"content", "isError"}
    assert "structuredContent" in Agent(app, owner.key, NEWEST_OLD).call("list_projects")


@every_old_revision
@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("nothing", {}, METHOD_NOT_FOUND),
        ("server/discover", {}, METHOD_NOT_FOUND),
        ("tools/call", {"name": "no_such_tool"}, INVALID_PARAMS),
        ("prompts/get", {"name": "no_such_prompt"}, INVALID_PARAMS),
        ("resources/read", {"uri": "calmboard://nothing"}, -32002),
        ("resources/subscribe", {"uri": "calmboard://nothing"}, -32002),
        ("resources/unsubscribe", {"uri": "calmboard://nothing"}, -32002),
        ("resources/subscribe", {}, INVALID_PARAMS),
    ],
)
def test_an_error_of_a_message_in_order_travels_with_200(
    client: McpClient, version: str, method: str, params: dict[str, Any], code: int
) -> None:
    headers = None if version == OLDEST else {"MCP-Protocol-Version": version}
    refusal(client.send(old(method, params=params), headers), 200, code, 7)


@pytest.mark.parametrize("method", ONLY_OLD)
def test_modern_clients_know_no_handshake(client: McpClient, method: str) -> None:
    refusal(client.ask(modern(method)), 404, METHOD_NOT_FOUND, 7)


@pytest.mark.parametrize("method", ["notifications/initialized", "notifications/cancelled", "anything/else", ""])
@pytest.mark.parametrize("version", [None, MODERN, *LEGACY])
def test_a_notification_is_accepted_without_a_word(client: McpClient, method: str, version: str | None) -> None:
    answer = client.send({"jsonrpc": "2.0", "method": method}, {"MCP-Protocol-Version": version})
    assert (answer.status_code, answer.data) == (202, b"")
    assert "RateLimit" in answer.headers


@pytest.mark.parametrize("outcome", [{"result": {}}, {"error": {"code": -1, "message": "no"}}])
@every_old_revision
def test_the_answer_of_an_earlier_client_is_accepted(client: McpClient, outcome: dict[str, Any], version: str) -> None:
    answer = client.send({"jsonrpc": "2.0", "id": 3, **outcome}, {"MCP-Protocol-Version": version})
    assert (answer.status_code, answer.data) == (202, b"")


def test_the_answer_of_a_modern_client_belongs_elsewhere(client: McpClient) -> None:
    refusal(client.send({"jsonrpc": "2.0", "id": 3, "result": {}}, {"MCP-Protocol-Version": MODERN}), 400, INVALID_REQUEST, 3)


@pytest.mark.parametrize(
    "message",
    [
        {"id": 3, "result": {}, "error": {"code": -1, "message": "both"}},
        {"id": None, "result": {}},
        {"id": 3},
        {"id": 3, "method": None, "result": {}},
    ],
    ids=str,
)
def test_what_is_neither_request_nor_answer_is_refused(client: McpClient, message: dict[str, Any]) -> None:
    refusal(client.send({"jsonrpc": "2.0", **message}), 400, INVALID_REQUEST, message["id"])


@pytest.mark.parametrize("version", [NEWEST_OLD, "2025-06-18", MODERN, "2099-01-01"])
@pytest.mark.parametrize("size", [0, 1, 2])
def test_batches_ended_with_the_oldest_revision(client: McpClient, version: str, size: int) -> None:
    refusal(client.send([old()] * size, {"MCP-Protocol-Version": version}), 400, INVALID_REQUEST)


@pytest.mark.parametrize("version", [None, OLDEST])
def test_answers_of_a_batch_come_in_the_order_of_its_requests(client: McpClient, version: str | None) -> None:
    batch = [old(id=number) for number in range(50)]
    answer = client.send(batch, {"MCP-Protocol-Version": version})
    assert (answer.status_code, answer.content_type) == (200, "application/json")
    assert answer.json == [{"jsonrpc": "2.0", "id": number, "result": {}} for number in range(50)]


@pytest.mark.parametrize("size", [0, 51, 3000])
def test_a_batch_of_none_or_too_many_is_refused_whole(client: McpClient, size: int) -> None:
    refusal(client.send([old()] * size), 400, INVALID_REQUEST)


@pytest.mark.parametrize(
    "batch",
    [
        [{"jsonrpc": "2.0", "method": "notifications/initialized"}] * 3,
        [{"jsonrpc": "2.0", "id": 1, "result": {}}, {"jsonrpc": "2.0", "id": 2, "error": {"code": 1, "message": "no"}}],
        [{"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {}}, {"jsonrpc": "2.0", "id": 1, "result": {}}],
    ],
)
def test_a_batch_that_asks_nothing_is_accepted_without_a_word(client: McpClient, batch: list[Any]) -> None:
    answer = client.send(batch)
    assert (answer.status_code, answer.data) == (202, b"")


def test_in_a_batch_errors_stand_beside_results(client: McpClient) -> None:
    batch = [
        old(id="first"),
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        5,
        None,
        [],
        [old(id="within")],
        {"id": 4, "method": "ping"},
        old(id=None),
        old("nothing", id=6),
        old(id=7, params=[]),
        {"jsonrpc": "2.0", "id": 8, "result": {}},
        old("tools/call", id=9, params={"name": "no_such_tool"}),
        old(id=10),
    ]
    first, *errors, last = client.send(batch).json
    assert (first["id"], last["id"]) == ("first", 10)
    expected = [(INVALID_REQUEST, None)] * 4 + [(INVALID_REQUEST, 4), (INVALID_REQUEST, None)]
    expected += [(METHOD_NOT_FOUND, 6), (INVALID_PARAMS, 7), (INVALID_PARAMS, 9)]
    assert len(errors) == len(expected)
    for frame, (code, message_id) in zip(errors, expected, strict=True):
        assert_error(frame, code, message_id)


def test_a_handshake_does_not_belong_in_a_batch(client: McpClient) -> None:
    greeting, pong = client.send([old("initialize", id=1, params=_initialize_params(OLDEST)), old(id=2)]).json
    assert_error(greeting, INVALID_REQUEST, 1)
    assert pong["result"] == {}


def test_a_modern_message_does_not_belong_in_a_batch(client: McpClient) -> None:
    (frame,) = client.send([modern()]).json
    assert_error(frame, MISMATCH, 7)
    refusal(client.send([modern()], headers_of(modern())), 400, INVALID_REQUEST)


def test_a_call_that_breaks_takes_nothing_of_its_batch_along(client: McpClient, broken: str) -> None:
    answer = client.send([old(id=1), old("tools/call", id=2, params={"name": broken}), old(id=3)])
    first, second, third = answer.json
    assert (first["result"], third["result"]) == ({}, {})
    assert_error(second, -32603, 2)
    assert "secret inside" not in answer.text


def test_a_call_that_breaks_is_an_internal_error_without_a_trace(client: McpClient, broken: str) -> None:
    for answer in (
        client.ask(modern("tools/call", {"name": broken})),
        client.send(old("tools/call", params={"name": broken})),
    ):
        error = refusal(answer, 500, -32603, 7)
        assert "secret inside" not in answer.text
        assert error["data"]["request_id"] == answer.headers["X-Request-Id"]


def _initialize_params(version: str) -> dict[str, Any]:
    return {"protocolVersion": version, "capabilities": {}, "clientInfo": {"name": "old", "version": "1"}}
