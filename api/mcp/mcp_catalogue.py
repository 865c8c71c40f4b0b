"""The tools, resources and prompts as plain data, for the pages that show them."""

import json
from collections.abc import Iterable
from typing import Any

from flask import Flask

from api.docs.examples import required_example_of
from api.docs.field_tables import fields_in
from api.mcp.protocol.revisions import LEGACY, MODERN
from api.mcp.registry import REGISTRY, Prompt, Resource, Tool


def catalogue(app: Flask) -> dict[str, list[Any]]:
    """`tools`, `resources` and `prompts`, in the order in which agents see them, and the `revisions`, newest first."""
    registry = REGISTRY.get(app)
    return {
        "tools": [_tool(tool) for tool in registry.tools.values()],
        "resources": [_resource(resource) for resource in registry.resources],
        "prompts": [_prompt(prompt) for prompt in registry.prompts.values()],
        "revisions": [MODERN, *LEGACY],
    }


def _tool(tool: Tool) -> dict[str, Any]:
    return {
        "name": tool.name,
        "title": tool.title,
        "description": tool.description,
        "scopes": tool.scopes,
        "effect": tool.effect,
        "arguments": fields_in(tool.input_schema, {}),
        "example": _example(tool),
    }


def _example(tool: Tool) -> str:
    """The message of a call with its required arguments."""
    arguments = required_example_of(tool.takes) if tool.takes else {}
    return json.dumps(
        {"method": "tools/call", "params": {"name": tool.name, "arguments": arguments}}, indent=2, ensure_ascii=False
    )


def _resource(resource: Resource) -> dict[str, Any]:
    return {name: getattr(resource, name) for name in ("uri", "description", "mime_type", "scopes")}


def _prompt(prompt: Prompt) -> dict[str, Any]:
    arguments: Iterable[dict[str, Any]] = (argument.definition() for argument in prompt.arguments)
    return {**{name: getattr(prompt, name) for name in ("name", "title", "description", "scopes")}, "arguments": list(arguments)}
