"""Another e-mail address: asked for on the account's page, agreed to or stopped on the page behind either link."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.wrappers import Response

from calmboard.errors import Conflict, NotFound, ValidationFailed
from calmboard.operations import jobs
from calmboard.work.account.email_change import (
    agree_to_email_change,
    begin_email_change,
    cancel_email_change,
    find_email_change,
    stop_email_change,
)
from portal.account.profile import account_page
from portal.account.proof import proven
from portal.keys.forms import errors_by_field
from portal.shared.blueprint import UNCHANGED, bp
from portal.shared.form_limits import ATTEMPT_LIMITS, limiter, person_or_network
from portal.shared.session import current_access
from portal.shared.submissions.kept import Fields, refilled_by
from portal.shared.submissions.once import created_once


def _refill(fields: Fields) -> str:
    return account_page(email=fields.get("email", ""))


@bp.post("/account/email")
@limiter.limit(ATTEMPT_LIMITS, key_func=person_or_network)
@refilled_by(_refill, anchor="address")
@proven
@created_once()
def change_email() -> ResponseReturnValue:
    email = request.form.get("email", "")
    try:
        begin_email_change(current_access(), email, request.form.get("current_password", ""))
    except ValidationFailed as problem:
        return account_page(errors_by_field(problem), email=email), 422
    jobs.wake_mailers()
    flash("Two links are on their way: one to this address, one to the new one. Open both within a day.")
    return redirect(url_for("portal.account", _anchor="address"), 303)


@bp.post("/account/email/cancel")
def cancel_change() -> Response:
    if cancel_email_change(current_access()):
        flash("Your address stays as it is. Both links do not work any more.")
    else:
        flash("No other address was waiting. Nothing was changed.", UNCHANGED)
    return redirect(url_for("portal.account", _anchor="address"), 303)


@bp.get("/change-address/<token>")
def email_change(token: str) -> ResponseReturnValue:
    """Changes nothing: programs that look for viruses open every link of a message."""
    try:
        linked = find_email_change(token)
    except NotFound:
        return _dead_link()
    return render_template("account/email_change/link.html", token=token, linked=linked)


@bp.post("/change-address/<token>")
@limiter.limit(ATTEMPT_LIMITS)
def agree_to_change(token: str) -> ResponseReturnValue:
    try:
        is_changed = agree_to_email_change(token)
    except NotFound:
        return _dead_link()
    except Conflict as problem:
        flash(problem.detail, UNCHANGED)
        return _lead_on()
    if not is_changed:
        return redirect(url_for("portal.email_change", token=token), 303)
    jobs.wake_mailers()
    flash("The address of your account is changed. You sign in with the new one from now on.")
    return _lead_on()


@bp.post("/change-address/<token>/stop")
@limiter.limit(ATTEMPT_LIMITS)
def stop_change(token: str) -> ResponseReturnValue:
    try:
        stop_email_change(token)
    except NotFound:
        return _dead_link()
    flash("The change is stopped. The account keeps the address that it has.")
    return _lead_on()


def _lead_on() -> Response:
    return redirect(url_for("portal.account" if current_user.is_authenticated else "portal.sign_in"), 303)


def _dead_link() -> tuple[str, int]:
    return render_template("account/email_change/dead_link.html"), 404
