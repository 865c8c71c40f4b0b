"""The parts of a request as fields of a form: how each is entered, and what it may hold."""

from collections.abc import Iterator, Mapping
from typing import Any

from api.docs.field_tables import Schema, field, resolve_ref

_SIMPLE = {"boolean": "boolean", "integer": "integer", "object": "json"}
_FORMATS = {"binary": "file", "date": "date"}
_OF_FORMAT = {"date": "2026-12-18", "date-time": "2026-11-24T09:30:00Z"}


def control(location: str, name: str, schema: Schema, schemas: Mapping[str, Schema], *, needed: bool) -> dict[str, Any]:
    """The row of the tables, and beside it how it is entered.

    `control` is text, integer (which may be a text too), boolean, choice, choices, list, date, file or json. A field that is
    `nullable` is emptied by null; `values` are those that it may hold among others.
    """
    resolved = resolve_ref(schema, schemas)
    parts = list(_parts(resolved, schemas))
    return {
        **field(name, schema, schemas, needed=needed),
        "location": location,
        "control": _control(parts, schemas),
        "nullable": any(part.get("type") == "null" for part in parts),
        "values": [part["const"] for part in parts if "const" in part],
        "example": _example([schema, resolved, *parts]),
        "minimum": _of_integer(parts, "minimum"),
        "maximum": _of_integer(parts, "maximum"),
        "max_length": next((part["maxLength"] for part in parts if "maxLength" in part), None),
    }


def body_controls(schema: Schema, schemas: Mapping[str, Schema]) -> list[dict[str, Any]]:
    """The fields of a body, each in one part; those that are objects are entered as JSON."""
    resolved = resolve_ref(schema, schemas)
    required = resolved.get("required", ())
    return [control("body", name, one, schemas, needed=name in required) for name, one in resolved["properties"].items()]


def _parts(schema: Schema, schemas: Mapping[str, Schema]) -> Iterator[Schema]:
    """The schema, or each of its alternatives."""
    alternatives = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
    if not alternatives:
        yield schema
    for alternative in alternatives:
        yield from _parts(resolve_ref(alternative, schemas), schemas)


def _control(parts: list[Schema], schemas: Mapping[str, Schema]) -> str:
    meant = [part for part in parts if part.get("type") != "null"]
    first = meant[0]
    if first.get("type") == "array":
        return _control_of_list(resolve_ref(first["items"], schemas))
    if len(parts) == 1 and first.get("format") in _FORMATS:
        return _FORMATS[first["format"]]
    return "choice" if "enum" in first else _SIMPLE.get(first.get("type", ""), "text")


def _control_of_list(items: Schema) -> str:
    if "enum" in items:
        return "choices"
    return "list" if items.get("type") == "string" else "json"


def _example(schemas: list[Schema]) -> Any:
    """The first that shows something, or one of its format."""
    examples = [example for schema in schemas for example in schema.get("examples", ())]
    examples += [_OF_FORMAT[schema["format"]] for schema in schemas if schema.get("format") in _OF_FORMAT]
    return next((example for example in examples if example not in (None, [])), None)


def _of_integer(parts: list[Schema], key: str) -> int | None:
    """A bound, where nothing but a number may be entered."""
    bounds: list[int] = [part[key] for part in parts if key in part]
    return bounds[0] if bounds and len(parts) == 1 else None
