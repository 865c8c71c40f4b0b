"""What an agent can use here: tools, resources and prompts, registered in the order in which they are listed."""

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from msgspec import Struct

from api.mcp.calls import Call
from api.mcp.schemas import input_schema, output_schema
from calmboard.access.access import Access
from calmboard.access.scopes import READING

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
    """`run(call, asked)` returns a `gives` struct (or anything with its attributes), or a Content.

    A generator function may yield messages of `call.progress(…)` first. `scopes`: all that a call needs.
    A tool without `takes` reads its arguments as they come; then `schema` says what they are. `elsewhere`: what
    takes an argument that this one does not, a tool or another argument, by the name that is sent here instead.
    """

    name: str
    title: str
    description: str
    run: Callable[[Call, Any], Any]
    scopes: tuple[str, ...]
    effect: Effect
    takes: type[Struct] | None = None
    gives: type[Struct] | None = None
    schema: Mapping[str, Any] | None = None
    meta: Mapping[str, Any] | None = None
    elsewhere: Mapping[str, str] = field(default_factory=dict)

    @property
    def input_schema(self) -> Mapping[str, Any]:
        if self.schema is not None:
            return self.schema
        return input_schema(self.takes) if self.takes else {"type": "object", "additionalProperties": False}

    def listed(self) -> dict[str, Any]:
        """The tool as tools/list shows it."""
        shown: dict[str, Any] = {
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "inputSchema": self.input_schema,
            "annotations": {"title": self.title, **_HINTS[self.effect], "openWorldHint": False},
        }
        if self.gives is not None:
            shown["outputSchema"] = output_schema(self.gives)
        return {**shown, "_meta": self.meta} if self.meta else shown


@dataclass(frozen=True, slots=True)
class Resource:
    """`read(call, variables)` returns contents such as `{"text": "…"}`; `uri` may be a template, `calmboard://boards/{board_id}`."""

    uri: str
    name: str
    title: str
    description: str
    mime_type: str
    read: Callable[[Call, dict[str, str]], Any]
    scopes: tuple[str, ...] = ()
    completions: Mapping[str, Complete] = field(default_factory=dict)
    meta: Mapping[str, Any] | None = None

    @property
    def is_template(self) -> bool:
        return "{" in self.uri

    def variables_of(self, uri: str) -> dict[str, str] | None:
        """The values of the template's variables in an address, None where it is another one's."""
        parts = _VARIABLE.split(self.uri)
        pattern = "".join(f"(?P<{part}>[^/?#]+)" if place % 2 else re.escape(part) for place, part in enumerate(parts))
        match = re.fullmatch(pattern, uri)
        return match.groupdict() if match else None

    def listed(self) -> dict[str, Any]:
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
    """What a prompt is told, as text."""

    name: str
    description: str
    required: bool = True
    complete: Complete | None = None

    def listed(self) -> dict[str, Any]:
        return {"name": self.name, "description": self.description, "required": self.required}


@dataclass(frozen=True, slots=True)
class Prompt:
    """`write(call, arguments)` returns a text, or a list of messages."""

    name: str
    title: str
    description: str
    write: Callable[[Call, dict[str, str]], Any]
    arguments: tuple[Argument, ...] = ()
    scopes: tuple[str, ...] = ()

    def listed(self) -> dict[str, Any]:
        about: dict[str, Any] = {"name": self.name, "title": self.title, "description": self.description}
        return {**about, "arguments": [argument.listed() for argument in self.arguments]}


def _pass_over(_access: Access, _message: Mapping[str, Any]) -> None:
    """Nothing was asked, so an answer says nothing."""


def _list_none(_access: Access, _cursor: str | None) -> tuple[list[dict[str, Any]], str | None]:
    return [], None


@dataclass(slots=True)
class Registry:
    """`list_resources(access, cursor)` gives a page of the caller's own and the next cursor.

    `on_response` takes the answers of clients of the old revisions, which a server could ask.
    """

    tools: dict[str, Tool] = field(default_factory=dict)
    resources: list[Resource] = field(default_factory=list)
    prompts: dict[str, Prompt] = field(default_factory=dict)
    list_resources: Callable[[Access, str | None], tuple[list[dict[str, Any]], str | None]] = _list_none
    on_response: Callable[[Access, Mapping[str, Any]], None] = _pass_over

    @property
    def scopes(self) -> frozenset[str]:
        """What an agent asks for that wants to use all of it: what its calls need, and all that is read where it is held."""
        things: tuple[Tool | Resource | Prompt, ...] = (*self.tools.values(), *self.resources, *self.prompts.values())
        return READING.union(scope for thing in things for scope in thing.scopes)

    def add(self, *things: Tool | Resource | Prompt) -> None:
        for thing in things:
            if isinstance(thing, Tool):
                self.tools[thing.name] = thing
            elif isinstance(thing, Prompt):
                self.prompts[thing.name] = thing
            else:
                self.resources.append(thing)


def tool(
    title: str,
    *,
    effect: Effect,
    scopes: tuple[str, ...],
    takes: type[Struct] | None = None,
    gives: type[Struct] | None = None,
    meta: Mapping[str, Any] | None = None,
    elsewhere: Mapping[str, str] | None = None,
) -> Callable[[Callable[[Call, Any], Any]], Tool]:
    """Make a tool of a function: its name is the tool's, its docstring what an agent reads."""

    def make(run: Callable[[Call, Any], Any]) -> Tool:
        about = inspect.cleandoc(run.__doc__ or "")
        return Tool(run.__name__, title, about, run, scopes, effect, takes, gives, meta=meta, elsewhere=elsewhere or {})

    return make
