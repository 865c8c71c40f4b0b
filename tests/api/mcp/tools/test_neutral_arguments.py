"""Strict clients fill in every argument: what they put where they have nothing to say changes nothing."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from api.mcp.tools import TOOLS
from tests.api.mcp.registered_calls import ARGUMENTS, ResourceIds, state_of, with_ids
from tests.support.clients.agent import LEGACY, Agent
from tests.support.resources import create_resources
from tests.support.users import ProjectAndBoard, TestUser

# Arguments are read in Python, whatever the database.
pytestmark = pytest.mark.database("sqlite")

NEUTRAL: list[Any] = [None, "", [], {}, False, 0]
# What strict clients really send where nothing is to be said: null, or what the type has that is nearest to nothing.
EMPTY_BY_TYPE: dict[str, Any] = {"string": "", "array": [], "boolean": False, "integer": 0, "object": {}}
_ID = re.compile(r"\b[a-z]{3}_[0-9a-z]{26}\b")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")


@pytest.fixture(scope="module")
def tools(app: Flask, owner: TestUser) -> list[dict[str, Any]]:
    """The tools as they are listed to a client."""
    listed: list[dict[str, Any]] = Agent(app, owner.key).result("tools/list")["tools"]
    return listed


@pytest.mark.parametrize("name", [tool.name for tool in TOOLS])
def test_a_neutral_fill_does_what_the_call_without_it_does(
    app: Flask, owner: TestUser, new_project: Callable[..., ProjectAndBoard], tools: list[dict[str, Any]], name: str
) -> None:
    properties = next(tool for tool in tools if tool["name"] == name)["inputSchema"]["properties"]
    fills = [dict.fromkeys(properties, value) for value in NEUTRAL]
    optional = {argument: schema["anyOf"][0]["type"] for argument, schema in properties.items() if "anyOf" in schema}
    fills.append({argument: EMPTY_BY_TYPE[kind] for argument, kind in optional.items()})
    without = effect(app, owner, new_project(owner), name, {})
    for fill in fills:
        assert effect(app, owner, new_project(owner), name, fill) == without, fill


@pytest.mark.parametrize("value", NEUTRAL, ids=repr)
def test_no_neutral_fill_of_a_change_empties_anything(
    app: Flask, owner: TestUser, new_project: Callable[..., ProjectAndBoard], tools: list[dict[str, Any]], value: Any
) -> None:
    resources = full_resources(owner, new_project(owner))
    before = state_of(owner, resources)
    for name in ("update_task", "plan_sprint", "assign_task", "move_task", "update_checklist"):
        properties = next(tool for tool in tools if tool["name"] == name)["inputSchema"]["properties"]
        named = "sprint_id" if name == "plan_sprint" else "task_id"
        Agent(app, owner.key).call(name, **{**dict.fromkeys(properties, value), named: resources[named]})
    assert state_of(owner, resources) == before


@pytest.mark.parametrize("value", NEUTRAL, ids=repr)
def test_a_neutral_fill_within_a_list_means_not_given(
    agent: Agent, tools: list[dict[str, Any]], project: ProjectAndBoard, value: Any
) -> None:
    schema = next(tool for tool in tools if tool["name"] == "create_tasks")["inputSchema"]["properties"]["tasks"]["items"]
    filled = {**dict.fromkeys(schema["properties"], value), "title": "Coat"}
    assert agent.structured("create_tasks", board_id=project.board_id, tasks=[filled])["created_count"] == 1
    (task,) = agent.structured("list_tasks", board_id=project.board_id)["tasks"]
    assert not {"description", "due_date", "labels", "assignees", "sprint_id", "blocked_reason"} & set(task)
    assert (task["state"], task["pinned"], task["blocked"]) == ("backlog", False, False)


def full_resources(owner: TestUser, project: ProjectAndBoard) -> ResourceIds:
    """A task that has something in each of its fields."""
    resources = create_resources(owner.api, project)
    values = {"sprint_id": resources["sprint_id"], "labels": [resources["label_id"]], "assignees": [resources["user_id"]]}
    words = {"description": "To a tenth.", "due_date": "2026-12-18", "blocked_reason": "Waits for the glass.", "pinned": True}
    assert owner.api.patch(f"/tasks/{resources['task_id']}", json={**values, **words}).status_code == 200
    days = {"goal": "Clear nights.", "starts_on": "2026-12-01", "ends_on": "2026-12-14"}
    assert owner.api.patch(f"/sprints/{resources['sprint_id']}", json=days).status_code == 200
    return resources


def effect(app: Flask, owner: TestUser, project: ProjectAndBoard, name: str, fill: dict[str, Any]) -> tuple[bool, str]:
    """Whether the call succeeds with this fill, and all that is there after it, without ids and times."""
    resources = full_resources(owner, project)
    if name == "complete_sprint":
        assert owner.api.post(f"/sprints/{resources['sprint_id']}/start").status_code == 200
    result = Agent(app, owner.key, LEGACY[0]).call(name, **{**fill, **with_ids(ARGUMENTS[name], resources)})
    seen: dict[str, str] = {}
    state = _ID.sub(lambda found: seen.setdefault(found[0], str(len(seen))), json.dumps(state_of(owner, resources)))
    return result["isError"], _TIME.sub("then", state)
