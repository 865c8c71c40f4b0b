"""Invalid arguments: each tool describes the error, and none breaks."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from jsonschema import Draft202012Validator

from api.mcp.tools import TOOLS
from calmboard.ids import new_id
from tests.support.clients.agent import LEGACY, Agent
from tests.support.users import ProjectAndBoard, TestUser

INVALID_VALUES: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    10**40,
    1.5,
    "",
    " ",
    "\x00",
    "me\n",
    "🙂" * 300,
    "x" * 30_000,
    "0001-01-01",
    "9999-12-31",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    [],
    [[]],
    [None],
    ["\x00"],
    ["tsk_\n"] * 101,
    {},
    {"a": {"b": []}},
)

# What some tools need besides what their schema can say.
ALSO_REQUIRED: dict[str, dict[str, Any]] = {
    "move_task": {"state": "ready"},
    "assign_task": {"clear": ["assignees"]},
    "complete_sprint": {"unfinished": "keep"},
    "change_tasks": {"state": "ready"},
}


@pytest.fixture
def arguments(new_project: Callable[..., ProjectAndBoard], owner: TestUser) -> dict[str, Any]:
    """Arguments that fit, by name, for every tool."""
    project = new_project(owner)
    agent = Agent(owner.app, owner.key)
    sprint_id = agent.structured("plan_sprint", board_id=project.board_id, name="First light")["id"]
    task_id = agent.structured("create_task", board_id=project.board_id, title="Grind", sprint_id=sprint_id)["id"]
    work: dict[str, Any] = {
        "task_ids": [task_id],
        "title": "Coat",
        "body": "Clear sky.",
        "blocked": False,
        "tasks": [{"title": "Coat"}],
        "q": "Coat",
    }
    return {**vars(project), "task_id": task_id, "sprint_id": sprint_id, "report": "burndown", **work}


def fitting(tool: Any, arguments: dict[str, Any]) -> dict[str, Any]:
    """What the tool cannot do without, and for tools that change something the least of it."""
    least = {"plan_sprint": ("sprint_id",), "delete_task": ("task_id",), "change_tasks": ("task_ids",)}
    names = (*tool.input_schema.get("required", ()), *least.get(tool.name, ()))
    return {name: arguments[name] for name in names} | ({"dry_run": True} if tool.effect == "destroys" else {})


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_no_argument_breaks_a_tool(app: Flask, owner: TestUser, arguments: dict[str, Any], tool: Any) -> None:
    agent = Agent(app, owner.key, LEGACY[0])
    for name in tool.input_schema["properties"]:
        for value in INVALID_VALUES:
            params = {"name": tool.name, "arguments": {**fitting(tool, arguments), name: value}}
            answer = agent.ask("tools/call", params)
            assert (answer.status_code, "result" in answer.json) == (200, True), (name, value, answer.text)


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_arguments_and_answers_are_as_the_schemas_say(app: Flask, owner: TestUser, arguments: dict[str, Any], tool: Any) -> None:
    arguments = {**fitting(tool, arguments), **ALSO_REQUIRED.get(tool.name, {})}
    agent = Agent(app, owner.key, LEGACY[0])
    if tool.name == "complete_sprint":
        agent.structured("start_sprint", sprint_id=arguments["sprint_id"])
    Draft202012Validator(tool.input_schema).validate(arguments)
    Draft202012Validator(tool.definition()["outputSchema"]).validate(agent.structured(tool.name, **arguments))


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_every_argument_says_what_it_is_and_shows_one(tool: Any) -> None:
    Draft202012Validator.check_schema(tool.input_schema)
    for name, schema in tool.input_schema["properties"].items():
        described = {**schema, **schema.get("anyOf", [{}])[0]}
        assert described.get("description"), name
        assert "examples" in described or "default" in described or described["type"] in ("array", "object"), name


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_a_tool_says_when_to_use_it(tool: Any) -> None:
    assert 100 < len(tool.description) < 600
    names = {other.name for other in TOOLS} - {tool.name}
    assert any(name in tool.description for name in names), "it names no tool to use instead"


def test_a_time_out_of_range_is_refused(app: Flask, owner: TestUser, arguments: dict[str, Any]) -> None:
    params = {"board_id": arguments["board_id"], "updated_since": "0001-01-01T00:00:00+14:00"}
    assert "updated_since: This time lies before the first day" in Agent(app, owner.key).refusal("list_tasks", **params)


def test_two_keys_that_are_as_long_as_they_may_be_are_kept_apart(app: Flask, owner: TestUser, arguments: dict[str, Any]) -> None:
    agent, start = Agent(app, owner.key), new_id("tsk").ljust(199, "x")
    for end in "ab":
        agent.structured("add_comment", task_id=arguments["task_id"], body="Clear sky.", idempotency_key=start + end)
    assert len(agent.structured("get_task", task_id=arguments["task_id"])["comments"]) == 2
    assert "idempotency_key: Use at most 200 characters." in agent.refusal(
        "add_comment", task_id=arguments["task_id"], body="Clear sky.", idempotency_key=start + "ab"
    )
