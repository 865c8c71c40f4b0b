"""The answer of a tool: its data without empty fields for programs, and as a compact text for the reader."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from api.framework.conversion.answer_shapes import shaped
from api.mcp.quotes import one_line

# An empty list of these says that there is none; any other is left out.
KEPT_LISTS = ("projects", "tasks", "hits", "items")
# What no reader acts upon; programs have it in the data.
_NOT_SHOWN = ("updated_at", "created_at")
_NOT_IN_TABLES = (*_NOT_SHOWN, "url")
_NESTED, _NEVER_EMPTY = (dict, list), (bool, int, float)


def data_of(kind: type[Struct], result: Any) -> dict[str, Any]:
    """A tool's result as plain data of this shape, without what is empty."""
    data: dict[str, Any] = msgspec.to_builtins(shaped(kind, result))
    kept = {name: item for name, item in data.items() if name in KEPT_LISTS and item == []}
    full: dict[str, Any] = _without_empty(data)
    return full | kept


def as_text(data: Mapping[str, Any]) -> str:
    """The data as lines and tables. Texts of people stay on their line, so that none of them passes for ours."""
    return "\n".join(_lines(data, ""))


def _without_empty(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: full
            for name, item in value.items()
            if (full := _without_empty(item) if isinstance(item, _NESTED) else item) or isinstance(full, _NEVER_EMPTY)
        }
    if isinstance(value, list):
        return [_without_empty(item) if isinstance(item, _NESTED) else item for item in value]
    return value


def _lines(data: Mapping[str, Any], path: str) -> Iterator[str]:
    if "message" in data:
        yield data["message"]
    for name, value in data.items():
        label = f"{path}{name}"
        if name in _NOT_SHOWN or name == "message":
            continue
        if isinstance(value, dict):
            yield f"{label}: {_one_line(value)}"
            yield from _lines({key: item for key, item in value.items() if _is_table(item)}, f"{label}.")
        elif _is_table(value):
            yield from _table(label, value)
        else:
            yield f"{label}: {_cell(value)}"


def _is_table(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)


def _table(label: str, rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """A line for each row; what all of them have in common stands once, above."""
    names = [name for name in dict.fromkeys(name for row in rows for name in row) if name not in _NOT_IN_TABLES]
    first = rows[0]
    same = [name for name in names if len(rows) > 1 and name in first and all(row.get(name) == first[name] for row in rows)]
    columns = [name for name in names if name not in same]
    common = "".join(f"; {name} {_cell(first[name])}" for name in same)
    yield f"{label} ({len(rows)}{common}): {' | '.join(columns)}"
    for row in rows:
        yield f"- {' | '.join([_cell(row.get(name, '')) for name in columns])}"


def _one_line(value: Mapping[str, Any]) -> str:
    shown = {name: item for name, item in value.items() if name not in _NOT_SHOWN and not _is_table(item)}
    return ", ".join(f"{name} {_cell(item)}" for name, item in shown.items())


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return one_line(value).replace("|", "¦")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return "; ".join(map(_cell, value)) or "none"
    if isinstance(value, dict):
        return str(value["name"]) if value.keys() == {"id", "name"} else " ".join(map(_cell, value.values()))
    return str(value)
