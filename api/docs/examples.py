"""Examples, built from the examples on the fields of a struct."""

from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from msgspec import Meta, Struct, UnsetType

from api.framework.conversion.struct_fields import fields_of
from api.shapes.values import ALTERNATIVE

# Texts and choices that a new resource has where none were sent.
_AT_FIRST = {"description": "", "goal": "", "colour": "grey", "state": "backlog"}


def example_of(kind: type[Struct]) -> dict[str, Any]:
    """A JSON object with an example in every field, except in those that are alternatives to another one."""
    return {name: _example(field.type) for name, field in fields_of(kind).items() if not _is_alternative(field.type)}


def required_example_of(kind: type[Struct]) -> dict[str, Any]:
    """The shortest body that works: the required fields, or the first one where none is required."""
    fields = fields_of(kind)
    required = [name for name, field in fields.items() if field.required] or [next(iter(fields))]
    return {name: _example(fields[name].type) for name in required}


def answer_example_of(kind: type[Struct], takes: type[Struct] | None, body: Any) -> dict[str, Any]:
    """What a change is answered with: what was sent, and of what may be sent and was not, what a new resource has."""
    sent = body if isinstance(body, dict) else {}
    may_be_sent = fields_of(takes) if takes else {}
    values = example_of(kind)
    for name, field in fields_of(kind).items():
        if name in sent:
            values[name] = sent[name]
        elif name in may_be_sent or _is_empty_at_first(name, field.type):
            values[name] = _unset(name, field.type, values[name])
    return values


def _is_empty_at_first(name: str, kind: Any) -> bool:
    """Whether a field that nobody sends is empty at first, such as the time at which a task is done."""
    return name.endswith("_at") and type(None) in get_args(kind)


def _unset(name: str, kind: Any, value: Any) -> Any:
    """A field of a new resource that was not sent."""
    if type(None) in get_args(kind):
        return None
    if isinstance(value, bool):
        return False
    return [] if isinstance(value, list) else _AT_FIRST.get(name, value)


@cache
def _example(kind: Any) -> Any:
    """The first example found in a type, or one built from its parts."""
    origin = get_origin(kind)
    if origin is Annotated:
        inner, *notes = get_args(kind)
        examples = [note.examples[0] for note in notes if isinstance(note, Meta) and note.examples]
        return examples[-1] if examples else _example(inner)
    if origin in (Union, UnionType):
        return _example(next(part for part in get_args(kind) if part not in (UnsetType, type(None))))
    if origin is list:
        return [_example(get_args(kind)[0])]
    if origin is Literal:
        return get_args(kind)[0]
    if isinstance(kind, type) and issubclass(kind, Struct):
        return example_of(kind)
    raise TypeError(f"{kind} has no example; give it one.")


def _is_alternative(kind: Any) -> bool:
    parts = get_args(kind)
    return any(isinstance(part, Meta) and part.extra == ALTERNATIVE for part in parts) or any(map(_is_alternative, parts))
