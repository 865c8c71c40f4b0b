"""Deleting one's account: what ends and what stays, the week in which it can be kept, and the way back."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.wrappers import Response

from calmboard.access.access import Access
from calmboard.errors import Conflict, Forbidden, NotFound, ValidationFailed
from calmboard.work.account.deletion import begin_deletion, foresee_deletion, keep_account, list_heirs
from calmboard.work.members import change_member
from portal.account.proof import proven
from portal.keys.forms import errors_by_field
from portal.shared.blueprint import UNCHANGED, bp
from portal.shared.form_limits import ATTEMPT_LIMITS, limiter, person_or_network
from portal.shared.session import current_access, leaving_session
from portal.shared.submissions.kept import Fields, refilled_by


@bp.get("/account/delete")
def deletion() -> str:
    return _page()


def _refill(fields: Fields) -> str:
    return _page(email=fields.get("email", ""))


@bp.post("/account/delete")
@limiter.limit(ATTEMPT_LIMITS, key_func=person_or_network)
@refilled_by(_refill, anchor="confirm")
@proven
def delete_account() -> ResponseReturnValue:
    email, password = request.form.get("email", ""), request.form.get("current_password", "")
    try:
        begin_deletion(current_access(), email, password, current_user.session.id)
    except ValidationFailed as problem:
        return _page(errors_by_field(problem), email), 422
    except Conflict as problem:
        flash(problem.detail, UNCHANGED)
        return redirect(url_for("portal.deletion"), 303)
    return redirect(url_for("portal.leaving"), 303)


@bp.post("/account/delete/owner")
def hand_over() -> Response:
    """Make somebody an owner of a project that would be left without one."""
    project_id, heir_id = request.form.get("project_id", ""), request.form.get("user_id", "")
    try:
        member = change_member(current_access(), project_id, heir_id, {"role": "owner"})
    except (NotFound, Forbidden):
        flash("They are no member of that project any more, or you are not its owner. Nothing was changed.", UNCHANGED)
    else:
        flash(f"{member.name} is an owner of that project now.")
    return redirect(url_for("portal.deletion"), 303)


@bp.get("/account/leaving")
def leaving() -> ResponseReturnValue:
    """All that an account has left in its last week."""
    session = leaving_session()
    if session is None:
        return redirect(url_for("portal.account" if current_user.is_authenticated else "portal.sign_in"), 303)
    return render_template("account/deletion/leaving.html", leaver=session.person, deletes_at=session.deletes_at)


@bp.post("/account/keep")
def keep_own_account() -> Response:
    session = leaving_session()
    if session is not None and keep_account(Access.from_session(session.person)):
        flash("Your account is kept. Your keys work again; apps that were connected have to ask you again.")
    return redirect(url_for("portal.account"), 303)


def _page(errors: dict[str, str] | None = None, email: str = "") -> str:
    access = current_access()
    ahead = foresee_deletion(access)
    heirs = list_heirs(access, [project.id for project in ahead.orphaned])
    return render_template("account/deletion/question.html", ahead=ahead, heirs=heirs, errors=errors or {}, email=email)
