"""The fields of a JSON Schema in words, for the tables of the reference."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]

_ID_PATTERN = re.compile(r"\^\w{3}_\[")
_KINDS = {
    "string": ("string", "strings"),
    "integer": ("whole number", "whole numbers"),
    "number": ("number", "numbers"),
    "boolean": ("boolean", "booleans"),
    "object": ("object", "objects"),
    "array": ("list", "lists"),
    "null": ("null", "nulls"),
    "date": ("date", "dates"),
    "date-time": ("time", "times"),
    "id": ("ID", "IDs"),
    "any": ("any value", "values of any kind"),
}
_DEPTH = 4


def fields_in(schema: Schema, schemas: Mapping[str, Schema]) -> list[dict[str, Any]]:
    """A row for each field and, below it, for each field in it: name, kind, needed, description, rules and allowed values."""
    return list(_rows(schema, schemas, "", _DEPTH))


def field(name: str, schema: Schema, schemas: Mapping[str, Schema], *, needed: bool) -> dict[str, Any]:
    """The row of one field, or of one parameter."""
    return {
        "name": name,
        "kind": _kind(schema, schemas, number=0),
        "needed": needed,
        "description": _said(schema, schemas),
        "rules": _rules(schema, schemas),
        "allowed": _allowed(schema, schemas),
    }


def resolved(schema: Schema, schemas: Mapping[str, Schema]) -> Schema:
    """The schema that a $ref points to, or itself."""
    return schemas[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def _rows(schema: Schema, schemas: Mapping[str, Schema], prefix: str, depth: int) -> Iterator[dict[str, Any]]:
    whole = resolved(schema, schemas)
    for name, about in whole.get("properties", {}).items():
        yield field(prefix + name, about, schemas, needed=name in whole.get("required", ()))
        if depth:
            for place, inner in _objects_in(about, schemas):
                yield from _rows(inner, schemas, f"{prefix}{name}{place}.", depth - 1)


def _objects_in(schema: Schema, schemas: Mapping[str, Schema]) -> Iterator[tuple[str, Schema]]:
    """The objects that a field may hold, and how to name their place: `[]` in a list."""
    whole = resolved(schema, schemas)
    if "properties" in whole:
        yield "", whole
    yield from _objects_under(whole, schemas)


def _objects_under(whole: Schema, schemas: Mapping[str, Schema]) -> Iterator[tuple[str, Schema]]:
    for part in _parts(whole):
        yield from _objects_in(part, schemas)
    if isinstance(whole.get("items"), Mapping):
        for place, inner in _objects_in(whole["items"], schemas):
            yield f"[]{place}", inner


def _parts(schema: Schema) -> list[Schema]:
    return [*schema.get("anyOf", ()), *schema.get("oneOf", ())]


def _kind(schema: Schema, schemas: Mapping[str, Schema], number: int) -> str:
    """`list of IDs or null`; `number` 1 asks for the plural."""
    whole = resolved(schema, schemas)
    if parts := _parts(whole):
        return " or ".join(dict.fromkeys(_kind(part, schemas, number) for part in parts))
    if isinstance(whole.get("type"), list):
        return " or ".join(_KINDS[kind][number] for kind in whole["type"])
    if whole.get("type") == "array":
        return f"{_KINDS['array'][number]} of {_kind(whole.get('items', {}), schemas, 1)}"
    return _KINDS[_narrow_kind(whole)][number]


def _narrow_kind(whole: Schema) -> str:
    if is_id(whole):
        return "id"
    if whole.get("format") in _KINDS:
        return str(whole["format"])
    values = whole.get("enum", ())
    return str(whole.get("type", "string" if any(isinstance(value, str) for value in values) else "any"))


def is_id(schema: Schema) -> bool:
    """Whether it is one of our ids, such as `^tsk_…`."""
    return _ID_PATTERN.match(schema.get("pattern", "")) is not None


def _said(schema: Schema, schemas: Mapping[str, Schema]) -> str:
    """The nearest description: of the field, of its type, or of a part of that."""
    whole = resolved(schema, schemas)
    own = schema.get("description") or whole.get("description")
    return str(own) if own else next((said for part in _parts(whole) if (said := _said(part, schemas))), "")


def _allowed(schema: Schema, schemas: Mapping[str, Schema]) -> list[str]:
    whole = resolved(schema, schemas)
    inside = [*_parts(whole), *([whole["items"]] if isinstance(whole.get("items"), Mapping) else [])]
    values = [str(value) for value in whole.get("enum", ()) if value is not None]
    own_objects = "properties" in whole
    return values or ([] if own_objects else next((found for part in inside if (found := _allowed(part, schemas))), []))


def _rules(schema: Schema, schemas: Mapping[str, Schema]) -> list[str]:
    """What a value must keep to, one sentence each."""
    whole = resolved(schema, schemas)
    rules = [
        _range(whole.get("minLength"), whole.get("maxLength"), "characters"),
        _range(whole.get("minItems"), whole.get("maxItems"), "entries"),
        _range(whole.get("minimum"), whole.get("maximum"), ""),
        f"Begins with `{whole['pattern'][1:5]}`." if is_id(whole) else "",
        f"{whole['default']} if left out." if isinstance(whole.get("default"), int | str) else "",
    ]
    inner = [rule for part in _parts(whole) for rule in _rules(part, schemas)]
    return list(dict.fromkeys([rule for rule in rules if rule] + inner))


def _range(least: int | None, most: int | None, unit: str) -> str:
    unit = f" {unit}" if unit else ""
    if least is not None and most is not None:
        return f"{least:,} to {most:,}{unit}."
    if most is not None:
        return f"At most {most:,}{unit}."
    return f"At least {least:,}{unit if least > 1 else unit.replace('entries', 'entry').removesuffix('s')}." if least else ""
