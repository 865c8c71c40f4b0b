"""An app of one's own is disabled, enabled again, or deleted; before it stops for others, the page says for how many."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from calmboard.access.oauth.app_changes import delete_app, disable_app, enable_app, read_deletable_app
from calmboard.access.oauth.made_apps import App, count_people
from portal.account.proof import proven
from portal.apps.own.rows import kept_app
from portal.shared.blueprint import UNCHANGED, bp, is_htmx
from portal.shared.session import current_access
from portal.shared.texts.words import plural


@bp.get("/integrations/apps/<client_id>/disable")
def disable_question(client_id: str) -> str:
    app = kept_app(current_access(), client_id)
    return _settled(app) if app.disabled_at is not None else _question(app, "disable")


@bp.post("/integrations/apps/<client_id>/disable")
def disable_own_app(client_id: str) -> Response:
    app = kept_app(current_access(), client_id)
    if disable_app(current_access(), client_id):
        return _to_page(app, f"{app.client.shown_name} is disabled. Its tokens stopped, and nobody can let it in.")
    return _to_page(app, f"{app.client.shown_name} was disabled already.", UNCHANGED)


@bp.post("/integrations/apps/<client_id>/enable")
def enable_own_app(client_id: str) -> Response:
    app = kept_app(current_access(), client_id)
    if enable_app(current_access(), client_id):
        return _to_page(app, f"{app.client.shown_name} may be let in again. Whoever used it before is asked once more.")
    return _to_page(app, f"{app.client.shown_name} was enabled already.", UNCHANGED)


@bp.get("/integrations/apps/<client_id>/delete")
def delete_question(client_id: str) -> str:
    kept_app(current_access(), client_id)
    return _question(read_deletable_app(current_access(), client_id), "delete")


@bp.post("/integrations/apps/<client_id>/delete")
@proven
def delete_own_app(client_id: str) -> ResponseReturnValue:
    app = kept_app(current_access(), client_id)
    delete_app(current_access(), client_id)
    flash(f"{app.client.shown_name} is deleted, with all that it was allowed.")
    return redirect(url_for("portal.app_list", _anchor="own-apps"), 303)


def _question(app: App, act: str) -> str:
    people = count_people([app.client.id]).get(app.client.id, 0)
    return render_template(
        "apps/own/_question.html" if is_htmx() else "apps/own/question.html",
        nav_section="integrations",
        in_dialog=is_htmx(),
        app=app,
        act=act,
        people=people,
        losing=plural(people, "person loses", "people lose"),
    )


def _settled(app: App) -> str:
    return render_template(
        "shared/_settled.html" if is_htmx() else "shared/settled.html",
        nav_section="integrations",
        in_dialog=is_htmx(),
        title=f"“{app.client.shown_name}” is disabled already",
        sentence="Nobody can let it in.",
        address=url_for("portal.app_page", app_id=app.client.id),
    )


def _to_page(app: App, sentence: str, category: str = "message") -> Response:
    flash(sentence, category)
    return redirect(url_for("portal.app_page", app_id=app.client.id), 303)
