"""The key for ten minutes with which the API reference tries requests: made by one click, ended by another."""

from flask import Response, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from calmboard.access.credentials.key_life.trial_keys import LIFE, create_trial_key, end_trial_keys
from calmboard.access.credentials.second_factor import needs_proof
from calmboard.errors import NotFound, Problem, ValidationFailed
from portal.shared.blueprint import bp, redirect_to_part
from portal.shared.catalogues import API_CATALOGUE
from portal.shared.session import current_access

_PROOF_FIRST = "You proved your second factor more than ten minutes ago. Create a key on its form, which asks for it."
# What a request needs that needs no scope: a key without rights is none.
_LEAST = "projects:read"


def trial_scope(endpoint_scope: str | None) -> str:
    """The one right of a key that tries an endpoint."""
    return endpoint_scope or _LEAST


@bp.post("/integrations/keys/try")
def make_trial_key() -> ResponseReturnValue:
    """Requested by static/js/try-it.js; the key is in this one response and in no page.

    Without the script nothing could use it: then the form for a key opens, with the same right.
    """
    scope = _scope_of(request.form.get("endpoint", ""))
    if not _is_from_script():
        return redirect(url_for("portal.new_key", scopes=scope, name="API reference", expires=7), 303)
    if needs_proof(current_access(), current_user.session.id):
        return _uncached(jsonify(detail=_PROOF_FIRST)), 403
    try:
        key, secret = create_trial_key(current_access(), [scope])
    except Problem as problem:
        return _uncached(jsonify(detail=_detail(problem))), problem.status
    return _uncached(jsonify(key=secret, scopes=sorted(key.scopes), expires_in=int(LIFE.total_seconds())))


@bp.post("/integrations/keys/try/end")
def end_trial_key() -> ResponseReturnValue:
    end_trial_keys(current_access())
    return _uncached(Response(status=204)) if _is_from_script() else redirect_to_part("keys")


def _scope_of(name: str) -> str:
    """By the endpoint's name in the catalogue. Raises NotFound."""
    found = next((one for noun in API_CATALOGUE.get() for one in noun["endpoints"] if one["name"] == name), None)
    if found is None:
        raise NotFound("The reference has no such endpoint.")
    return trial_scope(found["scope"])


def _is_from_script() -> bool:
    return request.headers.get("Accept") == "application/json"


def _detail(problem: Problem) -> str:
    errors = problem.errors if isinstance(problem, ValidationFailed) else ()
    return errors[0].detail if errors else problem.detail


def _uncached(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response
