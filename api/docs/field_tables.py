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
        "description": _description_of(schema, schemas),
        "rules": _rules(schema, schemas),
        "allowed": _allowed(schema, schemas),
    }


def resolve_ref(schema: Schema, schemas: Mapping[str, Schema]) -> Schema:
    """The schema that a $ref points to, or itself."""
    return schemas[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def _rows(schema: Schema, schemas: Mapping[str, Schema], prefix: str, depth: int) -> Iterator[dict[str, Any]]:
    resolved = resolve_ref(schema, schemas)
    for name, property_schema in resolved.get("properties", {}).items():
        yield field(prefix + name, property_schema, schemas, needed=name in resolved.get("required", ()))
        if depth:
            for suffix, inner in _objects_in(property_schema, schemas):
                yield from _rows(inner, schemas, f"{prefix}{name}{suffix}.", depth - 1)


def _objects_in(schema: Schema, schemas: Mapping[str, Schema]) -> Iterator[tuple[str, Schema]]:
    """The objects that a field may hold, and the suffix of their path: `[]` in a list."""
    resolved = resolve_ref(schema, schemas)
    if "properties" in resolved:
        yield "", resolved
    yield from _objects_under(resolved, schemas)


def _objects_under(resolved: Schema, schemas: Mapping[str, Schema]) -> Iterator[tuple[str, Schema]]:
    for part in _parts(resolved):
        yield from _objects_in(part, schemas)
    if isinstance(resolved.get("items"), Mapping):
        for suffix, inner in _objects_in(resolved["items"], schemas):
            yield f"[]{suffix}", inner


def _parts(schema: Schema) -> list[Schema]:
    return [*schema.get("anyOf", ()), *schema.get("oneOf", ())]


def _kind(schema: Schema, schemas: Mapping[str, Schema], number: int) -> str:
    """`list of IDs or null`; `number` 1 asks for the plural."""
    resolved = resolve_ref(schema, schemas)
    if parts := _parts(resolved):
        return " or ".join(dict.fromkeys(_kind(part, schemas, number) for part in parts))
    if isinstance(resolved.get("type"), list):
        return " or ".join(_KINDS[kind][number] for kind in resolved["type"])
    if resolved.get("type") == "array":
        return f"{_KINDS['array'][number]} of {_kind(resolved.get('items', {}), schemas, 1)}"
    return _KINDS[_narrow_kind(resolved)][number]


def _narrow_kind(resolved: Schema) -> str:
    if is_id(resolved):
        return "id"
    if resolved.get("format") in _KINDS:
        return str(resolved["format"])
    values = resolved.get("enum", ())
    return str(resolved.get("type", "string" if any(isinstance(value, str) for value in values) else "any"))


def is_id(schema: Schema) -> bool:
    """Whether it is one of our ids, such as `^tsk_…`."""
    return _ID_PATTERN.match(schema.get("pattern", "")) is not None


def _description_of(schema: Schema, schemas: Mapping[str, Schema]) -> str:
    """The nearest description: of the field, of its type, or of a part of that."""
    resolved = resolve_ref(schema, schemas)
    own = schema.get("description") or resolved.get("description")
    return str(own) if own else next((text for part in _parts(resolved) if (text := _description_of(part, schemas))), "")


def _allowed(schema: Schema, schemas: Mapping[str, Schema]) -> list[str]:
    resolved = resolve_ref(schema, schemas)
    inside = [*_parts(resolved), *([resolved["items"]] if isinstance(resolved.get("items"), Mapping) else [])]
    values = [str(value) for value in resolved.get("enum", ()) if value is not None]
    own_objects = "properties" in resolved
    return values or ([] if own_objects else next((found for part in inside if (found := _allowed(part, schemas))), []))


def _rules(schema: Schema, schemas: Mapping[str, Schema]) -> list[str]:
    """The rules of a value, one sentence each."""
    resolved = resolve_ref(schema, schemas)
    rules = [
        _range(resolved.get("minLength"), resolved.get("maxLength"), "characters"),
        _range(resolved.get("minItems"), resolved.get("maxItems"), "entries"),
        _range(resolved.get("minimum"), resolved.get("maximum"), ""),
        f"Begins with `{resolved['pattern'][1:5]}`." if is_id(resolved) else "",
        f"{resolved['default']} if left out." if isinstance(resolved.get("default"), int | str) else "",
    ]
    inner = [rule for part in _parts(resolved) for rule in _rules(part, schemas)]
    return list(dict.fromkeys([rule for rule in rules if rule] + inner))


def _range(least: int | None, most: int | None, unit: str) -> str:
    unit = f" {unit}" if unit else ""
    if least is not None and most is not None:
        return f"{least:,} to {most:,}{unit}."
    if most is not None:
        return f"At most {most:,}{unit}."
    return f"At least {least:,}{unit if least > 1 else unit.replace('entries', 'entry').removesuffix('s')}." if least else ""
