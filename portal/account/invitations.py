"""The page behind a mailed invitation: join a project, with the account one has or a new one."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from calmboard.access.access import Person
from calmboard.access.permissions import with_article
from calmboard.errors import NotFound, ValidationFailed
from calmboard.work.invitations import Joined, OpenInvitation, accept_invitation, find_open_invitation, join_as_newcomer
from portal.keys.forms import errors_by_field
from portal.shared.blueprint import bp
from portal.shared.form_limits import ATTEMPT_LIMITS, limiter
from portal.shared.session import current_access, remember_device, start_session
from portal.shared.submissions.kept import Fields, refilled_by
from portal.shared.submissions.once import created_once


@bp.get("/invitations/<token>")
def invitation(token: str) -> str | tuple[str, int]:
    try:
        invited = find_open_invitation(token)
    except NotFound:
        return _dead_link()
    return _invitation_page(token, invited)


def _refill(_fields: Fields, token: str) -> ResponseReturnValue:
    return invitation(token)


@bp.post("/invitations/<token>")
@limiter.limit(ATTEMPT_LIMITS)
@refilled_by(_refill)
@created_once()
def join(token: str) -> ResponseReturnValue:
    """Join as who is signed in, or as a newcomer; the link shows that the e-mail address is theirs."""
    try:
        joined = accept_invitation(current_access(), token) if current_user.is_authenticated else _join_as_newcomer(token)
    except NotFound:
        return _dead_link()
    except ValidationFailed as problem:
        return _invitation_page(token, find_open_invitation(token), errors_by_field(problem)), 422
    flash(_sentence(joined))
    return remember_device(redirect(url_for("portal.integrations"), 303), current_user.person)


def _join_as_newcomer(token: str) -> Joined:
    person, joined = join_as_newcomer(token, request.form.get("name", ""), request.form.get("password", ""))
    start_session(person, remember=False)
    return joined


def _sentence(joined: Joined) -> str:
    role = with_article(joined.role)
    if joined.is_new:
        return f"You are in the project {joined.project_name} now, as {role}."
    return f"You were in the project {joined.project_name} already, and stay {role}."


def _invitation_page(token: str, invited: OpenInvitation, errors: dict[str, str] | None = None) -> str:
    return render_template(
        "account/invitations/invitation.html",
        token=token,
        invited=invited,
        role=with_article(invited.role),
        reader=_reader(invited),
        name=request.form.get("name", ""),
        errors=errors or {},
    )


def _reader(invited: OpenInvitation) -> str:
    """Who reads the page: `invited`, `somebody_else`, `signed_out` with an account, or a `newcomer`."""
    if not current_user.is_authenticated:
        return "signed_out" if invited.has_account else "newcomer"
    person: Person = current_user.person
    return "invited" if person.email.lower() == invited.email.lower() else "somebody_else"


def _dead_link() -> tuple[str, int]:
    return render_template("account/invitations/dead_link.html"), 404
