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
    if request.method in ("GET", "HEAD"):
        response.make_conditional(request.environ)


def if_match(kind: type[Struct]) -> Guard:
    """The guard that If-Match asks for; `kind` is the resource's own representation."""
    if "If-Match" not in request.headers:
        return let_through

    def guard(current: Any) -> None:
        etag = etag_of(msgspec.convert(current, kind, from_attributes=True))
        if etag not in request.if_match:
            raise PreconditionFailed("It changed after you read it. Read it again and decide anew.")

    return guard


def etag_of(body: Struct) -> str:
    """The same for the same representation, whatever `fields` are asked for."""
    return hashlib.sha256(msgspec.json.encode(body)).hexdigest()[:32]
