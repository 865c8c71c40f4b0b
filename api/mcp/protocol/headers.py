"""Headers that repeat what the body says, so that a gateway can route without reading it (streamable-http, Request Metadata)."""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from werkzeug.datastructures import Headers

from api.mcp.protocol.revisions import HEADER_MISMATCH, Failure
from api.mcp.registry import Tool

_NAME_PARAMS = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}
_SENTINEL = re.compile(r"=\?base64\?(.*)\?=")
_PLAIN = re.compile(r"[\t -~]*")
_DECIMAL = re.compile(r"(-?[0-9]+)(?:\.0+)?")


class Mirrored(NamedTuple):
    """An argument that a header repeats: its path, the header, and its type in the schema."""

    path: tuple[str, ...]
    header: str
    kind: str


def require_matching_headers(headers: Headers, method: str, params: Mapping[str, Any]) -> None:
    """Reject headers that do not match the body."""
    if _header(headers, "Mcp-Method") != method:
        raise header_mismatch("Mcp-Method", "the method")
    key = _NAME_PARAMS.get(method)
    if key is not None and (named := params.get(key)) is not None and _decode(_header(headers, "Mcp-Name")) != named:
        raise header_mismatch("Mcp-Name", f"params.{key}")


def require_matching_argument_headers(headers: Headers, tool: Tool, arguments: Mapping[str, Any]) -> None:
    """Reject a call whose `Mcp-Param-…` headers do not match its arguments; both are present or both absent."""
    for path, header, kind in _mirrored(tool):
        header_value = _header(headers, header)
        value = _value_at(arguments, path)
        if value is None and header_value is None:
            continue
        if value is None or header_value is None or not _matches(_decode(header_value), value, kind):
            raise header_mismatch(header, f"the argument {'.'.join(path)}")


def version_header(headers: Headers) -> str | None:
    return _header(headers, "MCP-Protocol-Version")


@cache
def _mirrored(tool: Tool) -> tuple[Mirrored, ...]:
    return tuple(_annotated_arguments(tool.input_schema, ()))


def _annotated_arguments(schema: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[Mirrored]:
    for name, about in schema.get("properties", {}).items():
        if isinstance(about, Mapping):
            if "x-mcp-header" in about:
                yield Mirrored((*path, name), f"Mcp-Param-{about['x-mcp-header']}", str(about.get("type")))
            yield from _annotated_arguments(about, (*path, name))


def _value_at(arguments: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        if not isinstance(arguments, Mapping):
            return None
        arguments = arguments.get(name)
    return arguments


def _matches(header_value: str | None, value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return header_value == ("true" if value else "false")
    if kind == "integer" and isinstance(value, int):
        number = _DECIMAL.fullmatch(header_value or "")
        return number is not None and len(number[1]) < 20 and int(number[1]) == int(value)
    return header_value is not None and header_value == value


def _header(headers: Headers, name: str) -> str | None:
    """A header's value. A repeated header arrives as one value with a comma (PEP 3333), which equals nothing in a body."""
    value = headers.get(name)
    return None if value is None else value.strip()


def _decode(value: str | None) -> str | None:
    """The value that a header carries.

    None for characters that no header may hold, and for base64 that is truncated or not canonical.
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


def header_mismatch(header: str, what: str) -> Failure:
    return Failure(HEADER_MISMATCH, f"The header {header} has to be there and say the same as {what} in the body.")
