"""JSON Schema of the tools' input and output: without references, since not every client follows a $ref."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Struct

_Schemas = Mapping[str, Mapping[str, Any]]

# Keywords that matter only to whoever writes a value.
_INPUT_ONLY_KEYWORDS = {
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
    return {"additionalProperties": False, **_inlined_schema(kind)}


@cache
def output_schema(kind: type[Struct]) -> dict[str, Any]:
    """The schema of a result: its fields and what they mean. Every byte of it costs an agent."""
    schema: dict[str, Any] = _without_input_keywords(_inlined_schema(kind))
    return schema


def _inlined_schema(kind: type[Struct]) -> dict[str, Any]:
    (schema,), components = msgspec.json.schema_components([kind])
    result = _with_ordered_enums(
        _resolve_refs(schema, components), {frozenset(choice): list(choice) for choice in _choices(kind)}
    )
    result.pop("title", None)
    if not result.get("required"):
        result.pop("required", None)
    return {"type": "object", **result}


def _choices(kind: Any) -> Iterator[tuple[Any, ...]]:
    """The values of every Literal in a type, in the order of its definition, such as that of the columns."""
    if get_origin(kind) is Literal:
        yield get_args(kind)
    parts = get_type_hints(kind, include_extras=True).values() if _is_struct(kind) else get_args(kind)
    for part in parts:
        yield from _choices(part)


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Struct)


def _with_ordered_enums(schema: Any, choices: Mapping[frozenset[Any], list[Any]]) -> Any:
    """Restore the order of each Literal's values, which msgspec sorts."""
    if isinstance(schema, list):
        return [_with_ordered_enums(part, choices) for part in schema]
    if not isinstance(schema, Mapping):
        return schema
    result = {name: _with_ordered_enums(part, choices) for name, part in schema.items()}
    return {**result, "enum": choices.get(frozenset(result["enum"]), result["enum"])} if "enum" in result else result


def _without_input_keywords(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_without_input_keywords(part) for part in schema]
    if not isinstance(schema, Mapping):
        return schema
    return {name: _without_input_keywords_in(name, part) for name, part in schema.items() if name not in _INPUT_ONLY_KEYWORDS}


def _without_input_keywords_in(keyword: str, part: Any) -> Any:
    """Below `properties` the names are those of fields, not keywords."""
    if keyword == "properties":
        return {name: _without_input_keywords(about) for name, about in part.items()}
    return _without_input_keywords(part)


def _resolve_refs(schema: Any, components: _Schemas) -> Any:
    if isinstance(schema, list):
        return [_resolve_refs(part, components) for part in schema]
    if not isinstance(schema, Mapping):
        return schema
    if "$ref" in schema:
        siblings = {name: value for name, value in schema.items() if name != "$ref"}
        return {**_resolve_refs(components[schema["$ref"].rpartition("/")[2]], components), **siblings}
    result = {name: _resolve_refs(part, components) for name, part in schema.items()}
    return (
        {"type": "string", **result} if "enum" in result and all(isinstance(value, str) for value in result["enum"]) else result
    )
