"""Idempotency-Key: a POST sent again does its work once (draft-ietf-httpapi-idempotency-key-header-07)."""

import hashlib
import json
import re
from collections.abc import Callable

import msgspec
from flask import request
from werkzeug.wrappers import Response

from api.framework.bodies import MAX_BYTES, parse, read_full_body
from api.framework.uploads import FORM, digest_of_form
from calmboard.access import idempotency
from calmboard.access.access import Access
from calmboard.errors import Conflict, FieldError, Forbidden, InvalidRequest, NotFound
from calmboard.work.visible_resources import require_visible

HEADER = "Idempotency-Key"
_QUOTED = re.compile(r'"((?:[^"\\]|\\["\\])*)"')
_KEY_FORMAT = re.compile(r"[\x21-\x7e]{1,255}")
_STORED_HEADERS = ("Content-Type", "ETag", "Location")
# Room for an answer that repeats all that a request held, so that storing answers fills no disk faster than sending tasks does.
_MAX_STORED_BYTES = 2 * MAX_BYTES


def idempotent(access: Access, action: Callable[[], Response]) -> Response:
    """Run the action, or replay the response that a request with the same key received.

    A refusal is not stored: nothing was done, and the next attempt may find other permissions.

    Raises InvalidRequest for a key that cannot be one, Conflict while the first request is under way or where its answer was
    not stored, ValidationFailed where the key came with another request before, and NotFound or Forbidden where what was answered
    no longer exists, or is no longer visible.
    """
    key = _read_key()
    if key is None or access.credential is None:
        return action()
    if not _KEY_FORMAT.fullmatch(key):
        detail = "Use 1 to 255 visible ASCII characters, such as a UUID."
        raise InvalidRequest(detail, errors=(FieldError(HEADER, "wrong_form", detail),))
    claim = idempotency.claim(access.credential.id, key, _fingerprint())
    if isinstance(claim, idempotency.StoredResponse):
        return _replay(access, claim)
    return _run_and_store(claim, action)


def _run_and_store(claim: idempotency.Claim, action: Callable[[], Response]) -> Response:
    try:
        with idempotency.complete_on_commit(claim):
            response = action()
    except BaseException:
        idempotency.release(claim)
        raise
    headers = {name: response.headers[name] for name in _STORED_HEADERS if name in response.headers}
    body = response.get_data()
    stored_body = body if len(body) <= _MAX_STORED_BYTES else b""
    idempotency.store_response(claim, idempotency.StoredResponse(response.status_code, headers, stored_body))
    return response


def _read_key() -> str | None:
    """The key, also where it is quoted as the structured field of the draft is (RFC 9651, section 3.3.3)."""
    key = request.headers.get(HEADER)
    quoted = _QUOTED.fullmatch((key or "").strip())
    return re.sub(r"\\([\"\\])", r"\1", quoted[1]) if quoted else key


def _fingerprint() -> bytes:
    """What makes two requests the same: method, address, and the value of the body, however it is written."""
    request_line = f"{request.method} {request.full_path}\n".encode()
    if request.mimetype == FORM:
        return digest_of_form(request_line)
    raw = read_full_body(request)
    value = json.dumps(parse(raw), sort_keys=True).encode() if raw.strip() else b""
    return hashlib.sha256(request_line + value).digest()


def _replay(access: Access, answered: idempotency.StoredResponse) -> Response:
    if not answered.body:
        raise Conflict("This request was carried out, but its answer was too long to store. Read what it did.")
    try:
        require_visible(access, _affected_ids(answered))
    except (NotFound, Forbidden) as problem:
        problem.detail = f"This request was carried out, but its answer can no longer be shown. {problem.detail}"
        raise
    response = Response(answered.body, answered.status, answered.headers)
    response.headers["Idempotency-Replayed"] = "true"
    return response


def _affected_ids(answered: idempotency.StoredResponse) -> set[str]:
    """Ids of what an answer is about: what the address names, the boards of tasks in bulk, or else what was created."""
    if request.view_args:
        return set(request.view_args.values())
    body = msgspec.json.decode(answered.body)
    if "results" in body:
        return {result["task"]["board_id"] for result in body["results"] if "task" in result}
    return {body["id"]}
