"""Converts a plain value exactly as the published schema says."""

from typing import Any

import msgspec


def convert(value: Any, kind: Any) -> Any:
    """As msgspec does; raises its ValidationError too for a text that matches its pattern but ends in a line end.

    Python's `$` matches before a last line end as well, that of JSON Schema (ECMA-262) does not.
    """
    if isinstance(value, str) and value.endswith("\n"):
        msgspec.convert(value.removesuffix("\n") + "\r", kind)
    return msgspec.convert(value, kind)
