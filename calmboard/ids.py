"""Ids: a prefix and a UUIDv7 in Crockford base32 (the TypeID form)."""

import re
import secrets
import threading
import time
from datetime import datetime

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]
_SHAPE = re.compile(r"[0-7][0-9a-hjkmnp-tv-z]{25}")

LENGTH = 26

_stamping = threading.Lock()
_last_stamp = 0


def new_id(prefix: str) -> str:
    """Make an id such as `tsk_01m86ffkj1eyt9k86t46h61k8b`; later ids sort later, within a process always."""
    return f"{prefix}_{_base32(_uuid7())}"


def first_id(prefix: str, at: datetime) -> str:
    """An id before every one that was made at this time or later, to the millisecond."""
    milliseconds = min(max(int(at.timestamp() * 1000), 0), (1 << 48) - 1)
    return f"{prefix}_{_base32(milliseconds << 80)}"


def is_id(prefix: str, text: str) -> bool:
    return text.startswith(f"{prefix}_") and bool(_SHAPE.fullmatch(text, len(prefix) + 1))


def pattern(prefix: str) -> str:
    """A regular expression for a published schema."""
    return f"^{prefix}_{_SHAPE.pattern}$"


def _uuid7() -> int:
    """RFC 9562, sections 5.7 and 6.2 (method 3): milliseconds, version, 4,096ths of one, variant, 62 random bits."""
    stamp = _next_stamp()
    return stamp >> 12 << 80 | 0x7 << 76 | (stamp & 0xFFF) << 64 | 0b10 << 62 | secrets.randbits(62)


def _next_stamp() -> int:
    """The time in 4,096ths of a millisecond; no process gives one twice, so its ids sort as they were made."""
    global _last_stamp
    with _stamping:
        _last_stamp = max((time.time_ns() << 12) // 1_000_000, _last_stamp + 1)
        return _last_stamp


def _base32(number: int) -> str:
    return "".join([_PAIRS[number >> shift & 1023] for shift in range(120, -1, -10)])
