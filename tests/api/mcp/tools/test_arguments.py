"""Arguments that break a tool's schema, made from the schema: the argument is named, and nothing is changed."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from flask import Flask
from jsonschema import Draft202012Validator

from api.mcp.registry import Tool
from tests.api.mcp.raw_client import McpClient, old
from tests.api.mcp.registered_calls import ARGUMENTS, ResourceIds, registry, with_ids
from tests.support.clients.agent import LEGACY
from tests.support.resources import create_resources
from tests.support.users import ProjectAndBoard, TestUser

TOOLS = list(registry().tools.values())
Schema = Mapping[str, Any]

every_tool = pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
OF_NO_TYPE: tuple[Any, ...] = (None, True, 5, 1.5, 10**40, "x", [], [[]], {}, {"a": 1})


@pytest.fixture
def resources(owner: TestUser, new_project: Callable[..., ProjectAndBoard], tool: Tool) -> ResourceIds:
    return create_resources(owner.api, new_project(owner), tool.name)


@pytest.fixture
def call(app: Flask, owner: TestUser, tool: Tool) -> Callable[[Any], dict[str, Any]]:
    """Call the tool with these arguments; gives the result."""
    client = McpClient(app, owner.key)

    def ask(arguments: Any) -> dict[str, Any]:
        body = old("tools/call", params={"name": tool.name, "arguments": arguments})
        answer = client.send(body, {"MCP-Protocol-Version": LEGACY[0]})
        assert answer.status_code == 200, answer.text
        result: dict[str, Any] = answer.json["result"]
        return result

    return ask


@every_tool
def test_a_value_that_breaks_the_schema_is_named(
    owner: TestUser, tool: Tool, resources: ResourceIds, call: Callable[[Any], dict[str, Any]]
) -> None:
    before = tasks_and_sprints(owner, resources)
    for name, schema in tool.input_schema["properties"].items():
        for value in wrong_values(schema):
            if is_read_otherwise(value, schema):
                continue
            result = call({**with_ids(ARGUMENTS[tool.name], resources), name: value})
            assert result["isError"] is True, (name, value)
            assert name in invalid_arguments(result), (name, value, result["content"])
            assert f"- {name}" in result["content"][0]["text"]
    assert tasks_and_sprints(owner, resources) == before


@every_tool
def test_an_argument_that_is_missing_is_named(tool: Tool, resources: ResourceIds, call: Callable[[Any], dict[str, Any]]) -> None:
    fitting = with_ids(ARGUMENTS[tool.name], resources)
    for name in tool.input_schema.get("required", ()):
        result = call({key: value for key, value in fitting.items() if key != name})
        assert (result["isError"], invalid_arguments(result)) == (True, {name})


@every_tool
def test_all_errors_are_named_at_once(tool: Tool, resources: ResourceIds, call: Callable[[Any], dict[str, Any]]) -> None:
    names = set(tool.input_schema["properties"])
    result = call({**{name: {"of": "no type"} for name in names}, "colour": "red"})
    assert (result["isError"], invalid_arguments(result)) == (True, names | {"colour"})


@every_tool
def test_an_argument_that_nobody_knows_is_named(
    owner: TestUser, tool: Tool, resources: ResourceIds, call: Callable[[Any], dict[str, Any]]
) -> None:
    before = tasks_and_sprints(owner, resources)
    for name in ("colour", "Board_id", "class", "", "a/b~c", "\N{SNOWMAN}"):
        result = call({**with_ids(ARGUMENTS[tool.name], resources), name: 1})
        assert result["isError"] is True
        assert name.replace("~", "~0").replace("/", "~1") in invalid_arguments(result, full_pointers=True)
    assert tasks_and_sprints(owner, resources) == before


def invalid_arguments(result: dict[str, Any], *, full_pointers: bool = False) -> set[str]:
    """The arguments that an answer names, or the whole pointers to what is wrong in them."""
    problem = result["_meta"]["ai.calmboard/problem"]
    pointers = {error["pointer"].removeprefix("/") for error in problem["errors"]}
    return pointers if full_pointers else {pointer.split("/")[0] for pointer in pointers}


def tasks_and_sprints(owner: TestUser, resources: ResourceIds) -> list[Any]:
    paths = ("/boards/{board_id}/tasks", "/boards/{board_id}/sprints", "/tasks/{task_id}/comments", "/tasks/{task_id}/checklist")
    return [owner.api.get(path.format(**resources)).json for path in paths]


def is_read_otherwise(value: Any, schema: Schema) -> bool:
    """Whether it means that the argument is not given, or is a number sent as text."""
    is_empty = value in (None, "", [], {}, 0)
    kinds = schema.get("anyOf", [schema])
    is_one_text = isinstance(value, str) and any(kind.get("items", {}).get("type") == "string" for kind in kinds)
    return ("anyOf" in schema and is_empty) or value == "1" or is_one_text


def wrong_values(schema: Schema) -> Iterator[Any]:
    """Values that a schema excludes; so many of each of its rules."""
    validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    for value in (*OF_NO_TYPE, *_beyond(schema)):
        if not validator.is_valid(value):
            yield value


def _beyond(schema: Schema) -> Iterator[Any]:
    """Just beyond each bound."""
    for part in schema.get("anyOf", ()):
        yield from _beyond(part)
    if schema.get("type") == "string":
        yield from (
            "",
            "\0",
            " ",
            "a\0b",
            "x" * (schema.get("maxLength", 300) + 1),
            "prj_01m86ffkj1eyt9k86t46h61k8B",
            "2026-02-30",
        )
    if schema.get("type") == "integer":
        yield from (schema.get("minimum", 0) - 1, schema.get("maximum", 2**63) + 1, "1", -(2**70))
    if schema.get("type") == "array":
        yield from ([value] for value in wrong_values(schema["items"]))
        if "maxItems" in schema:
            yield ["me"] * (schema["maxItems"] + 1)
