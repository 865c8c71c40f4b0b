"""Cursors of lists: opaque texts that continue one list after a row, and are signed, so that no other can be made of them."""

import base64
import hmac
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import msgspec

from calmboard.access.signing import signature

_SIGNATURE_BYTES = 12
_PURPOSE = "cursor"


def seal_cursor(after: tuple[Any, ...], bound: object) -> str:
    """The text for the row whose key is `after`, valid only where the same is `bound`."""
    payload = msgspec.json.encode([_tagged(value) for value in after])
    return base64.urlsafe_b64encode(signature(_PURPOSE, bound, payload, _SIGNATURE_BYTES) + payload).rstrip(b"=").decode()


def open_cursor(cursor: str, bound: object) -> tuple[Any, ...]:
    """The key of the row. Raises ValueError where the cursor was changed, or made for another list."""
    raw = base64.b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    sent, payload = raw[:_SIGNATURE_BYTES], raw[_SIGNATURE_BYTES:]
    if not hmac.compare_digest(sent, signature(_PURPOSE, bound, payload, _SIGNATURE_BYTES)):
        raise ValueError("The signature does not fit.")
    return tuple(_DECODERS[tag](text) for tag, text in msgspec.json.decode(payload))


def _tagged(value: Any) -> tuple[str, Any]:
    """A value with its kind, since JSON knows neither times nor days."""
    if isinstance(value, datetime):
        return "time", value.isoformat()
    if isinstance(value, date):
        return "date", value.isoformat()
    return "text", value


_DECODERS: dict[str, Callable[[str], Any]] = {"time": datetime.fromisoformat, "date": date.fromisoformat, "text": str}
