"""The keys and apps that reach a project, for its owners and admins, who may cut each off; below, what changed there."""

from functools import partial
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from calmboard.access.audit_reading import list_project_entries
from calmboard.access.credentials.key_life import reaching
from calmboard.access.credentials.key_life.reaching import ReachingCredential
from calmboard.errors import NotFound
from calmboard.ids import is_id
from calmboard.pagination import Page, PageRequest
from calmboard.work.projects import read_project
from portal.audit.rows import CURSOR_PARAM, audit_part
from portal.keys.rows import rights_of
from portal.shared.blueprint import UNCHANGED, bp
from portal.shared.lists import ListPart, NextPage, next_page, page_or_first
from portal.shared.session import current_access

_AFTER = "after"


@bp.get("/integrations/projects/<project_id>/credentials")
def project_credentials(project_id: str) -> str:
    access = current_access()
    project = read_project(access, project_id)
    credentials = _credentials(project_id)

    def more(page: Page[Any]) -> NextPage | None:
        return _next(page, CURSOR_PARAM, project_id, "entries")

    entries = audit_part(access, partial(list_project_entries, access, project_id), more)
    return render_template(
        "audit/project.html",
        nav_section="integrations",
        project=project,
        credentials=credentials,
        rights_of=lambda credential: rights_of(frozenset(credential.scopes)),
        entries=entries,
    )


@bp.get("/integrations/projects/<project_id>/credentials/<credential_id>/cut-off")
def cut_off_question(project_id: str, credential_id: str) -> ResponseReturnValue:
    """What stops by it, and what goes on."""
    project = read_project(current_access(), project_id)
    try:
        credential = reaching.find_reaching(current_access(), project_id, credential_id)
    except NotFound:
        return redirect(url_for("portal.project_credentials", project_id=project_id), 303)
    if credential.is_cut_off:
        return redirect(url_for("portal.project_credentials", project_id=project_id), 303)
    return render_template("audit/cut_off.html", nav_section="integrations", project=project, credential=credential)


@bp.post("/integrations/projects/<project_id>/credentials/<credential_id>/cut-off")
def cut_off(project_id: str, credential_id: str) -> Response:
    is_done = reaching.cut_off(current_access(), project_id, credential_id)
    return _changed(project_id, "It is cut off. Its next request to this project is refused.", is_done=is_done)


@bp.post("/integrations/projects/<project_id>/credentials/<credential_id>/let-in")
def let_in_again(project_id: str, credential_id: str) -> Response:
    is_done = reaching.let_in_again(current_access(), project_id, credential_id)
    return _changed(project_id, "It reaches this project again, as far as its owner may.", is_done=is_done)


@bp.get("/integrations/projects/<project_id>/credentials/<credential_id>/let-in")
def reopen_reaching(project_id: str, **_credential: str) -> Response:
    return redirect(url_for("portal.project_credentials", project_id=project_id), 303)


def _changed(project_id: str, sentence: str, *, is_done: bool) -> Response:
    flash(sentence if is_done else "It was so already. Nothing was changed.", "message" if is_done else UNCHANGED)
    return redirect(url_for("portal.project_credentials", project_id=project_id), 303)


def _credentials(project_id: str) -> ListPart[ReachingCredential]:
    read = partial(reaching.list_reaching, current_access(), project_id)
    page, has_previous = page_or_first(read, _requested(request.args.get(_AFTER, "")))
    return ListPart(page.rows, _next(page, _AFTER, project_id, "credentials"), has_previous)


def _requested(row_id: str) -> PageRequest:
    """Behind a key or an app."""
    return PageRequest(after=(row_id,)) if is_id("key", row_id) or is_id("grn", row_id) else PageRequest()


def _next(page: Page[Any], name: str, project_id: str, anchor: str) -> NextPage | None:
    endpoint = "portal.project_credentials"
    return next_page(page, name, endpoint, endpoint, anchor, {"project_id": project_id})
