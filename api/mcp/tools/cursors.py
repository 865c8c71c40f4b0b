"""Cursors of the lists that tools give, bound to the tool and to what it was asked."""

import hashlib
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import msgspec
from flask import current_app
from itsdangerous import BadData, URLSafeSerializer
from msgspec import UNSET, Struct

from calmboard.errors import FieldError, ValidationFailed
from calmboard.pagination import PageRequest


def cut_of(asked: Any) -> PageRequest:
    """The part of a list that is asked for; raises ValidationFailed where the cursor was changed, or is another list's."""
    if asked.cursor is UNSET:
        return PageRequest(asked.limit)
    try:
        after = _serializer(asked).loads(asked.cursor)
    except BadData:
        detail = "This cursor was changed, or belongs to other arguments. Call again without it to start from the beginning."
        raise ValidationFailed(errors=(FieldError("/cursor", "strange_cursor", detail),)) from None
    return PageRequest(asked.limit, tuple(_READERS[kind](text) for kind, text in after))


def next_cursor(asked: Struct, after: tuple[Any, ...] | None) -> str | None:
    """An opaque text that continues this very list behind a row; None at its end."""
    return None if after is None else _serializer(asked).dumps([_result(value) for value in after])


def _serializer(asked: Struct) -> URLSafeSerializer:
    """Signs for this server, the tool and its arguments, but for any limit."""
    bound = msgspec.json.encode([type(asked).__name__, msgspec.structs.replace(asked, limit=0, cursor=UNSET)])
    key: str = current_app.config["CALMBOARD"].secret_key
    salt = b"mcp-tool-cursor" + hashlib.sha256(bound).digest()
    return URLSafeSerializer(key, salt=salt, signer_kwargs={"digest_method": hashlib.sha256})


def _result(value: Any) -> tuple[str, str]:
    """A value with its kind, since JSON knows neither times nor days."""
    if isinstance(value, str):
        return "text", value
    return "time" if isinstance(value, datetime) else "date", value.isoformat()


_READERS: dict[str, Callable[[str], Any]] = {"time": datetime.fromisoformat, "date": date.fromisoformat, "text": str}
