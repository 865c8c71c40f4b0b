"""ETags: a reader does not fetch the same twice, a writer overwrites nothing unseen (RFC 9110, section 13)."""

import hashlib
import re
from collections.abc import Sequence
from typing import Any

import msgspec
from flask import Response, request
from msgspec import Struct
from werkzeug.datastructures import ETags
from werkzeug.http import parse_etags

from api.framework.conversion.answer_shapes import shaped
from calmboard.errors import PreconditionFailed
from calmboard.preconditions import Precondition, no_precondition

_SEPARATOR = "-"
_ETAG_FORMAT = re.compile(rf"([0-9a-f]{{32}})(?:{_SEPARATOR}[0-9a-f]{{8}})?")
# What proxies that compress add to the tag of what they compressed: Apache “-gzip”, Jetty “--gzip”, others “;gzip”.
_COMPRESSED = re.compile(r"[-;]{1,2}(?:x-gzip|gzip|br|zstd|deflate)$")


def add_etag(response: Response, body: Struct, fields: Sequence[str] | None) -> None:
    """Set the ETag of a representation, whole or partial; answer 304 to a client that has it already."""
    response.set_etag(etag_of(body) if fields is None else f"{etag_of(body)}{_SEPARATOR}{_digest(sorted(set(fields)), 8)}")
    if request.method in ("GET", "HEAD") and _is_known(response.get_etag()[0] or ""):
        response.status_code = 304
        response.set_data(b"")


def if_match(kind: type[Struct]) -> Precondition:
    """The precondition that If-Match or `If-None-Match: *` asks for; `kind` is the resource's own representation.

    It is called with None where there is no resource yet.
    """
    if request.if_none_match.star_tag:
        return _require_absent
    sent = request.headers.get("If-Match")
    return no_precondition if sent is None else matches(kind, sent)


def matches(kind: type[Struct], sent: str) -> Precondition:
    """The precondition that the resource has an ETag of these, written as in If-Match."""
    accepted = _full_etags(parse_etags(sent))

    def precondition(current: Any) -> None:
        etag = "" if current is None else etag_of(shaped(kind, current))
        if current is None or etag not in accepted:
            raise PreconditionFailed(_changed_detail(sent[:200], etag))

    return precondition


def _require_absent(current: Any) -> None:
    if current is not None:
        raise PreconditionFailed("It exists already, and was to be created.")


def etag_of(body: Struct) -> str:
    """The ETag of the whole representation. A partial one begins with it, so that a client may send either in If-Match."""
    return _digest(body, 32)


def _full_etags(etags: ETags) -> ETags:
    """The full ETags of what was sent, whole or partial. Werkzeug has None for an ETag that is empty."""
    tags: set[str | None] = {*etags.as_set()}
    plain = (_COMPRESSED.sub("", tag) for tag in tags if tag)
    return ETags((found[1] for tag in plain if (found := _ETAG_FORMAT.fullmatch(tag))), star_tag=etags.star_tag)


def _is_known(etag: str) -> bool:
    """Whether If-None-Match names the tag, as weakly as RFC 9110, section 13.1.2, compares there."""
    sent = request.if_none_match
    return sent.star_tag or any(_COMPRESSED.sub("", tag or "") == etag for tag in sent.as_set(include_weak=True))


def _changed_detail(sent: str, etag: str) -> str:
    """What was compared, since a weak tag never matches (RFC 9110, section 13.1.1)."""
    if sent.lstrip().startswith("W/"):
        return f"If-Match holds the weak {sent}, and a weak tag never matches. Send it without W/."
    return f"It changed after you read it: If-Match holds {sent}, and its ETag is “{etag}” now. Read it again and decide again."


def _digest(value: Any, length: int) -> str:
    return hashlib.sha256(msgspec.json.encode(value)).hexdigest()[:length]
