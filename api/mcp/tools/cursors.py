"""Cursors of the lists that tools return, bound to the tool and its arguments."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import msgspec
from itsdangerous import BadData, URLSafeSerializer
from msgspec import UNSET, Struct

from calmboard.access.signing import signer
from calmboard.errors import FieldError, ValidationFailed
from calmboard.pagination import PageRequest


def read_page_request(args: Any) -> PageRequest:
    """The requested page of a list; raises ValidationFailed where the cursor was changed, or belongs to another list."""
    if args.cursor is UNSET:
        return PageRequest(args.limit)
    try:
        after = _serializer(args).loads(args.cursor)
    except BadData:
        detail = "This cursor was changed, or belongs to other arguments. Call again without it to start from the beginning."
        raise ValidationFailed(errors=(FieldError("/cursor", "strange_cursor", detail),)) from None
    return PageRequest(args.limit, tuple(_DECODERS[kind](text) for kind, text in after))


def next_cursor(args: Struct, after: tuple[Any, ...] | None) -> str | None:
    """An opaque text that continues this list after a row; None at its end."""
    return None if after is None else _serializer(args).dumps([_encode_value(value) for value in after])


def _serializer(args: Struct) -> URLSafeSerializer:
    """Signs for this server, the tool and its arguments except the limit."""
    return signer("mcp-tool-cursor", [type(args).__name__, msgspec.structs.replace(args, limit=0, cursor=UNSET)])


def _encode_value(value: Any) -> tuple[str, str]:
    """A value with its kind, since JSON knows neither times nor days."""
    if isinstance(value, str):
        return "text", value
    return "time" if isinstance(value, datetime) else "date", value.isoformat()


_DECODERS: dict[str, Callable[[str], Any]] = {"time": datetime.fromisoformat, "date": date.fromisoformat, "text": str}
