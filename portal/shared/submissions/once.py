"""Forms that create: whoever sends one twice is led to the same page, and the work is done once."""

import hashlib
import json
import secrets
import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from flask import make_response, request, session
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from calmboard.access.idempotency import Claim, StoredResponse, claim, complete_on_commit, release, store_response
from calmboard.errors import Conflict
from portal.shared.blueprint import redirect_to

P = ParamSpec("P")

FIELD = "form_token"
CREATING_VIEWS: set[str] = set()
_UNSIGNED_FIELDS = frozenset({"csrf_token"})
_PATIENCE_S, _LOOK_INTERVAL_S = 8, 0.1
_UNDER_WAY = "This form was sent before, and its answer was lost or is still to come. Look in your list for what it made."


def new_form_token() -> str:
    """The hidden field by which a form that creates is known again."""
    return secrets.token_urlsafe(16)


def created_once(
    again: Callable[[str], None] | None = None,
) -> Callable[[Callable[P, ResponseReturnValue]], Callable[P, ResponseReturnValue]]:
    """Let a view that creates do so once for each form, whose second submission is led to where the first was.

    `again` is called with that path before. A submission that was refused may be sent again, and so may a form in which
    something was changed.
    """

    def decorate(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
        CREATING_VIEWS.add(view.__name__)

        @wraps(view)
        def submit(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
            if FIELD not in request.form:
                return view(*args, **kwargs)
            held = _claim_patiently()
            if isinstance(held, StoredResponse):
                return _lead_there(held.headers["Location"], again)
            return _create(held, lambda: make_response(view(*args, **kwargs)))

        return submit

    return decorate


def _create(owned: Claim, create: Callable[[], Response]) -> Response:
    try:
        with complete_on_commit(owned):
            response = create()
    except BaseException:
        release(owned)
        raise
    if response.status_code == 303:
        store_response(owned, StoredResponse(303, {"Location": response.headers["Location"]}, b""))
    else:
        release(owned)
    return response


def _lead_there(path: str, again: Callable[[str], None] | None) -> Response:
    if again is not None:
        again(path)
    return redirect_to(path)


def _claim_patiently() -> Claim | StoredResponse:
    """Wait for the first submission, where it is under way."""
    submitter, digest = _submitter(), _submission_digest()
    until = time.monotonic() + _PATIENCE_S
    while True:
        try:
            return claim(submitter, digest.hex(), digest)
        except Conflict as problem:
            if problem.retry_after_s is None or time.monotonic() > until:
                raise Conflict(_UNDER_WAY) from None
        time.sleep(_LOOK_INTERVAL_S)


def _submitter() -> str:
    """The session; of a browser that is not signed in, what its cookie holds."""
    if current_user.is_authenticated:
        return str(current_user.session.id)
    return f"frm_{hashlib.sha256(session['csrf_token'].encode()).hexdigest()[:32]}"


def _submission_digest() -> bytes:
    """Of the form with all that was entered: with other values, or another file, it is another submission."""
    fields = sorted(field for field in request.form.items(multi=True) if field[0] not in _UNSIGNED_FIELDS)
    files = sorted((name, _digest_of_file(sent)) for name, sent in request.files.items(multi=True))
    return hashlib.sha256(json.dumps([request.path, fields, files]).encode()).digest()


def _digest_of_file(sent: FileStorage) -> str:
    """The file is left to be read from its start."""
    digest = hashlib.sha256(sent.stream.read())
    sent.stream.seek(0)
    return digest.hexdigest()
