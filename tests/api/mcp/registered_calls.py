"""Every tool, resource and prompt of the registry, each with valid arguments, for tests that run over all of them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Flask

import api
from api.mcp.registry import REGISTRY, Prompt, Registry, Resource, Tool
from tests.api.mcp.raw_client import McpClient, modern
from tests.support.users import Answer, TestUser

# The arguments of each tool and prompt, with ids in the names of tests/support/resources.py.
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
    "change_tasks": {"task_ids": ["{task_id}"], "state": "review"},
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
# Texts in the project that these arguments name, which no outsider may see.
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
        """Whether it names a resource, rather than listing those that are visible."""
        return "_id}" in json.dumps(self.params)

    def ask(self, client: McpClient, resources: ResourceIds) -> Answer:
        body = modern(self.method, with_ids(self.params, resources))
        headers = {name: value.format(**resources) for name, value in (self.headers or {}).items()}
        return client.ask(body, headers)


def registry() -> Registry:
    """The registry of a new app."""
    app = Flask("described")
    api.install(app)
    return REGISTRY.get(app)


def registered_calls() -> list[RegisteredCall]:
    app_registry = registry()
    resources = [_resource_read(resource) for resource in app_registry.resources]
    return [*map(_tool_call, app_registry.tools.values()), *resources, *map(_prompt_get, app_registry.prompts.values())]


def outcome(answer: Answer) -> tuple[int, str | int]:
    """The outcome: the status, and `done` or the code of what is wrong."""
    body = answer.json
    if "error" in body:
        problem = body["error"].get("data") or {}
        return answer.status_code, problem.get("code", body["error"]["code"])
    if body["result"].get("isError"):
        return answer.status_code, body["result"]["_meta"]["ai.calmboard/problem"]["code"]
    return answer.status_code, "done"


def state_of(owner: TestUser, resources: ResourceIds) -> list[Any]:
    """All that a tool could change, as the owner sees it."""
    paths = (
        "/boards/{board_id}",
        "/boards/{board_id}/tasks",
        "/boards/{board_id}/sprints",
        "/tasks/{task_id}",
        "/tasks/{task_id}/comments",
        "/tasks/{task_id}/checklist",
    )
    return [owner.api.get(path.format(**resources)).json for path in paths]


def _tool_call(tool: Tool) -> RegisteredCall:
    properties: Mapping[str, Any] = tool.input_schema.get("properties", {})
    arguments = ARGUMENTS.get(tool.name, {})
    mirrored = {about["x-mcp-header"]: arguments.get(name) for name, about in properties.items() if "x-mcp-header" in about}
    headers = {f"Mcp-Param-{name}": value for name, value in mirrored.items() if value is not None}
    params = {"name": tool.name, "arguments": arguments}
    return RegisteredCall(tool.name, "tools/call", params, tool.scopes, tool.effect != "reads", headers)


def _resource_read(resource: Resource) -> RegisteredCall:
    return RegisteredCall(resource.uri, "resources/read", {"uri": resource.uri}, resource.scopes)


def _prompt_get(prompt: Prompt) -> RegisteredCall:
    params = {"name": prompt.name, "arguments": ARGUMENTS.get(prompt.name, {})}
    return RegisteredCall(prompt.name, "prompts/get", params, prompt.scopes)


def with_ids(params: Any, resources: ResourceIds) -> Any:
    """The parameters with the ids of existing resources."""
    if isinstance(params, str):
        return params.format(**resources)
    if isinstance(params, list):
        return [with_ids(item, resources) for item in params]
    return {name: with_ids(item, resources) for name, item in params.items()} if isinstance(params, dict) else params
