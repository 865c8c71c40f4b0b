"""What was entered, as a request: as static/js/try-it.js reads the same fields."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from portal.docs.examples import Example
from portal.docs.samples import ExampleRequest
from portal.docs.trying.fields import FieldGroup, TryField
from web.origin import origin

_INTEGER = re.compile(r"-?\d{1,15}")
_PARAMETER = re.compile(r"\{(\w+)\}")


def request_of(example: Example, groups: Sequence[FieldGroup], body_text: str) -> ExampleRequest:
    """Raises ValueError with a sentence for the reader where JSON was meant and is none."""
    fields = {group.location: group.fields for group in groups}
    query = {field.label: ",".join(field.values) for field in fields.get("query", ()) if field.values}
    address = f"{origin()}{_path(example, fields.get('path', ()))}"
    return ExampleRequest(
        example.method,
        f"{address}?{urlencode(query, safe=',')}" if query else address,
        _body(fields["body"], body_text) if "body" in fields else None,
        example.endpoint["is_form"],
        {field.label: field.text for field in fields.get("header", ()) if field.values},
    )


def _path(example: Example, fields: Sequence[TryField]) -> str:
    """With a word where nothing was entered."""
    texts = {field.label: quote(field.text, safe="") for field in fields if field.values}
    return _PARAMETER.sub(lambda found: texts.get(found[1], found[1].upper()), example.endpoint["path"])


def _body(fields: Sequence[TryField], body_text: str) -> Any:
    if body_text:
        return _read_json(body_text)
    return {field.label: _READERS.get(field.control, _read_text)(field) for field in fields if field.values}


def _read_text(field: TryField) -> str | None:
    return None if field.nullable and field.text == "null" else field.text


def _read_boolean(field: TryField) -> bool:
    return field.text == "true"


def _read_integer(field: TryField) -> int | str:
    return int(field.text) if _INTEGER.fullmatch(field.text) else field.text


def _read_list(field: TryField) -> list[str]:
    parts = [] if field.text == "[]" else field.text.split(",")
    return [part.strip() for part in parts if part.strip()]


def _read_choices(field: TryField) -> list[str]:
    return list(field.values)


def _read_json_field(field: TryField) -> Any:
    return _read_json(field.text)


def _read_json(text: str) -> Any:
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        at = f" Line {error.lineno}, column {error.colno}." if isinstance(error, json.JSONDecodeError) else ""
        raise ValueError(f"This cannot be read as JSON.{at}") from None
    return value


def _refuse_constant(word: str) -> None:
    """NaN and Infinity, which Python reads and JSON does not have."""
    raise ValueError(word)


_READERS: Mapping[str, Callable[[TryField], Any]] = {
    "boolean": _read_boolean,
    "integer": _read_integer,
    "list": _read_list,
    "choices": _read_choices,
    "json": _read_json_field,
}
