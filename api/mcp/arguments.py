"""Reads the arguments of a tool as clients send them: strict ones fill in every one, others send lists as text.

What an optional argument holds where a client had nothing to put there means not given: null, an empty text, list or object,
zero, and false where it is no truth value. So no such fill changes anything; a tool that can empty a field says so by `clear`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from msgspec import Struct, UnsetType
from msgspec.structs import FieldInfo

from api.framework.bodies import parse
from api.framework.conversion.struct_fields import fields_of
from api.framework.conversion.struct_reader import read_object
from calmboard.errors import FieldError, InvalidRequest, ValidationFailed

# Clients add these by themselves to every call: n8n and its relatives. So they do with names that begin with `_`.
_ADDED_BY_CLIENTS = ("sessionId", "toolCallId", "action", "chatInput")
_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,15}")
_TRUTHS = {"true": True, "True": True, "false": False, "False": False}
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def given_arguments(takes: type[Struct], sent: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that were given, in the types of the schema; without those that clients add by themselves."""
    known = fields_of(takes)
    return _given({name: value for name, value in sent.items() if name in known or not _is_added(name)}, takes)


def read_arguments(takes: type[Struct], given: Mapping[str, Any], alternatives: Mapping[str, str]) -> Struct:
    """Raises ValidationFailed with every fault; `alternatives` say what takes an argument that this tool does not have."""
    errors: list[FieldError] = []
    args = read_object(given, takes, "", errors)
    if args is None:
        raise ValidationFailed(
            "The arguments do not fit. Nothing was done.",
            errors=tuple(_explained(error, alternatives) for error in errors),
            hint="Correct the arguments named above and call it again.",
        )
    return args


def read_object_text(value: Any) -> Any:
    """An object that was sent as its JSON text, as some clients do; anything else as it is."""
    if not isinstance(value, str) or not value.lstrip().startswith("{"):
        return value
    try:
        return parse(value.encode())
    except InvalidRequest:
        return value


def _is_added(name: str) -> bool:
    return name in _ADDED_BY_CLIENTS or name.startswith("_")


@dataclass(frozen=True, slots=True)
class _Holds:
    """What a field may hold: the kinds of value, and the struct that it holds or lists."""

    kinds: frozenset[str]
    struct: type[Struct] | None


_NOT_GIVEN = object()


def _given(sent: Mapping[str, Any], kind: type[Struct]) -> dict[str, Any]:
    known = fields_of(kind)
    read = {name: _read(known[name], value) if name in known else value for name, value in sent.items()}
    return {name: value for name, value in read.items() if value is not _NOT_GIVEN}


def _read(field: FieldInfo, value: Any) -> Any:
    holds = _holds(field.type)
    value = _from_text(value, holds.kinds)
    if not field.required and _is_empty(value, holds.kinds):
        return _NOT_GIVEN
    if holds.struct is None:
        return value
    if isinstance(value, list):
        return [_read_item(item, holds.struct) for item in value]
    value = _read_item(value, holds.struct)
    return _NOT_GIVEN if value == {} and not field.required else value


def _read_item(value: Any, struct: type[Struct]) -> Any:
    value = read_object_text(value)
    return _given(value, struct) if isinstance(value, dict) else value


def _is_empty(value: Any, kinds: frozenset[str]) -> bool:
    return value in (None, "", [], {}) or (value is False and "bool" not in kinds) or (value == 0 and value is not False)


def _from_text(value: Any, kinds: frozenset[str]) -> Any:
    """The list, object, number or truth value that a text stands for where no text is expected."""
    if not isinstance(value, str) or "str" in kinds:
        return value
    if "bool" in kinds:
        return _TRUTHS.get(value, value)
    if "int" in kinds:
        return int(value) if _WHOLE_NUMBER.fullmatch(value) else value
    try:
        return parse(value.encode()) if value.strip()[:1] in ("[", "{") or value.strip() == "null" else _alone(value, kinds)
    except InvalidRequest:
        return value


def _alone(value: str, kinds: frozenset[str]) -> Any:
    """One text where a list of them is asked for."""
    return [value] if value and kinds >= {"list", "texts"} else value


@cache
def _holds(kind: Any) -> _Holds:
    origin = get_origin(kind)
    if origin is Annotated:
        return _holds(get_args(kind)[0])
    if origin in (Union, UnionType):
        parts = [_holds(part) for part in get_args(kind) if part not in (UnsetType, type(None))]
        struct = next((part.struct for part in parts if part.struct), None)
        return _Holds(frozenset().union(*(part.kinds for part in parts)), struct)
    if origin is list:
        item = _holds(get_args(kind)[0])
        return _Holds(frozenset({"list", "texts"} if "str" in item.kinds else {"list"}), item.struct)
    if origin is Literal or (kind not in (bool, int) and not _is_struct(kind)):
        return _Holds(frozenset({"str"}), None)
    return _Holds(frozenset({"object"}), kind) if _is_struct(kind) else _Holds(frozenset({kind.__name__}), None)


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Struct)


def _explained(error: FieldError, alternatives: Mapping[str, str]) -> FieldError:
    """An unknown argument with what takes it: another tool or argument, or else the nearest name that exists."""
    if error.code != "unknown_field":
        return error
    path, _, name = error.pointer.rpartition("/")
    if not path and name in alternatives:
        return replace(error, detail=f"{error.detail} Use {alternatives[name]} for it.")
    near = get_close_matches(_HUMP.sub("_", name).lower(), error.allowed_values, 1)
    return replace(error, detail=f"{error.detail} Did you mean {near[0]}?") if near else error
