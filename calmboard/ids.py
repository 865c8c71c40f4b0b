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
# Of these the first ten say when, to the millisecond: two bits that are always 0, and the 48 of the time.
_TIME_LENGTH = 10

_RANDOM_BITS = 74
_lock = threading.Lock()
_last = 0, 0


def new_id(prefix: str) -> str:
    """Make an id such as `tsk_01m86ffkj1eyt9k86t46h61k8b`; later ids sort later, within a process always."""
    return f"{prefix}_{_base32(_uuid7())}"


def id_at(prefix: str, at: datetime) -> str:
    """A new id that says it was made then, to the millisecond."""
    return first_id(prefix, at)[: len(prefix) + 1 + _TIME_LENGTH] + new_id(prefix)[-(LENGTH - _TIME_LENGTH) :]


def first_id(prefix: str, at: datetime) -> str:
    """An id before every one that was created at this time or later, to the millisecond."""
    milliseconds = min(max(int(at.timestamp() * 1000), 0), (1 << 48) - 1)
    return f"{prefix}_{_base32(milliseconds << 80)}"


def is_id(prefix: str, text: str) -> bool:
    return text.startswith(f"{prefix}_") and bool(_SHAPE.fullmatch(text, len(prefix) + 1))


def pattern(prefix: str) -> str:
    """A regular expression for a published schema."""
    return f"^{prefix}_{_SHAPE.pattern}$"


def _uuid7() -> int:
    """RFC 9562, sections 5.7 and 6.2 (method 2): 48 bits of milliseconds, version, 74 random bits, variant."""
    milliseconds, random = _next()
    return milliseconds << 80 | 0x7 << 76 | (random >> 62) << 64 | 0b10 << 62 | random & (1 << 62) - 1


def _next() -> tuple[int, int]:
    """Timestamp and random bits; within a millisecond the latter grow by a random amount, so ids sort in order of creation."""
    global _last
    with _lock:
        milliseconds, random = time.time_ns() // 1_000_000, secrets.randbits(_RANDOM_BITS)
        if milliseconds <= _last[0]:
            milliseconds, incremented = _last[0], _last[1] + 1 + secrets.randbits(_RANDOM_BITS - 12)
            milliseconds, random = (milliseconds + 1, random) if incremented >> _RANDOM_BITS else (milliseconds, incremented)
        _last = milliseconds, random
        return _last


def _base32(number: int) -> str:
    return "".join([_PAIRS[number >> shift & 1023] for shift in range(120, -1, -10)])
