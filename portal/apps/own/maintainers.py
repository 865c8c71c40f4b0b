"""Who keeps an app beside its maker: those who do so already, and members of a project that the maker chooses."""

from collections.abc import Collection
from dataclasses import dataclass

from flask import flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from calmboard.access.oauth.app_changes import MAX_MAINTAINERS, leave_app, set_maintainers
from calmboard.access.oauth.made_apps import App, possible_maintainers
from calmboard.errors import Forbidden, ValidationFailed
from calmboard.pagination import MAX_LIMIT, PageRequest
from calmboard.work.projects import list_projects
from portal.account.proof import proven
from portal.apps.own.rows import kept_app
from portal.keys.forms import errors_by_field
from portal.shared.blueprint import bp
from portal.shared.session import current_access
from portal.shared.submissions.kept import Fields, refilled_by
from portal.shared.texts.words import plural


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who may keep the app; `hint` tells those of one name apart."""

    user_id: str
    name: str
    hint: str


@bp.get("/integrations/apps/<client_id>/maintainers")
def maintainers_page(client_id: str) -> ResponseReturnValue:
    app = _own_app(client_id)
    return _page(app, request.args.get("project", ""), {user_id for user_id, _ in app.maintainers})


def _refill(fields: Fields, client_id: str) -> ResponseReturnValue:
    return _page(_own_app(client_id), fields.get("project", ""), set(fields.getlist("maintainers")))


@bp.post("/integrations/apps/<client_id>/maintainers")
@refilled_by(_refill)
@proven
def choose_maintainers(client_id: str) -> ResponseReturnValue:
    app, project_id = _own_app(client_id), request.form.get("project", "")
    chosen = set(request.form.getlist("maintainers"))
    try:
        changed = set_maintainers(current_access(), client_id, project_id, chosen)
    except ValidationFailed as problem:
        return _page(app, project_id, chosen, errors_by_field(problem))
    number = len(changed.maintainers)
    flash(f"{plural(number, 'colleague')} may change this app now." if number else "You alone keep this app now.")
    return redirect(url_for("portal.app_page", app_id=client_id), 303)


@bp.post("/integrations/apps/<client_id>/leave")
def leave_own_app(client_id: str) -> ResponseReturnValue:
    """Of whoever helps to keep it: what others asked of them, they end themselves."""
    app = kept_app(current_access(), client_id)
    leave_app(current_access(), client_id)
    flash(f"You do not keep {app.client.shown_name} any more.")
    return redirect(url_for("portal.app_list", _anchor="own-apps"), 303)


def _own_app(client_id: str) -> App:
    app = kept_app(current_access(), client_id)
    if app.maker_id != current_access().user.id:
        raise Forbidden("Only who made an app chooses who keeps it.")
    return app


def _page(app: App, project_id: str, chosen: Collection[str], errors: dict[str, str] | None = None) -> Response:
    access = current_access()
    projects = list_projects(access, PageRequest(limit=MAX_LIMIT)).rows
    if project_id not in {project.id for project in projects}:
        project_id = projects[0].id if projects else ""
    kept = [Candidate(user_id, name, "keeps it now") for user_id, name in app.maintainers]
    known = {candidate.user_id for candidate in kept}
    people = possible_maintainers(access, project_id) if project_id else []
    page = render_template(
        "apps/own/maintainers.html",
        nav_section="integrations",
        app=app,
        projects=projects,
        project_id=project_id,
        kept=kept,
        others=[Candidate(each.id, each.name, each.email) for each in people if each.id not in known],
        chosen=chosen,
        most=MAX_MAINTAINERS,
        errors=errors or {},
    )
    return make_response(page, 422 if errors else 200)
