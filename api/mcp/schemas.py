"""JSON Schema of the tools' input and output, in the part of it that every framework takes: without references.

Arguments also go without `additionalProperties`, `default`, `format` and patterns beyond RE2. What may be left out is nullable,
as `anyOf` of its schema and null: the one form of which no framework's converter drops or refuses a word.
"""

from collections.abc import Collection, Iterator, Mapping
from functools import cache
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Struct

from api.mcp.answers import KEPT_LISTS
from api.shapes.values import NO_NUL

# What converters of strict clients refuse, or drop without a word.
_NOT_PORTABLE = {"additionalProperties", "default", "format", "title"}
# RE2 knows no escape of four digits. Of rules with one, that something has to be visible is published, and all is checked.
_ESCAPE = r"\u"
_VISIBLE = r"\S"
# A format as a pattern, and as a sentence that a model reads.
_FORMATS = {
    "date": (r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "As YYYY-MM-DD."),
    "date-time": (r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}", "In RFC 3339, with its zone."),
}

_Schemas = Mapping[str, Mapping[str, Any]]


# Keywords that matter only to whoever writes a value.
_INPUT_ONLY_KEYWORDS = {
    "examples",
    "format",
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
    return _portable(_inlined_schema(kind))


@cache
def output_schema(kind: type[Struct]) -> dict[str, Any]:
    """The schema of a result: its fields and what they mean. Every byte of it costs an agent."""
    schema: dict[str, Any] = _without_input_keywords(_of_answer(_inlined_schema(kind), KEPT_LISTS))
    return schema


def _inlined_schema(kind: type[Struct]) -> dict[str, Any]:
    (schema,), components = msgspec.json.schema_components([kind])
    result = _with_ordered_enums(
        _resolve_refs(schema, components), {frozenset(choice): list(choice) for choice in _choices(kind)}
    )
    result.pop("title", None)
    return {"type": "object", **result}


def _portable(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of a value that a model writes, in the keywords that every framework takes."""
    kept = {name: part for name, part in schema.items() if name not in _NOT_PORTABLE}
    if "anyOf" in kept:
        kept["anyOf"] = [_portable(part) for part in kept["anyOf"]]
    if "items" in kept:
        kept["items"] = _as_item(_portable(kept["items"]), kept)
    if "properties" in kept:
        needed = kept.get("required", ())
        parts = {name: _portable(part) for name, part in kept["properties"].items()}
        kept["properties"] = {name: part if name in needed else _nullable(part) for name, part in parts.items()}
    return _with_portable_form(_with_some_required(kept), schema.get("format", ""))


def _as_item(schema: dict[str, Any], of_list: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of an entry, of which the description of its list says enough."""
    if "properties" in schema or "description" not in of_list:
        return schema
    return {name: part for name, part in schema.items() if name not in ("description", "examples")}


def _with_portable_form(schema: dict[str, Any], value_format: str) -> dict[str, Any]:
    if value_format in _FORMATS:
        pattern, sentence = _FORMATS[value_format]
        return {**schema, "pattern": pattern, "description": f"{schema.get('description', '')} {sentence}".strip()}
    if _ESCAPE in schema.get("pattern", ""):
        kept = {name: part for name, part in schema.items() if name != "pattern"}
        return kept if schema["pattern"] == NO_NUL else {**kept, "pattern": _VISIBLE}
    return schema


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    """The description stays with the first type: Google's converter drops one that stands beside `anyOf`."""
    first, *others = schema.pop("anyOf", [{}])
    return {"anyOf": [{**first, **schema}, *others, {"type": "null"}]}


def _of_answer(schema: Mapping[str, Any], kept_lists: Collection[str] = ()) -> dict[str, Any]:
    """The schema of an answer, in which nothing is null, and what is empty is left out."""
    if "anyOf" in schema:
        first, *others = [_of_answer(part) for part in schema["anyOf"] if part != {"type": "null"}]
        own = {name: part for name, part in schema.items() if name != "anyOf"}
        return {**own, "anyOf": [first, *others]} if others else {**first, **own}
    kept = dict(schema)
    if "items" in kept:
        kept["items"] = {name: part for name, part in _of_answer(kept["items"]).items() if name != "description"}
    if "properties" in kept:
        needed = [name for name in kept.get("required", ()) if name in kept_lists or _is_never_empty(kept["properties"][name])]
        kept["properties"] = {name: _of_answer(part) for name, part in kept["properties"].items()}
        kept["required"] = needed
    return _with_some_required(kept)


def _with_some_required(schema: dict[str, Any]) -> dict[str, Any]:
    """Without a `required` that names nothing."""
    return {name: part for name, part in schema.items() if name != "required" or part}


def _is_never_empty(schema: Mapping[str, Any]) -> bool:
    if schema.get("type") == "string":
        return bool({"enum", "format"} & schema.keys()) or "minLength" in schema or schema.get("pattern", NO_NUL) != NO_NUL
    if schema.get("type") == "object":
        return any(_is_never_empty(schema["properties"][name]) for name in schema.get("required", ()))
    return schema.get("type") in ("integer", "number", "boolean")


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
