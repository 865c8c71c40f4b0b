"""Cursors of the lists that tools give, bound to the tool and to what it was asked."""

import hashlib
import hmac
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import msgspec
from flask import current_app
from itsdangerous.encoding import base64_decode, base64_encode
from itsdangerous.exc import BadData
from msgspec import UNSET, Struct

from calmboard.errors import Fault, ValidationFailed
from calmboard.pages import Cut

_SEAL_BYTES = 12


def cut_of(asked: Any) -> Cut:
    """The part of a list that is asked for; raises ValidationFailed where the cursor was changed, or is another list's."""
    if asked.cursor is UNSET:
        return Cut(asked.limit)
    try:
        raw = base64_decode(asked.cursor)
    except BadData:
        raise _strange_cursor() from None
    seal, payload = raw[:_SEAL_BYTES], raw[_SEAL_BYTES:]
    if not hmac.compare_digest(seal, _seal(asked, payload)):
        raise _strange_cursor()
    return Cut(asked.limit, tuple(_READERS[tag](text) for tag, text in msgspec.json.decode(payload)))


def next_cursor(asked: Struct, after: tuple[Any, ...] | None) -> str | None:
    """An opaque text that continues this very list behind a row; None at its end."""
    if after is None:
        return None
    payload = msgspec.json.encode([_tagged(value) for value in after])
    return base64_encode(_seal(asked, payload) + payload).decode()


def _strange_cursor() -> ValidationFailed:
    detail = "This cursor was changed, or belongs to other arguments. Call again without it to start from the beginning."
    return ValidationFailed(errors=(Fault("/cursor", "strange_cursor", detail),))


def _seal(asked: Struct, payload: bytes) -> bytes:
    """Binds a cursor to this server, the tool and its arguments, but not to the limit."""
    bound = msgspec.json.encode([type(asked).__name__, msgspec.structs.replace(asked, limit=0, cursor=UNSET)])
    key = current_app.config["CALMBOARD"].secret_key.encode()
    return hmac.digest(key, b"tool cursor\0" + bound + b"\0" + payload, hashlib.sha256)[:_SEAL_BYTES]


def _tagged(value: Any) -> tuple[str, Any]:
    tag = "time" if isinstance(value, datetime) else "date" if isinstance(value, date) else "text"
    return tag, value.isoformat() if tag != "text" else value


_READERS: dict[str, Callable[[str], Any]] = {"time": datetime.fromisoformat, "date": date.fromisoformat, "text": str}
