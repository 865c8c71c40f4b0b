"""Idempotency-Key: a POST sent again does its work once (draft-ietf-httpapi-idempotency-key-header-07)."""

import hashlib
import re
from collections.abc import Callable

from flask import request
from werkzeug.wrappers import Response

from api.bodies import whole_body
from api.uploads import FORM, digest_of_form
from calmboard.access import idempotency
from calmboard.access.access import Access
from calmboard.errors import Fault, InvalidRequest

HEADER = "Idempotency-Key"
_SHAPE = re.compile(r"[\x21-\x7e]{1,255}")
_KEPT_HEADERS = ("Content-Type", "ETag", "Location")


def once(access: Access, act: Callable[[], Response]) -> Response:
    """Do the work, or answer again what a request with the same key was answered.

    A refusal is not kept: nothing was done, and the next try may find other rights.

    Raises InvalidRequest for a key that cannot be one, Conflict while the first request is under
    way, and ValidationFailed where the key came with another request before.
    """
    key = request.headers.get(HEADER)
    if key is None or access.credential is None:
        return act()
    if not _SHAPE.fullmatch(key):
        detail = "Use 1 to 255 visible ASCII characters, such as a UUID."
        raise InvalidRequest(detail, errors=(Fault(HEADER, "wrong_form", detail),))
    claim = idempotency.claim(access.credential.id, key, _fingerprint())
    if isinstance(claim, idempotency.Answered):
        return _again(claim)
    return _answered_once(claim, act)


def _answered_once(claim: idempotency.Claim, act: Callable[[], Response]) -> Response:
    try:
        with idempotency.watching(claim):
            response = act()
    except BaseException:
        idempotency.give_up(claim)
        raise
    headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    idempotency.keep(claim, idempotency.Answered(response.status_code, headers, response.get_data()))
    return response


def _fingerprint() -> bytes:
    """What makes two requests the same: method, address and body."""
    asked = f"{request.method} {request.full_path}\n".encode()
    return digest_of_form(asked) if request.mimetype == FORM else hashlib.sha256(asked + whole_body()).digest()


def _again(answered: idempotency.Answered) -> Response:
    response = Response(answered.body, answered.status, answered.headers)
    response.headers["Idempotency-Replayed"] = "true"
    return response
