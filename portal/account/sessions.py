"""Where a person is signed in: each browser and program, and signing out of all."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from calmboard.access.credentials.sessions import Session, end_all_sessions, end_own_session, list_other_sessions
from calmboard.access.oauth.connected_apps import list_grants
from calmboard.ids import is_id
from calmboard.pagination import PageRequest
from portal.keys.section import KeysSummary
from portal.shared.blueprint import UNCHANGED, bp, is_htmx
from portal.shared.lists import ListPart, next_page, requested_page
from portal.shared.session import current_access, leave_session
from portal.shared.texts.words import listed

_OTHERS = "sessions_after"
_MOST_NAMED = 5


@bp.get("/account/sessions")
def sessions() -> str:
    return render_template("account/sessions.html", this_session=current_user.session, others=_other_sessions())


@bp.get("/account/sessions/more")
def more_sessions() -> str | Response:
    """The next of the other sessions, for htmx; without it, the page on which they come first."""
    if is_htmx():
        return render_template("account/_more_sessions.html", others=_other_sessions())
    query: dict[str, Any] = {_OTHERS: request.args.get(_OTHERS)}
    return redirect(url_for("portal.sessions", _anchor="sessions-title", **query), 303)


@bp.post("/account/sessions/<session_id>/end")
def end_session(session_id: str) -> Response:
    """Sign another browser, or a program, out."""
    if session_id == current_user.session.id:
        flash("This is the browser that you use. Sign out by the menu above.", UNCHANGED)
    elif is_id("ses", session_id) and end_own_session(current_access(), session_id):
        flash("That browser is signed out. Keys and connected apps go on.")
    else:
        flash("That session had ended already. Nothing was changed.", UNCHANGED)
    return redirect(url_for("portal.sessions"), 303)


@bp.get("/account/sign-out-everywhere")
def sign_out_question() -> str:
    """What ends by it, and what goes on."""
    access = current_access()
    page = list_grants(access, PageRequest(limit=_MOST_NAMED))
    names = [grant.shown_name for grant in page.rows]
    return render_template(
        "account/_sign_out_everywhere.html" if is_htmx() else "account/sign_out_everywhere.html",
        in_dialog=is_htmx(),
        apps=listed([*names, "others"] if page.after else names),
        keys_go_on=KeysSummary.of(access).after_signing_out,
    )


@bp.post("/account/sign-out-everywhere")
def sign_out_everywhere() -> Response:
    end_all_sessions(current_access(), current_user.person.id)
    leave_session()
    flash("You are signed out everywhere, and every connected app is disconnected. Your keys go on.")
    return redirect(url_for("portal.sign_in"), 303)


def _other_sessions() -> ListPart[Session]:
    """The other browsers and programs that are signed in: the requested part, or else the first."""
    page_request = requested_page(_OTHERS, "ses")
    page = list_other_sessions(current_user.session, page_request)
    more = next_page(page, _OTHERS, "portal.sessions", "portal.more_sessions", anchor="sessions-title")
    return ListPart(page.rows, more, page_request.after is not None)
