"""Connected apps: the confirmation before one is disconnected, and disconnecting it."""

from typing import Any

from flask import flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from calmboard.access.oauth.connected_apps import Grant, get_own_grant, revoke_own_grant
from portal.apps.rows import CURSOR_PARAM, connected_apps, next_apps
from portal.keys.rows import use_of
from portal.shared.blueprint import UNCHANGED, bp, is_htmx, page_with, redirect_to_part
from portal.shared.session import current_access
from portal.shared.texts.words import short_date


@bp.get("/integrations/apps/more")
def more_apps() -> str | Response:
    """The next connected apps, for htmx; without it, the page on which they come first."""
    if not is_htmx():
        query: dict[str, Any] = {CURSOR_PARAM: request.args.get(CURSOR_PARAM)}
        return redirect(url_for(page_with("connected-apps"), _anchor="connected-apps", **query), 303)
    return render_template("apps/_more.html", apps=next_apps(current_access()))


@bp.get("/integrations/apps/<grant_id>/disconnect")
def disconnect_page(grant_id: str) -> str:
    grant = get_own_grant(current_access(), grant_id)
    if grant.revoked_at is not None:
        return _disconnected_already_page(grant)
    return render_template(
        "apps/_disconnect.html" if is_htmx() else "apps/disconnect.html",
        nav_section="integrations",
        in_dialog=is_htmx(),
        grant=grant,
        among="page" if _is_from_page() else None,
        use=use_of(grant),
    )


@bp.post("/integrations/apps/<grant_id>/disconnect")
def disconnect(grant_id: str) -> Response:
    disconnection = revoke_own_grant(current_access(), grant_id)
    sentence = _sentence(disconnection.grant, is_done=disconnection.is_done)
    if not is_htmx():
        flash(sentence, "message" if disconnection.is_done else UNCHANGED)
        own_page = url_for("portal.app_page", app_id=grant_id)
        return redirect(own_page, 303) if _is_from_page() else redirect_to_part("connected-apps")
    apps = connected_apps(current_access())
    return make_response(render_template("apps/_changed.html", apps=apps, sentence=sentence))


def _is_from_page() -> bool:
    """Whether the request comes from the app's own page."""
    return request.args.get("among") == "page"


def _sentence(grant: Grant, *, is_done: bool) -> str:
    if is_done or grant.revoked_at is None:
        return f"{grant.shown_name} is disconnected. Its requests get invalid_token."
    return f"{grant.shown_name} was disconnected already, on {short_date(grant.revoked_at)}."


def _disconnected_already_page(grant: Grant) -> str:
    return render_template(
        "shared/_settled.html" if is_htmx() else "shared/settled.html",
        nav_section="integrations",
        in_dialog=is_htmx(),
        title=f"“{grant.shown_name}” is disconnected already",
        sentence=_sentence(grant, is_done=False),
        address=url_for("portal.integrations"),
    )
