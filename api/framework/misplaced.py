"""Credentials that came in another way than ours: what came, and what to send instead."""

import base64
import binascii
import re

from flask import Request

_SECRET = re.compile(r"cb[ko]_\w{8,}")
_OTHER_HEADERS = ("X-API-Key", "API-Key", "X-API-Token", "X-Auth-Token", "X-Access-Token")
_SEND = "Send it as Authorization: Bearer, a blank and the key alone."
_IN_ADDRESS = (
    "came in the address, where servers and proxies write it into their logs. Take it for known to others: revoke it, "
    "create a new one, and send that as Authorization: Bearer, a blank and the key alone."
)


def explain_misplaced(request: Request) -> str | None:
    """A sentence about the credential of a request that has none where ours belongs, or None where it has none at all."""
    authorization = request.headers.get("Authorization", "").strip()
    return (
        _explain_authorization(authorization)
        or next((f"The key came as {name}. {_SEND}" for name in _OTHER_HEADERS if _holds(request.headers.get(name))), None)
        or next((f"The key {_IN_ADDRESS}" for text in request.args.values() if _holds(text)), None)
    )


def _explain_authorization(authorization: str) -> str | None:
    scheme, _, rest = authorization.partition(" ")
    if scheme.lower() == "basic" and _holds(_decoded(rest)):
        return f"The key came by Basic, as a name or password. {_SEND}"
    if not _holds(authorization):
        return None
    if scheme.lower() == "bearer":
        return f"The key came as Bearer with something before or around it, such as quotes or a second “Bearer”. {_SEND}"
    if _SECRET.match(authorization.strip("\"'")):
        return f"The key came as Authorization without the word Bearer. {_SEND}"
    return f"The key came as Authorization by “{scheme[:20]}”. {_SEND}"


def _holds(text: str | None) -> bool:
    return bool(text and _SECRET.search(text))


def _decoded(credentials: str) -> str:
    try:
        return base64.b64decode(credentials.strip(), validate=True).decode(errors="replace")
    except (binascii.Error, ValueError):
        return ""
