"""Adding a passkey to one's account, and removing it."""

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from calmboard.access.credentials.passkeys import own
from calmboard.errors import ValidationFailed
from portal.account.passkeys.ceremonies import ceremony
from portal.account.proof import proven
from portal.account.security import path_of_codes, show_codes_at
from portal.keys.forms import errors_by_field
from portal.shared.blueprint import UNCHANGED, bp
from portal.shared.form_limits import ATTEMPT_LIMITS, limiter, person_or_network
from portal.shared.session import current_access
from portal.shared.submissions.kept import Fields, refilled_by
from portal.shared.submissions.once import created_once
from portal.shared.submissions.showing import show_again_at


@bp.get("/account/passkeys")
def new_passkey() -> str:
    return _page()


def _refill(fields: Fields) -> str:
    return _page(name=fields.get("name", ""))


@bp.post("/account/passkeys/options")
@limiter.limit(ATTEMPT_LIMITS, key_func=person_or_network)
@proven
def passkey_options() -> ResponseReturnValue:
    """For static/js/passkeys.js, before the form is sent; where it is refused, the form says why."""
    name, password = request.form.get("name", ""), request.form.get("current_password", "")
    try:
        options = own.registration_options(current_access(), name, password, ceremony("add"))
    except ValidationFailed:
        return Response(status=422)
    return Response(options, content_type="application/json", headers={"Cache-Control": "no-store"})


@bp.post("/account/passkeys")
@limiter.limit(ATTEMPT_LIMITS, key_func=person_or_network)
@refilled_by(_refill)
@proven
@created_once(again=show_again_at)
def add_passkey() -> ResponseReturnValue:
    name, password, answer = (request.form.get(field, "") for field in ("name", "current_password", "passkey"))
    path, session_id = path_of_codes(), current_user.session.id
    try:
        is_first = own.add_passkey(
            current_access(), name, password, answer, ceremony("add"), session_id, lambda codes: show_codes_at(path, codes)
        )
    except ValidationFailed as problem:
        return _page(errors_by_field(problem), name), 422
    flash("The passkey is added. You can sign in with it from now on.")
    return redirect(path if is_first else url_for("portal.security", _anchor="passkeys"), 303)


@bp.get("/account/passkeys/<passkey_id>/remove")
def ask_before_removing_passkey(passkey_id: str) -> ResponseReturnValue:
    passkeys = own.list_passkeys(current_access())
    passkey = next((each for each in passkeys if each.id == passkey_id), None)
    if passkey is None:
        return _gone()
    return render_template("account/passkeys/remove.html", passkey=passkey)


@bp.post("/account/passkeys/<passkey_id>/remove")
@proven
def remove_passkey(passkey_id: str) -> AnyResponse:
    if not own.remove_passkey(current_access(), passkey_id):
        return _gone()
    flash("The passkey is removed. It signs nobody in any more; your device may list it until you delete it there.")
    return redirect(url_for("portal.security", _anchor="passkeys"), 303)


def _gone() -> AnyResponse:
    flash("That passkey was removed before. Nothing was changed.", UNCHANGED)
    return redirect(url_for("portal.security", _anchor="passkeys"), 303)


def _page(errors: dict[str, str] | None = None, name: str = "") -> str:
    return render_template("account/passkeys/new.html", errors=errors or {}, name=name)
