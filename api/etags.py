"""ETags: a reader need not fetch the same twice, a writer overwrites nothing unseen (RFC 9110, section 13)."""

import hashlib
from typing import Any

import msgspec
from flask import Response, request
from msgspec import Struct

from calmboard.errors import PreconditionFailed
from calmboard.guards import Guard, let_through


def add_etag(response: Response, body: Struct) -> None:
    """Name the state of a resource; answer 304 to a reader who has it already."""
    response.set_etag(etag_of(body))
    if request.method in ("GET", "HEAD") and request.if_none_match.contains_weak(response.get_etag()[0] or ""):
        response.status_code = 304
        response.set_data(b"")


def if_match(kind: type[Struct]) -> Guard:
    """The guard that If-Match or `If-None-Match: *` asks for; `kind` is the resource's own representation.

    It is called with None where there is no resource yet.
    """
    only_new = request.if_none_match.star_tag
    if "If-Match" not in request.headers and not only_new:
        return let_through

    def guard(current: Any) -> None:
        if only_new:
            if current is not None:
                raise PreconditionFailed("It is there already, and was to be made new.")
            return
        etag = "" if current is None else etag_of(msgspec.convert(current, kind, from_attributes=True))
        if current is None or etag not in request.if_match:
            raise PreconditionFailed("It changed after you read it. Read it again and decide anew.")

    return guard


def etag_of(body: Struct) -> str:
    """The same for the same representation, whatever `fields` are asked for."""
    return hashlib.sha256(msgspec.json.encode(body)).hexdigest()[:32]
