"""Tools that report progress: what else they may do while they run, and that their work is done once."""

import json
from collections.abc import Callable, Generator
from typing import Any

import pytest
import requests
from flask import Flask

from api.mcp.calls import CallContext
from api.mcp.registry import REGISTRY, Tool
from calmboard.errors import Conflict
from calmboard.ids import new_id
from tests.api.mcp import fixtures
from tests.support.clients.agent import LEGACY, MODERN, Agent
from tests.support.servers.programs import wait_until
from tests.support.users import Answer, ProjectAndBoard, TestUser

INVALID_PARAMS, MISSING_CAPABILITY = -32602, -32021
FORM_CAPABILITIES: dict[str, Any] = {"elicitation": {}}
REPORTING = {"progressToken": "p"}

pytestmark = pytest.mark.database("sqlite")


@pytest.fixture
def app_with_fixtures(make_app: Callable[..., Flask]) -> Flask:
    app = make_app()
    fixtures.register(REGISTRY.get(app))
    return app


def frames(answer: Answer) -> list[dict[str, Any]]:
    assert answer.mimetype == "text/event-stream"
    return [json.loads(line.removeprefix("data: ")) for line in answer.text.splitlines() if line.startswith("data: ")]


def call(tool: str, **more: Any) -> dict[str, Any]:
    return {"name": tool, "arguments": {}, **more}


@pytest.mark.parametrize("meta", [{}, REPORTING])
def test_many_tasks_are_made_once(
    app: Flask, owner: TestUser, new_project: Callable[..., ProjectAndBoard], meta: dict[str, str]
) -> None:
    agent, board_id = Agent(app, owner.key), new_project(owner).board_id
    arguments = {"board_id": board_id, "tasks": [{"title": "One"}, {"title": "Two"}], "idempotency_key": new_id("tsk")}
    first = agent.ask("tools/call", {"name": "create_tasks", "arguments": arguments, "_meta": meta})
    created = (frames(first)[-1] if meta else first.json)["result"]["structuredContent"]
    retry = agent.call("create_tasks", **arguments)
    assert retry["structuredContent"] == created
    assert retry["_meta"]["ai.calmboard/replayed"] is True
    assert len(agent.structured("list_tasks", board_id=board_id)["tasks"]) == 2
    assert "Use a new one" in agent.refusal("create_tasks", **{**arguments, "tasks": [{"title": "Three"}]})


def test_a_reporting_tool_requires_input_and_continues(app_with_fixtures: Flask, owner: TestUser) -> None:
    agent = Agent(app_with_fixtures, owner.key, capabilities=FORM_CAPABILITIES)
    progress, required = frames(agent.ask("tools/call", call("test_streaming_elicitation", _meta=REPORTING)))
    assert progress["params"]["progress"] == 0
    assert required["result"]["resultType"] == "input_required"
    assert required["result"]["inputRequests"]["confirm"]["method"] == "elicitation/create"
    answered = {"confirm": {"action": "accept", "content": {"ok": True}}}
    retry = frames(agent.ask("tools/call", call("test_streaming_elicitation", _meta=REPORTING, inputResponses=answered)))
    assert [frame.get("method", "result") for frame in retry] == ["notifications/progress", "notifications/progress", "result"]
    assert retry[-1]["result"]["resultType"] == "complete"


@pytest.mark.parametrize("tool", ["test_streaming_elicitation", "test_input_required_result_elicitation"])
def test_a_client_without_elicitation_gets_the_missing_capability(app_with_fixtures: Flask, owner: TestUser, tool: str) -> None:
    refused = Agent(app_with_fixtures, owner.key, capabilities={"sampling": {}}).ask("tools/call", call(tool))
    assert refused.status_code == 400
    assert refused.json["error"]["code"] == MISSING_CAPABILITY
    assert refused.json["error"]["data"] == {"requiredCapabilities": {"elicitation": {}}}


@pytest.mark.parametrize("version", LEGACY)
def test_an_earlier_client_is_never_asked_in_a_result(app_with_fixtures: Flask, owner: TestUser, version: str) -> None:
    meta = {"io.modelcontextprotocol/clientCapabilities": FORM_CAPABILITIES}
    agent = Agent(app_with_fixtures, owner.key, version)
    refused = agent.error("tools/call", call("test_input_required_result_elicitation", _meta=meta))
    assert refused["code"] == MISSING_CAPABILITY


@pytest.mark.parametrize("answers", [None, [], "yes", 1])
def test_answers_that_are_no_object_are_refused(app_with_fixtures: Flask, owner: TestUser, answers: Any) -> None:
    agent = Agent(app_with_fixtures, owner.key, capabilities=FORM_CAPABILITIES)
    refused = agent.ask("tools/call", call("test_input_required_result_elicitation", inputResponses=answers))
    assert (refused.status_code, refused.json["error"]["code"]) == (400, INVALID_PARAMS)


@pytest.mark.processes
def test_a_modern_client_that_leaves_a_stream_ends_the_work(fixture_server: str, owner: TestUser) -> None:
    with ask(fixture_server, owner, "test_work_until_disconnect") as stream:
        assert "notifications/progress" in next(line for line in stream.iter_lines(decode_unicode=True) if line[:5] == "data:")
        assert "False" in ask(fixture_server, owner, "test_was_disconnected").text
    wait_until(lambda: "True" in ask(fixture_server, owner, "test_was_disconnected").text, "The tool that was left")


def ask(origin: str, owner: TestUser, tool: str) -> requests.Response:
    meta = {**REPORTING, "io.modelcontextprotocol/protocolVersion": MODERN, "io.modelcontextprotocol/clientCapabilities": {}}
    headers = {"MCP-Protocol-Version": MODERN, "Mcp-Method": "tools/call", "Mcp-Name": tool}
    headers["Authorization"] = f"Bearer {owner.key}"
    body: Any = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call(tool, _meta=meta)}
    return requests.post(f"{origin}/mcp", json=body, headers=headers, stream=True, timeout=20)


def test_what_goes_wrong_on_the_way_ends_the_stream(app_with_fixtures: Flask, owner: TestUser) -> None:
    def report_then(error: Exception) -> Callable[[CallContext, Any], Generator[Any, None, None]]:
        def run(call: CallContext, _args: Any) -> Generator[Any, None, None]:
            yield call.progress(0, 2, "Begun")
            raise error

        return run

    runs = {"refuses": report_then(Conflict("Somebody was faster.")), "breaks": report_then(RuntimeError("a secret"))}
    tools = (Tool(name, name, name, run, (), "reads") for name, run in runs.items())
    REGISTRY.get(app_with_fixtures).add(*tools)
    agent = Agent(app_with_fixtures, owner.key)
    refused = frames(agent.ask("tools/call", call("refuses", _meta=REPORTING)))[-1]["result"]
    assert (refused["isError"], refused["content"][0]["text"].splitlines()[0]) == (True, "Somebody was faster.")
    broken = frames(agent.ask("tools/call", call("breaks", _meta=REPORTING)))[-1]
    assert broken["error"]["code"] == -32603
    assert "a secret" not in json.dumps(broken)
