"""What an agent can use here: tools, resources and prompts, registered in the order in which they are listed."""

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from msgspec import Struct

from api.mcp.calls import CallContext
from api.mcp.schemas import input_schema, output_schema
from calmboard.access.access import Access
from calmboard.access.scopes import DEFAULT_SCOPES
from calmboard.extensions import Extension

Effect = Literal["reads", "adds", "adds or changes", "changes", "destroys"]

# What each effect promises (ToolAnnotations). No tool reaches beyond CalmBoard. A false destructiveHint promises that a tool
# only adds; one that writes over what was there, were it no more than a column, cannot promise that.
_HINTS: dict[Effect, dict[str, bool]] = {
    "reads": {"readOnlyHint": True, "destructiveHint": False, "idempotentHint": True},
    "adds": {"readOnlyHint": False, "destructiveHint": False, "idempotentHint": False},
    "adds or changes": {"readOnlyHint": False, "destructiveHint": True, "idempotentHint": False},
    "changes": {"readOnlyHint": False, "destructiveHint": True, "idempotentHint": True},
    "destroys": {"readOnlyHint": False, "destructiveHint": True, "idempotentHint": True},
}
_VARIABLE = re.compile(r"\{(\w+)\}")

Complete = Callable[[Access, str, Mapping[str, str]], Iterable[str]]


@dataclass(frozen=True, slots=True, eq=False)
class Tool:
    """`run(call, args)` returns a `gives` struct (or anything with its attributes), or a Content.

    A generator function may yield messages of `call.progress(…)` first. `scopes`: all that a call needs.
    A tool without `takes` receives its arguments unparsed; then `schema` describes them. `alternatives`: the tool or
    argument that accepts an argument which this tool does not have, by that argument's name.
    """

    name: str
    title: str
    description: str
    run: Callable[[CallContext, Any], Any]
    scopes: tuple[str, ...]
    effect: Effect
    takes: type[Struct] | None = None
    gives: type[Struct] | None = None
    schema: Mapping[str, Any] | None = None
    meta: Mapping[str, Any] | None = None
    alternatives: Mapping[str, str] = field(default_factory=dict)

    @property
    def input_schema(self) -> Mapping[str, Any]:
        if self.schema is not None:
            return self.schema
        return input_schema(self.takes) if self.takes else {"type": "object", "properties": {}}

    def definition(self) -> dict[str, Any]:
        """The tool as tools/list returns it."""
        entry: dict[str, Any] = {
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "inputSchema": self.input_schema,
            "annotations": {"title": self.title, **_HINTS[self.effect], "openWorldHint": False},
        }
        if self.gives is not None:
            entry["outputSchema"] = output_schema(self.gives)
        return {**entry, "_meta": self.meta} if self.meta else entry


@dataclass(frozen=True, slots=True)
class Resource:
    """`read(call, variables)` returns contents such as `{"text": "…"}`; `uri` may be a template, `calmboard://boards/{board_id}`."""

    uri: str
    name: str
    title: str
    description: str
    mime_type: str
    read: Callable[[CallContext, dict[str, str]], Any]
    scopes: tuple[str, ...] = ()
    completions: Mapping[str, Complete] = field(default_factory=dict)
    meta: Mapping[str, Any] | None = None

    @property
    def is_template(self) -> bool:
        return "{" in self.uri

    def variables_of(self, uri: str) -> dict[str, str] | None:
        """The values of the template's variables in a URI, None where it does not match."""
        parts = _VARIABLE.split(self.uri)
        pattern = "".join(f"(?P<{part}>[^/?#]+)" if index % 2 else re.escape(part) for index, part in enumerate(parts))
        match = re.fullmatch(pattern, uri)
        return match.groupdict() if match else None

    def definition(self) -> dict[str, Any]:
        about: dict[str, Any] = {
            "uriTemplate" if self.is_template else "uri": self.uri,
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "mimeType": self.mime_type,
        }
        return {**about, "_meta": self.meta} if self.meta else about


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of a prompt, as text."""

    name: str
    description: str
    required: bool = True
    complete: Complete | None = None

    def definition(self) -> dict[str, Any]:
        return {"name": self.name, "description": self.description, "required": self.required}


@dataclass(frozen=True, slots=True)
class Prompt:
    """`render(call, arguments)` returns a text, or a list of messages."""

    name: str
    title: str
    description: str
    render: Callable[[CallContext, dict[str, str]], Any]
    arguments: tuple[Argument, ...] = ()
    scopes: tuple[str, ...] = ()

    def definition(self) -> dict[str, Any]:
        about: dict[str, Any] = {"name": self.name, "title": self.title, "description": self.description}
        return {**about, "arguments": [argument.definition() for argument in self.arguments]}


def _ignore_response(_access: Access, _message: Mapping[str, Any]) -> None:
    """The server sends no requests, so it expects no responses."""


def _list_none(_access: Access, _cursor: str | None) -> tuple[list[dict[str, Any]], str | None]:
    return [], None


@dataclass(slots=True)
class Registry:
    """`list_resources(access, cursor)` returns a page of the caller's own resources and the next cursor.

    `on_response` receives the responses of clients of the earlier revisions, in which a server can send requests.
    """

    tools: dict[str, Tool] = field(default_factory=dict)
    resources: list[Resource] = field(default_factory=list)
    prompts: dict[str, Prompt] = field(default_factory=dict)
    list_resources: Callable[[Access, str | None], tuple[list[dict[str, Any]], str | None]] = _list_none
    on_response: Callable[[Access, Mapping[str, Any]], None] = _ignore_response

    @property
    def scopes(self) -> frozenset[str]:
        """The scopes that an agent requests to use everything: those of its calls, and all that read."""
        entries: tuple[Tool | Resource | Prompt, ...] = (*self.tools.values(), *self.resources, *self.prompts.values())
        return DEFAULT_SCOPES.union(scope for entry in entries for scope in entry.scopes)

    def add(self, *entries: Tool | Resource | Prompt) -> None:
        for entry in entries:
            if isinstance(entry, Tool):
                self.tools[entry.name] = entry
            elif isinstance(entry, Prompt):
                self.prompts[entry.name] = entry
            else:
                self.resources.append(entry)


REGISTRY: Extension[Registry] = Extension("mcp_registry")


def tool(
    title: str,
    *,
    effect: Effect,
    scopes: tuple[str, ...],
    takes: type[Struct] | None = None,
    gives: type[Struct] | None = None,
    meta: Mapping[str, Any] | None = None,
    alternatives: Mapping[str, str] | None = None,
) -> Callable[[Callable[[CallContext, Any], Any]], Tool]:
    """Turn a function into a tool: its name becomes the tool's, its docstring the description."""

    def decorate(run: Callable[[CallContext, Any], Any]) -> Tool:
        about = inspect.cleandoc(run.__doc__ or "")
        return Tool(run.__name__, title, about, run, scopes, effect, takes, gives, meta=meta, alternatives=alternatives or {})

    return decorate
