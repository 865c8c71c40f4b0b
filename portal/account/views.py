"""The account: where a person is signed in, and their password."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from calmboard.access.credentials import passwords
from calmboard.access.credentials.sessions import Session, end_all_sessions, list_other_sessions
from calmboard.access.plans import PLANS
from calmboard.errors import ValidationFailed
from calmboard.work.discussion.file_limits import read_own_usage
from portal.keys.forms import errors_by_field
from portal.shared.blueprint import bp, is_htmx
from portal.shared.form_limits import ATTEMPT_LIMITS, limiter, person_or_network
from portal.shared.lists import ListPart, next_page, requested_page
from portal.shared.session import current_access, leave_session, remember_device

_OTHERS = "sessions_after"


@bp.get("/account")
def account() -> str:
    return _account_page()


@bp.get("/account/sessions/more")
def more_sessions() -> str | Response:
    """The next of the other sessions, for htmx; without it, the page on which they come first."""
    if is_htmx():
        return render_template("account/_more_sessions.html", others=_other_sessions())
    query: dict[str, Any] = {_OTHERS: request.args.get(_OTHERS)}
    return redirect(url_for("portal.account", _anchor="sessions-title", **query), 303)


@bp.post("/account/password")
@limiter.limit(ATTEMPT_LIMITS, key_func=person_or_network)
def change_password() -> Response | tuple[str, int]:
    current, new = request.form.get("current_password", ""), request.form.get("new_password", "")
    try:
        passwords.change_password(current_access(), current, new, current_user.session.id)
    except ValidationFailed as problem:
        return _account_page(errors_by_field(problem)), 422
    flash("The new password is saved. Every other browser is signed out, every connected app disconnected.")
    return remember_device(redirect(url_for("portal.account"), 303), current_user.person)


@bp.post("/account/sign-out-everywhere")
def sign_out_everywhere() -> Response:
    end_all_sessions(current_access(), current_user.person.id)
    leave_session()
    flash("You are signed out everywhere, and every connected app is disconnected.")
    return redirect(url_for("portal.sign_in"), 303)


def _account_page(errors: dict[str, str] | None = None) -> str:
    return render_template(
        "account/account.html",
        plan=PLANS[current_user.person.plan],
        errors=errors or {},
        this_session=current_user.session,
        others=_other_sessions(),
        file_usage=read_own_usage(current_access()),
    )


def _other_sessions() -> ListPart[Session]:
    """The other browsers and programs that are signed in: the requested part, or else the first."""
    page_request = requested_page(_OTHERS, "ses")
    page = list_other_sessions(current_user.session, page_request)
    more = next_page(page, _OTHERS, "portal.account", "portal.more_sessions", anchor="sessions-title")
    return ListPart(page.rows, more, page_request.after is not None)
