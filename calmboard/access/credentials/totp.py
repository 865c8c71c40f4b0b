"""Codes that change with time (RFC 6238), as authenticator apps show them: six digits of SHA-1, new every 30 seconds."""

import hashlib
import hmac
from datetime import datetime
from urllib.parse import quote, urlencode

STEP_S = 30
_DIGITS = 6
# Clocks differ: the code before and the one after are taken too.
_NEIGHBOURS = (0, -1, 1)


def code_at(secret: bytes, step: int, digits: int = _DIGITS) -> str:
    """The code of one step of 30 seconds (RFC 4226, section 5.3)."""
    digest = hmac.digest(secret, step.to_bytes(8), hashlib.sha1)
    offset = digest[-1] & 0xF
    number = int.from_bytes(digest[offset : offset + 4]) & 0x7FFFFFFF
    return str(number % 10**digits).zfill(digits)


def step_of(secret: bytes, code: str, at: datetime) -> int | None:
    """The step whose code this is, of those that count now; None where it is none."""
    present = int(at.timestamp()) // STEP_S
    steps = [present + neighbour for neighbour in _NEIGHBOURS]
    return next((step for step in steps if hmac.compare_digest(code_at(secret, step).encode(), code.encode())), None)


def enrolment_uri(secret: str, account: str) -> str:
    """What the square of dots holds (github.com/google/google-authenticator/wiki/Key-Uri-Format)."""
    return f"otpauth://totp/CalmBoard:{quote(account)}?{urlencode({'secret': secret, 'issuer': 'CalmBoard'})}"
