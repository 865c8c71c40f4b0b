"""Connected apps: the confirmation before one is disconnected, and disconnecting it."""

from typing import Any

from flask import flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from calmboard.access.oauth.connected_apps import get_own_grant, revoke_own_grant
from portal.agents.rows import connected_agents, is_from_agents
from portal.apps.rows import CURSOR_PARAM, connected_apps, next_apps
from portal.keys.rows import use_of
from portal.shared.blueprint import bp, is_htmx
from portal.shared.session import current_access


@bp.get("/integrations/apps/more")
def more_apps() -> str | Response:
    """The next connected apps, for htmx; without it, the page on which they come first."""
    if not is_htmx():
        query: dict[str, Any] = {CURSOR_PARAM: request.args.get(CURSOR_PARAM)}
        return redirect(url_for("portal.integrations", _anchor="connected-apps", **query), 303)
    return render_template("apps/_more.html", apps=next_apps(current_access()))


@bp.get("/integrations/apps/<grant_id>/disconnect")
def disconnect_page(grant_id: str) -> str:
    grant = get_own_grant(current_access(), grant_id)
    return render_template(
        "apps/_disconnect.html" if is_htmx() else "apps/disconnect.html",
        nav_section="integrations",
        in_dialog=is_htmx(),
        among=_among(),
        grant=grant,
        use=use_of(grant),
    )


@bp.post("/integrations/apps/<grant_id>/disconnect")
def disconnect(grant_id: str) -> Response:
    grant = revoke_own_grant(current_access(), grant_id)
    sentence = f"{grant.shown_name} is disconnected. Its requests get invalid_token."
    if not is_htmx():
        flash(sentence)
        return redirect(url_for("portal.integrations", _anchor=f"connected-{_among()}"), 303)
    return make_response(_changed_lists(sentence))


def _among() -> str:
    """The list that the reader used: that of all apps, or that of the agents."""
    return "agents" if is_from_agents() else "apps"


def _changed_lists(sentence: str) -> str:
    """Both lists as they are now; the focus goes to the one that the reader used."""
    access = current_access()
    apps, agents = connected_apps(access), connected_agents(access)
    return render_template("apps/_changed.html", among=_among(), apps=apps, agents=agents, sentence=sentence)
