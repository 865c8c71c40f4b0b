"""Headers that repeat what the body says, so that a gateway can route unread (streamable-http, Request Metadata)."""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from werkzeug.datastructures import Headers

from api.mcp.protocol.revisions import HEADER_MISMATCH, Failure
from api.mcp.registry import Tool

_NAMED = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}
_SENTINEL = re.compile(r"=\?base64\?(.*)\?=")
_PLAIN = re.compile(r"[\t -~]*")
_DECIMAL = re.compile(r"(-?[0-9]+)(?:\.0+)?")


class Mirrored(NamedTuple):
    """An argument that a header repeats: its path, the header, and its type in the schema."""

    path: tuple[str, ...]
    header: str
    kind: str


def require_same(headers: Headers, method: str, params: Mapping[str, Any]) -> None:
    """Refuse headers that do not say what the body says."""
    if _sent(headers, "Mcp-Method") != method:
        raise mismatch("Mcp-Method", "the method")
    key = _NAMED.get(method)
    if key is not None and (named := params.get(key)) is not None and _decoded(_sent(headers, "Mcp-Name")) != named:
        raise mismatch("Mcp-Name", f"params.{key}")


def require_same_arguments(headers: Headers, tool: Tool, arguments: Mapping[str, Any]) -> None:
    """Refuse a call whose `Mcp-Param-…` headers do not say what its arguments say; present together or absent together."""
    for path, header, kind in _mirrored(tool):
        said = _sent(headers, header)
        value = _value_at(arguments, path)
        if value is None and said is None:
            continue
        if value is None or said is None or not _agree(_decoded(said), value, kind):
            raise mismatch(header, f"the argument {'.'.join(path)}")


def version_header(headers: Headers) -> str | None:
    return _sent(headers, "MCP-Protocol-Version")


@cache
def _mirrored(tool: Tool) -> tuple[Mirrored, ...]:
    return tuple(_annotated(tool.input_schema, ()))


def _annotated(schema: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[Mirrored]:
    for name, about in schema.get("properties", {}).items():
        if isinstance(about, Mapping):
            if "x-mcp-header" in about:
                yield Mirrored((*path, name), f"Mcp-Param-{about['x-mcp-header']}", str(about.get("type")))
            yield from _annotated(about, (*path, name))


def _value_at(arguments: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        if not isinstance(arguments, Mapping):
            return None
        arguments = arguments.get(name)
    return arguments


def _agree(said: str | None, value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return said == ("true" if value else "false")
    if kind == "integer" and isinstance(value, int):
        number = _DECIMAL.fullmatch(said or "")
        return number is not None and len(number[1]) < 20 and int(number[1]) == int(value)
    return said is not None and said == value


def _sent(headers: Headers, name: str) -> str | None:
    """A header's value. Twice the same header arrives as one with a comma (PEP 3333), which equals nothing in a body."""
    value = headers.get(name)
    return None if value is None else value.strip()


def _decoded(value: str | None) -> str | None:
    """The value that a header carries.

    None for signs that no header may hold, and for a base64 form that is cut short or not the one way to write it.
    """
    if value is None or not _PLAIN.fullmatch(value):
        return None
    if not (match := _SENTINEL.fullmatch(value)):
        return value
    try:
        raw = base64.b64decode(match[1], validate=True)
        return raw.decode() if base64.b64encode(raw).decode() == match[1] else None
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None


def mismatch(header: str, what: str) -> Failure:
    return Failure(HEADER_MISMATCH, f"The header {header} has to be there and say the same as {what} in the body.")
