"""The account's security: the password, and the second factor."""

import secrets
from collections.abc import Sequence
from io import BytesIO

import segno
from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from markupsafe import Markup
from werkzeug.wrappers import Response

from calmboard.access.credentials import passwords
from calmboard.access.credentials.passkeys.own import list_passkeys
from calmboard.access.credentials.second_factor import (
    begin_enrolment,
    confirm_enrolment,
    find_enrolment,
    read_second_factor,
    remove_second_factor,
    renew_recovery_codes,
)
from calmboard.errors import Conflict, ValidationFailed
from portal.account.proof import proven
from portal.keys.forms import errors_by_field
from portal.shared.blueprint import UNCHANGED, bp
from portal.shared.form_limits import ATTEMPT_LIMITS, limiter, person_or_network
from portal.shared.session import current_access, remember_device
from portal.shared.submissions.kept import Fields, refilled_by
from portal.shared.submissions.once import created_once
from portal.shared.submissions.showing import show_again_at, show_once_at, take_shown


@bp.get("/account/security")
def security() -> str:
    return _page()


def _refill_password(_fields: Fields) -> str:
    """Empty: passwords are kept for nobody."""
    return _page()


@bp.post("/account/password")
@limiter.limit(ATTEMPT_LIMITS, key_func=person_or_network)
@refilled_by(_refill_password, anchor="password-title")
@proven
def change_password() -> ResponseReturnValue:
    current, new = request.form.get("current_password", ""), request.form.get("new_password", "")
    try:
        passwords.change_password(current_access(), current, new, current_user.session.id)
    except ValidationFailed as problem:
        return _page(errors_by_field(problem)), 422
    flash("The new password is saved. Every other browser is signed out, every connected app disconnected.")
    return remember_device(redirect(url_for("portal.security"), 303), current_user.person)


@bp.post("/account/second-factor")
def begin_second_factor() -> Response:
    begin_enrolment(current_access())
    return redirect(url_for("portal.second_factor"), 303)


@bp.get("/account/second-factor")
def second_factor() -> ResponseReturnValue:
    """Where it is set up: the secret for the app, until a code of it is confirmed."""
    return _enrolment_page()


def _refill_enrolment(_fields: Fields) -> ResponseReturnValue:
    return _enrolment_page()


@bp.post("/account/second-factor/confirm")
@limiter.limit(ATTEMPT_LIMITS, key_func=person_or_network)
@refilled_by(_refill_enrolment)
@created_once(again=show_again_at)
def confirm_second_factor() -> ResponseReturnValue:
    mark, password, code = (request.form.get(name, "") for name in ("shown", "current_password", "code"))
    path = path_of_codes()
    try:
        confirm_enrolment(
            current_access(), mark, password, code, current_user.session.id, lambda codes: show_codes_at(path, codes)
        )
    except ValidationFailed as problem:
        return _enrolment_page(errors_by_field(problem))
    except Conflict as problem:
        flash(problem.detail, UNCHANGED)
        return redirect(url_for("portal.security", _anchor="second-factor"), 303)
    return redirect(path, 303)


@bp.post("/account/second-factor/recovery-codes")
@proven
@created_once(again=show_again_at)
def create_recovery_codes() -> Response:
    path = path_of_codes()
    renew_recovery_codes(current_access(), lambda codes: show_codes_at(path, codes))
    return redirect(path, 303)


@bp.get("/account/second-factor/recovery-codes/<page>")
def recovery_codes(**_page: str) -> ResponseReturnValue:
    """Shown once, to the session that made them; the page has another address each time."""
    codes = take_shown()
    if codes is None:
        flash("Recovery codes are shown once. If you did not keep them, make new ones.", UNCHANGED)
        return redirect(url_for("portal.security"), 303)
    return render_template("account/factor/recovery_codes.html", codes=codes)


@bp.get("/account/second-factor/remove")
def ask_before_removing() -> str:
    return render_template("account/factor/remove.html")


@bp.post("/account/second-factor/remove")
@proven
def remove_factor() -> Response:
    if remove_second_factor(current_access()):
        flash("The authenticator app is off.")
    else:
        flash("There was no authenticator app. Nothing was changed.", UNCHANGED)
    return redirect(url_for("portal.security"), 303)


def _page(errors: dict[str, str] | None = None) -> str:
    access = current_access()
    return render_template(
        "account/security.html",
        errors=errors or {},
        factor=read_second_factor(access),
        passkeys=list_passkeys(access),
    )


def _enrolment_page(errors: dict[str, str] | None = None) -> ResponseReturnValue:
    enrolment = find_enrolment(current_access())
    if enrolment is None:
        return redirect(url_for("portal.security", _anchor="second-factor"), 303)
    groups = [enrolment.secret[start : start + 4] for start in range(0, len(enrolment.secret), 4)]
    picture = _picture(enrolment.uri)
    page = render_template("account/factor/setup.html", groups=groups, picture=picture, shown=enrolment.mark, errors=errors or {})
    return page, 422 if errors else 200


def _picture(uri: str) -> Markup:
    """The square of dots, as SVG without anything inline that the policy of pages refuses."""
    drawn = BytesIO()
    segno.make(uri, error="m").save(drawn, kind="svg", xmldecl=False, svgns=False, svgclass="qr", lineclass=None, omitsize=True)
    return Markup(drawn.getvalue().decode())  # noqa: S704 -- made of numbers alone


def path_of_codes() -> str:
    return url_for("portal.recovery_codes", page=secrets.token_urlsafe(8))


def show_codes_at(path: str, codes: Sequence[str]) -> None:
    show_once_at(path, "\n".join(codes))
