"""The second factor is asked for again before what matters most, where it was proven a while ago."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from flask import redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.wrappers import Response

from calmboard.access.credentials.passkeys.own import has_passkey
from calmboard.access.credentials.second_factor import needs_proof, prove_again
from calmboard.errors import ValidationFailed
from portal.keys.forms import errors_by_field
from portal.shared.blueprint import bp, redirect_to
from portal.shared.local_paths import local_path
from portal.shared.session import current_access
from portal.shared.submissions.kept import (
    ANCHORS,
    KEPT_FOR_PROOF,
    Fields,
    is_entry_kept,
    keep_submitted_form,
    refilled_by,
)

P = ParamSpec("P")


def proven(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """Let a view of a form pass within ten minutes of a proof; beyond, its form is kept until there is another."""

    @wraps(view)
    def submit(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        return require_proof() or view(*args, **kwargs)

    return submit


def require_proof() -> Response | None:
    """None within ten minutes of a proof; beyond, the way to another, for which the form of this request is kept."""
    if not needs_proof(current_access(), current_user.session.id):
        return None
    next_path = request.path
    if keep_submitted_form():
        session[KEPT_FOR_PROOF] = True
        next_path = url_for("portal.kept_form", _anchor=ANCHORS.get(request.endpoint or ""))
    return redirect_to(url_for("portal.prove", next=next_path))


@bp.get("/account/prove")
def prove() -> str:
    return proof_page()


def proof_page(errors: dict[str, str] | None = None) -> str:
    next_path = local_path(request.args)
    is_form_kept = KEPT_FOR_PROOF in session and (next_path or "").startswith(url_for("portal.kept_form"))
    return render_template(
        "account/factor/prove.html",
        next=next_path,
        is_form_kept=is_form_kept,
        is_entry_kept=is_form_kept and is_entry_kept(),
        has_passkey=has_passkey(current_user.person.id),
        errors=errors or {},
    )


def _refill_proof(_fields: Fields) -> str:
    return proof_page()


@bp.post("/account/prove")
@refilled_by(_refill_proof)
def submit_proof() -> ResponseReturnValue:
    try:
        prove_again(current_access(), request.form.get("code", ""), current_user.session.id)
    except ValidationFailed as problem:
        return proof_page(errors_by_field(problem)), 422
    return redirect(local_path(request.args) or url_for("portal.security"), 303)
