"""The form that tries an endpoint: a field for each part of its request, filled for this reader or as it was sent."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict

from portal.docs.examples import Example
from portal.shared.texts.code_markup import json_text

Entered = MultiDict[str, str]
Choices = Mapping[str, Mapping[str, str]]

JSON_FIELD = "json"
_MAX_LENGTH = 20_000
_LONG = 500
_TITLES = {"path": "Path", "query": "Query", "body": "Body", "header": "Headers"}
_OFTEN = {"limit"}


@dataclass(frozen=True, slots=True)
class TryField:
    """`values` stand in it; `is_long`: a text of several lines; `suggestions` may be chosen
    among others, each with its name.
    """

    id: str
    name: str
    label: str
    control: str
    kind: str
    needed: bool
    nullable: bool
    hint: str
    allowed: Sequence[str]
    suggestions: Mapping[str, str]
    placeholder: str
    values: Sequence[str]
    minimum: int | None
    maximum: int | None
    is_long: bool

    @property
    def text(self) -> str:
        return self.values[0] if self.values else ""


@dataclass(frozen=True, slots=True)
class FieldGroup:
    """The fields of one part of the request: those that stand open, and those that are rarely filled in."""

    location: str
    title: str
    shown: Sequence[TryField]
    folded: Sequence[TryField]

    @property
    def fields(self) -> Sequence[TryField]:
        return [*self.shown, *self.folded]


def field_groups(example: Example, entered: Entered, choices: Choices) -> list[FieldGroup]:
    """With what was entered, or else with the example's values; `choices` are the reader's own for fields of these names."""
    fields = {location: _fields(example, location, entered, choices) for location in _TITLES}
    return [_group(location, found) for location, found in fields.items() if found]


def json_body(entered: Entered) -> str:
    """The whole body, where it was written as JSON in place of its fields."""
    return entered.get(JSON_FIELD, "")[:_MAX_LENGTH].strip()


def _fields(example: Example, location: str, entered: Entered, choices: Choices) -> list[TryField]:
    rows = [row for row in example.endpoint["controls"] if row["location"] == location]
    return [_field(example, row, entered, choices.get(row["name"], {})) for row in rows]


def _group(location: str, fields: Sequence[TryField]) -> FieldGroup:
    shown = [field for field in fields if field.needed or field.values or field.label in _OFTEN]
    return FieldGroup(location, _TITLES[location], shown, [field for field in fields if field not in shown])


def _field(example: Example, row: Mapping[str, Any], entered: Entered, choices: Mapping[str, str]) -> TryField:
    name = f"{row['location']}.{row['name']}"
    values = [text[:_MAX_LENGTH].replace("\r\n", "\n") for text in entered.getlist(name)] if entered else _own(example, row)
    return TryField(
        id=f"{example.id}-{name.replace('.', '-')}",
        name=name,
        label=row["name"],
        control=row["control"],
        kind=row["kind"],
        needed=row["needed"],
        nullable=row["nullable"],
        hint=" ".join(_hints(row)),
        allowed=row["allowed"],
        suggestions={**dict.fromkeys(row["values"], ""), **choices},
        placeholder=_placeholder(row, example),
        values=[text for text in values if text.strip()],
        minimum=row["minimum"],
        maximum=row["maximum"],
        is_long=(row["max_length"] or 0) > _LONG and row["location"] == "body",
    )


def _own(example: Example, row: Mapping[str, Any]) -> list[str]:
    """The example's value; none where that is a word to be replaced by the reader."""
    if row["location"] == "path":
        value = example.ids[row["name"]]
        return [] if _is_word(value) else [value]
    if row["location"] == "query":
        return ["10"] if row["name"] == "limit" else []
    body = example.request.body
    return [as_text(body[row["name"]])] if row["location"] == "body" and body and row["name"] in body else []


def as_text(value: Any) -> str:
    """A value as it is entered: texts as they are, lists with commas, all else as JSON."""
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return ", ".join(value)
    return value if isinstance(value, str) else json_text(value)


def _is_word(value: str) -> bool:
    return value.isupper() and value.endswith("_ID")


def _hints(row: Mapping[str, Any]) -> Iterator[str]:
    yield row["description"]
    yield from row["rules"]
    if row["control"] == "list" and row["location"] == "body":
        yield "Several with commas between; `[]` for none."
    if row["nullable"]:
        yield "`null` empties it."


def _placeholder(row: Mapping[str, Any], example: Example) -> str:
    if row["location"] == "path":
        prefix = example.endpoint["prefixes"].get(row["name"])
        return f"{prefix}_…" if prefix else str(example.ids[row["name"]])
    return "" if row["example"] is None else as_text(row["example"])
