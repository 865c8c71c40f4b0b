"""ETags: a reader need not fetch the same twice, a writer overwrites nothing unseen (RFC 9110, section 13)."""

import hashlib
import re
from collections.abc import Sequence
from typing import Any

import msgspec
from flask import Response, request
from msgspec import Struct
from werkzeug.datastructures import ETags

from calmboard.errors import PreconditionFailed
from calmboard.preconditions import Precondition, no_precondition

_PART = "-"
_FORM = re.compile(rf"([0-9a-f]{{32}})(?:{_PART}[0-9a-f]{{8}})?")


def add_etag(response: Response, body: Struct, part: Sequence[str] | None) -> None:
    """Name what is answered, the whole or a part of it; answer 304 to a reader who has just that already."""
    response.set_etag(etag_of(body) if part is None else f"{etag_of(body)}{_PART}{_digest(sorted(set(part)), 8)}")
    if request.method in ("GET", "HEAD") and request.if_none_match.contains_weak(response.get_etag()[0] or ""):
        response.status_code = 304
        response.set_data(b"")


def if_match(kind: type[Struct]) -> Precondition:
    """The guard that If-Match or `If-None-Match: *` asks for; `kind` is the resource's own representation.

    It is called with None where there is no resource yet.
    """
    only_new = request.if_none_match.star_tag
    if "If-Match" not in request.headers and not only_new:
        return no_precondition
    seen = _wholes(request.if_match)

    def precondition(current: Any) -> None:
        if only_new:
            if current is not None:
                raise PreconditionFailed("It is there already, and was to be made new.")
            return
        etag = "" if current is None else etag_of(msgspec.convert(current, kind, from_attributes=True))
        if current is None or etag not in seen:
            raise PreconditionFailed("It changed after you read it. Read it again and decide anew.")

    return precondition


def etag_of(body: Struct) -> str:
    """The state of the whole. That of a part begins with it, so that whoever read a part may say what they saw."""
    return _digest(body, 32)


def _wholes(sent: ETags) -> ETags:
    """The wholes whose parts or selves were sent. Werkzeug has None for an ETag that is empty."""
    tags: set[str | None] = {*sent.as_set()}
    return ETags((found[1] for tag in tags if tag and (found := _FORM.fullmatch(tag))), star_tag=sent.star_tag)


def _digest(value: Any, length: int) -> str:
    return hashlib.sha256(msgspec.json.encode(value)).hexdigest()[:length]
