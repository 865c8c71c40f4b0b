"""Converts a plain value exactly as the published schema says."""

from functools import cache
from typing import Any

import msgspec
from msgspec import Meta

from api.framework.conversion.type_parts import parts_of
from calmboard.texts.names import ONE_LINE, one_line


def convert(value: Any, kind: Any) -> Any:
    """As msgspec does; raises its ValidationError too for a text that matches its pattern but ends in a line end.

    Python's `$` matches before a last line end as well, that of JSON Schema (ECMA-262) does not.
    """
    if isinstance(value, str):
        if _is_one_line(kind):
            value = one_line(value)
        elif value.endswith("\n"):
            msgspec.convert(value.removesuffix("\n") + "\r", kind)
    return msgspec.convert(value, kind)


@cache
def _is_one_line(kind: Any) -> bool:
    notes = (note for part in parts_of(kind) for note in getattr(part, "__metadata__", ()))
    return any(isinstance(note, Meta) and note.pattern == ONE_LINE for note in notes)
