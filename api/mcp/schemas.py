"""JSON Schema of what tools take and give: whole in itself, since not every client follows a $ref."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Struct

_Schemas = Mapping[str, Mapping[str, Any]]

# What only those need who write a value.
_FOR_WRITERS = {
    "examples",
    "pattern",
    "title",
    "default",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "minimum",
    "maximum",
}


@cache
def input_schema(kind: type[Struct]) -> dict[str, Any]:
    """The schema of arguments. The `extra_json_schema` of a field's Meta may add keywords such as `x-mcp-header`."""
    return {"additionalProperties": False, **_content_with_text(kind)}


@cache
def output_schema(kind: type[Struct]) -> dict[str, Any]:
    """The schema of an answer: what is in it and what that means. Every byte of it costs an agent."""
    schema: dict[str, Any] = _for_readers(_content_with_text(kind))
    return schema


def _content_with_text(kind: type[Struct]) -> dict[str, Any]:
    (schema,), components = msgspec.json.schema_components([kind])
    whole = _in_order(_inlined(schema, components), {frozenset(choice): list(choice) for choice in _choices(kind)})
    whole.pop("title", None)
    if not whole.get("required"):
        whole.pop("required", None)
    return {"type": "object", **whole}


def _choices(kind: Any) -> Iterator[tuple[Any, ...]]:
    """The values of every Literal in a type, in the order in which they are named there, such as that of the work."""
    if get_origin(kind) is Literal:
        yield get_args(kind)
    parts = get_type_hints(kind, include_extras=True).values() if _is_struct(kind) else get_args(kind)
    for part in parts:
        yield from _choices(part)


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Struct)


def _in_order(schema: Any, choices: Mapping[frozenset[Any], list[Any]]) -> Any:
    """msgspec sorts the values of a Literal."""
    if isinstance(schema, list):
        return [_in_order(part, choices) for part in schema]
    if not isinstance(schema, Mapping):
        return schema
    whole = {name: _in_order(part, choices) for name, part in schema.items()}
    return {**whole, "enum": choices.get(frozenset(whole["enum"]), whole["enum"])} if "enum" in whole else whole


def _for_readers(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_for_readers(part) for part in schema]
    if not isinstance(schema, Mapping):
        return schema
    return {name: _parts(name, part) for name, part in schema.items() if name not in _FOR_WRITERS}


def _parts(keyword: str, part: Any) -> Any:
    """Below `properties` the names are those of fields, and no keywords."""
    if keyword == "properties":
        return {name: _for_readers(about) for name, about in part.items()}
    return _for_readers(part)


def _inlined(schema: Any, components: _Schemas) -> Any:
    if isinstance(schema, list):
        return [_inlined(part, components) for part in schema]
    if not isinstance(schema, Mapping):
        return schema
    if "$ref" in schema:
        own = {name: value for name, value in schema.items() if name != "$ref"}
        return {**_inlined(components[schema["$ref"].rpartition("/")[2]], components), **own}
    whole = {name: _inlined(part, components) for name, part in schema.items()}
    return {"type": "string", **whole} if "enum" in whole and all(isinstance(value, str) for value in whole["enum"]) else whole
