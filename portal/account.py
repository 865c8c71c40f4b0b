"""The account: where a person is signed in, and their password."""

from flask import flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from calmboard.access import passwords
from calmboard.access.plans import PLANS
from calmboard.access.sessions import end_all_sessions, list_sessions
from calmboard.errors import ValidationFailed
from portal.door import bp
from portal.forms import faults_of
from portal.limiter import TRIES, limiter
from portal.session import current_access, leave_session


@bp.get("/account")
def account() -> str:
    return _account_page()


@bp.post("/account/password")
@limiter.limit(TRIES)
def change_password() -> Response | tuple[str, int]:
    current, new = request.form.get("current_password", ""), request.form.get("new_password", "")
    try:
        passwords.change_password(current_access(), current, new, current_user.session_id)
    except ValidationFailed as problem:
        return _account_page(faults_of(problem)), 422
    flash("The new password is saved. Every other browser is signed out, every connected app disconnected.")
    return redirect(url_for("portal.account"), 303)


@bp.post("/account/sign-out-everywhere")
def sign_out_everywhere() -> Response:
    end_all_sessions(current_user.person.id)
    leave_session()
    flash("You are signed out everywhere, and every connected app is disconnected.")
    return redirect(url_for("portal.sign_in"), 303)


def _account_page(faults: dict[str, str] | None = None) -> str:
    return render_template(
        "account.html",
        plan=PLANS[current_user.person.plan],
        sessions=list_sessions(current_user.person.id),
        this_session_id=current_user.session_id,
        faults=faults or {},
    )
