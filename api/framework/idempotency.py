"""Idempotency-Key: a POST sent again does its work once (draft-ietf-httpapi-idempotency-key-header-07)."""

import hashlib
import re
from collections.abc import Callable

import msgspec
from flask import request
from werkzeug.wrappers import Response

from api.framework.bodies import MAX_BYTES, read_full_body
from api.framework.uploads import FORM, digest_of_form
from calmboard.access import idempotency
from calmboard.access.access import Access
from calmboard.errors import Conflict, FieldError, Forbidden, InvalidRequest, NotFound
from calmboard.work.visible_places import require_visible

HEADER = "Idempotency-Key"
_SHAPE = re.compile(r"[\x21-\x7e]{1,255}")
_KEPT_HEADERS = ("Content-Type", "ETag", "Location")
# Room for an answer that tells all that a request held, so that keeping answers fills no disk faster than sending tasks does.
_MAX_KEPT_BYTES = 2 * MAX_BYTES


def idempotent(access: Access, act: Callable[[], Response]) -> Response:
    """Do the work, or answer again what a request with the same key was answered.

    A refusal is not kept: nothing was done, and the next try may find other rights.

    Raises InvalidRequest for a key that cannot be one, Conflict while the first request is under way or where its answer was
    not kept, ValidationFailed where the key came with another request before, and NotFound or Forbidden where what was answered
    is no longer there, or out of reach by now.
    """
    key = request.headers.get(HEADER)
    if key is None or access.credential is None:
        return act()
    if not _SHAPE.fullmatch(key):
        detail = "Use 1 to 255 visible ASCII characters, such as a UUID."
        raise InvalidRequest(detail, errors=(FieldError(HEADER, "wrong_form", detail),))
    claim = idempotency.claim(access.credential.id, key, _fingerprint())
    if isinstance(claim, idempotency.Answered):
        return _replay(access, claim)
    return _answered_once(claim, act)


def _answered_once(claim: idempotency.Claim, act: Callable[[], Response]) -> Response:
    try:
        with idempotency.complete_on_commit(claim):
            response = act()
    except BaseException:
        idempotency.release(claim)
        raise
    headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    body = response.get_data()
    kept = body if len(body) <= _MAX_KEPT_BYTES else b""
    idempotency.store_response(claim, idempotency.Answered(response.status_code, headers, kept))
    return response


def _fingerprint() -> bytes:
    """What makes two requests the same: method, address and body."""
    asked = f"{request.method} {request.full_path}\n".encode()
    return digest_of_form(asked) if request.mimetype == FORM else hashlib.sha256(asked + read_full_body(request)).digest()


def _replay(access: Access, answered: idempotency.Answered) -> Response:
    if not answered.body:
        raise Conflict("This request was carried out, but its answer was too long to keep. Read what it did.")
    try:
        require_visible(access, _told_of(answered))
    except (NotFound, Forbidden) as problem:
        problem.detail = f"This request was carried out, but its answer can no longer be shown. {problem.detail}"
        raise
    response = Response(answered.body, answered.status, answered.headers)
    response.headers["Idempotency-Replayed"] = "true"
    return response


def _told_of(answered: idempotency.Answered) -> set[str]:
    """Ids of what an answer tells of: what the address names, the boards of tasks in bulk, or else what was made."""
    if request.view_args:
        return set(request.view_args.values())
    body = msgspec.json.decode(answered.body)
    if "results" in body:
        return {result["task"]["board_id"] for result in body["results"] if "task" in result}
    return {body["id"]}
