"""Everything that an agent can use, read off the registry, each with arguments that work for tests that run over all of it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Flask

import api
from api.mcp.registry import Prompt, Registry, Resource, Tool
from tests.api.mcp.raw_client import McpClient, modern
from tests.support.users import Answer, TestUser

# What each tool and prompt is asked, in the names of tests/api/things.
ARGUMENTS: dict[str, dict[str, Any]] = {
    "list_projects": {},
    "get_project": {"project_id": "{project_id}"},
    "get_board": {"board_id": "{board_id}"},
    "list_tasks": {"board_id": "{board_id}"},
    "get_task": {"task_id": "{task_id}"},
    "search": {"q": "mirror"},
    "create_task": {"board_id": "{board_id}", "title": "Coat the mirror"},
    "update_task": {"task_id": "{task_id}", "title": "Measure it again"},
    "move_task": {"task_id": "{task_id}", "state": "review"},
    "assign_task": {"task_id": "{task_id}", "add": ["{user_id}"]},
    "add_comment": {"task_id": "{task_id}", "body": "Dew on the lens"},
    "update_checklist": {"task_id": "{task_id}", "tick": ["{item_id}"]},
    "create_tasks": {"board_id": "{board_id}", "tasks": [{"title": "Coat the mirror"}]},
    "delete_task": {"task_id": "{task_id}"},
    "plan_sprint": {"board_id": "{board_id}", "name": "Second light"},
    "start_sprint": {"sprint_id": "{sprint_id}"},
    "complete_sprint": {"sprint_id": "{sprint_id}", "unfinished": "backlog"},
    "get_report": {"board_id": "{board_id}", "report": "throughput"},
    "stand_up": {"board": "{board_id}"},
    "sprint_planning": {"board": "{board_id}"},
    "backlog_grooming": {"board": "{board_id}"},
    "risk_review": {"board": "{board_id}"},
    "release_notes": {"board": "{board_id}"},
}
# What stands in the place that these arguments are about, and must not be seen from outside.
INSIDE = ("Observatory", "Telescope", "Measure the mirror", "First light", "Clear sky", "Clean the lens", "Ines Vega")

ResourceIds = Mapping[str, str]


@dataclass(frozen=True)
class RegisteredCall:
    """A call of a tool, a read of a resource, or a prompt."""

    name: str
    method: str
    params: dict[str, Any]
    scopes: tuple[str, ...]
    is_write: bool = False
    headers: Mapping[str, str] | None = None

    @property
    def is_addressed(self) -> bool:
        """Whether it names a thing, rather than asking for whatever is in reach."""
        return "_id}" in json.dumps(self.params)

    def ask(self, wire: McpClient, things: ResourceIds) -> Answer:
        body = modern(self.method, with_ids(self.params, things))
        named = {name: value.format(**things) for name, value in (self.headers or {}).items()}
        return wire.ask(body, named)


def registry() -> Registry:
    """What an app starts with."""
    app = Flask("described")
    api.install(app)
    found: Registry = app.extensions["calmboard_mcp"]
    return found


def registered_calls() -> list[RegisteredCall]:
    found = registry()
    resources = [_read(resource) for resource in found.resources]
    return [*map(_call, found.tools.values()), *resources, *map(_get, found.prompts.values())]


def outcome(answer: Answer) -> tuple[int, str | int]:
    """How it ended: the status, and `done` or the code of what is wrong."""
    body = answer.json
    if "error" in body:
        problem = body["error"].get("data") or {}
        return answer.status_code, problem.get("code", body["error"]["code"])
    if body["result"].get("isError"):
        return answer.status_code, body["result"]["_meta"]["ai.calmboard/problem"]["code"]
    return answer.status_code, "done"


def state_of(owner: TestUser, things: ResourceIds) -> list[Any]:
    """All that a tool could change, as the owner sees it."""
    paths = (
        "/boards/{board_id}",
        "/boards/{board_id}/tasks",
        "/boards/{board_id}/sprints",
        "/tasks/{task_id}",
        "/tasks/{task_id}/comments",
        "/tasks/{task_id}/checklist",
    )
    return [owner.api.get(path.format(**things)).json for path in paths]


def _call(tool: Tool) -> RegisteredCall:
    properties: Mapping[str, Any] = tool.input_schema.get("properties", {})
    arguments = ARGUMENTS.get(tool.name, {})
    mirrored = {about["x-mcp-header"]: arguments.get(name) for name, about in properties.items() if "x-mcp-header" in about}
    headers = {f"Mcp-Param-{name}": value for name, value in mirrored.items() if value is not None}
    params = {"name": tool.name, "arguments": arguments}
    return RegisteredCall(tool.name, "tools/call", params, tool.scopes, tool.effect != "reads", headers)


def _read(resource: Resource) -> RegisteredCall:
    return RegisteredCall(resource.uri, "resources/read", {"uri": resource.uri}, resource.scopes)


def _get(prompt: Prompt) -> RegisteredCall:
    params = {"name": prompt.name, "arguments": ARGUMENTS.get(prompt.name, {})}
    return RegisteredCall(prompt.name, "prompts/get", params, prompt.scopes)


def with_ids(params: Any, things: ResourceIds) -> Any:
    """The parameters with the ids of things that exist."""
    if isinstance(params, str):
        return params.format(**things)
    if isinstance(params, list):
        return [with_ids(one, things) for one in params]
    return {name: with_ids(one, things) for name, one in params.items()} if isinstance(params, dict) else params
