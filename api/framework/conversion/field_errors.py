"""Describes in a sentence what is wrong with a value, and which values are accepted."""

import re
from typing import Any, Literal, get_args, get_origin

from msgspec import Meta, ValidationError

from api.framework.conversion.type_parts import parts_of
from api.shapes.values import EXAMPLE_ID_SUFFIX, NO_NUL, VISIBLE
from calmboard.errors import FieldError
from calmboard.texts.names import ONE_LINE, ONE_LINE_RULE

_LOCATION = re.compile(r" - at `\$(.*)`$")
_TYPE_NAMES = {
    "str": "text",
    "int": "a whole number",
    "float": "a number with a fraction",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
    "date": "a date such as 2026-12-18",
    "datetime": "a time such as 2026-11-24T09:30:00Z",
}


def field_error_from(error: ValidationError, pointer: str, kind: Any) -> FieldError:
    """Turn msgspec's first error in a value into ours. `kind` is the value's declared type."""
    message = str(error)
    location = _LOCATION.search(message)
    if location is not None:
        pointer += "".join(f"/{part}" for part in re.findall(r"\w+", location[1]))
        message = message[: location.start()]
    code, detail = _describe(message, kind)
    return FieldError(pointer, code, detail, allowed_values(kind) if code == "unknown_value" else ())


def allowed_values(kind: Any) -> tuple[str, ...]:
    """The choices of a Literal somewhere in a type, in their own order."""
    return next((tuple(map(str, get_args(part))) for part in parts_of(kind) if get_origin(part) is Literal), ())


def _describe(message: str, kind: Any) -> tuple[str, str]:
    if message.startswith("Invalid enum value"):
        return "unknown_value", f"Send one of {', '.join(allowed_values(kind))}."
    if bound := re.search(r"of length (<=|>=) (\d+)", message):
        return _length(bound[1], int(bound[2]), is_list="array" in message)
    if bound := re.search(r"(<=|>=) (-?\d+)$", message):
        return "out_of_range", f"Send a number that is at {'most' if bound[1] == '<=' else 'least'} {bound[2]}."
    if "matching regex" in message:
        return "wrong_form", _describe_format(message, kind)
    if wrong := re.fullmatch(r"Expected `(.+)`, got `(.+)`", message):
        return "wrong_type", f"Send {_type_name(wrong[1])}, not {_type_name(wrong[2])}."
    if "date" in message.lower() or "RFC3339" in message:
        return "wrong_form", f"Send {_TYPE_NAMES['datetime' if 'datetime' in message else 'date']}; the day must exist."
    return "wrong_value", "This value cannot be used here."


def _length(operator: str, length: int, *, is_list: bool) -> tuple[str, str]:
    one, many = ("entry", "entries") if is_list else ("character", "characters")
    unit = one if length == 1 else many
    return ("too_long", f"Use at most {length} {unit}.") if operator == "<=" else ("too_short", f"Use at least {length} {unit}.")


def _describe_format(message: str, kind: Any) -> str:
    """The expected format, as the examples of the rule show it."""
    notes = [note for part in parts_of(kind) for note in get_args(part) if isinstance(note, Meta) and note.pattern]
    rule = next((note for note in notes if repr(note.pattern) in message), None)
    if rule is not None and rule.pattern == ONE_LINE:
        return f"Use one line with at least one visible character. {ONE_LINE_RULE}"
    if rule is None or rule.pattern in (VISIBLE, NO_NUL) or not rule.examples:
        return "Use at least one visible character, and no NUL."
    if "@" in message:
        return f"Send an e-mail address, such as {rule.examples[0]}."
    return f"Send {', or '.join(_describe_example(example, rule.pattern or '') for example in rule.examples)}."


def _describe_example(example: str, pattern: str) -> str:
    if example.endswith(EXAMPLE_ID_SUFFIX):
        return f"an id that starts with {example.removesuffix(EXAMPLE_ID_SUFFIX)}"
    return example if re.search(rf"\b{re.escape(example)}\b", pattern) else f"a value such as {example}"


def _type_name(expected: str) -> str:
    return " or ".join(_TYPE_NAMES.get(name, name) for name in expected.split(" | "))
