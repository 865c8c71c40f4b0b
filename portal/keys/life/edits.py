"""Changing a key as it stands: name and note, and what narrows it. More networks or calls ask for the second factor."""

from flask import flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from calmboard.access.credentials.key_life import changes
from calmboard.access.credentials.key_life.changes import list_seen_networks, list_shut_out
from calmboard.access.credentials.key_life.networks import are_within, is_within, read_networks
from calmboard.access.credentials.keys import Key, find_key
from calmboard.access.plans import rate_limit_of
from calmboard.access.scopes import GRANTABLE
from calmboard.clock import now
from calmboard.errors import Conflict, ValidationFailed
from calmboard.settings import current_settings
from portal.account.proof import require_proof
from portal.keys.forms import rights_of, rights_on
from portal.keys.life.edit_form import EditForm, edit_errors, edit_of, form_of, project_choices, read_edit
from portal.shared.blueprint import UNCHANGED, bp, is_htmx
from portal.shared.session import current_access
from portal.shared.submissions.kept import Fields, refilled_by
from portal.shared.texts.words import listed, plural
from web.project_choice import ProjectChooser, is_search

_MOST_NAMED = 5


@bp.get("/integrations/keys/<key_id>/edit")
def edit_page(key_id: str) -> ResponseReturnValue:
    key = find_key(current_access(), key_id)
    return _page(key, form_of(key))


def _refill(fields: Fields, key_id: str) -> ResponseReturnValue:
    key = find_key(current_access(), key_id)
    return _page(key, read_edit(fields, key))


@bp.post("/integrations/keys/<key_id>/edit/projects")
@refilled_by(_refill)
def more_edit_projects(key_id: str) -> ResponseReturnValue:
    """The form with the projects that are searched, or the next ones; to htmx those alone."""
    key = find_key(current_access(), key_id)
    form = read_edit(request.form, key)
    if not is_htmx():
        return _page(key, form)
    template = "_found" if form.search.after is None else "_more"
    return render_template(f"shared/projects/{template}.html", is_part=True, **_project_choice(key, form))


@bp.post("/integrations/keys/<key_id>/edit")
@refilled_by(_refill)
def edit_key(key_id: str) -> ResponseReturnValue:
    access = current_access()
    key = find_key(access, key_id)
    form = read_edit(request.form, key)
    if "seen" in request.form:
        form.networks = "\n".join(seen.ip for seen in list_seen_networks(access, key_id))
        return _page(key, form, focused="networks")
    if is_search(request.form):
        return _page(key, form)
    form.errors = _errors(key, form)
    if form.errors:
        return _page(key, form)
    if _widens(key, form) and (question := require_proof()):
        return question
    return _save(key, form)


def _errors(key: Key, form: EditForm) -> dict[str, str]:
    """All that is in the way, by field; who would be shut out is asked about with the rest."""
    errors: dict[str, str] = {}
    try:
        changes.check_edit(current_access(), key, edit_of(key, form))
    except ValidationFailed as problem:
        errors = edit_errors(problem, form)
    if not form.is_sure and (warning := _shut_out(key, form)):
        errors["sure"] = warning
    return errors


def _save(key: Key, form: EditForm) -> Response:
    try:
        done = changes.edit_key(current_access(), key.id, edit_of(key, form))
    except ValidationFailed as problem:
        form.errors = edit_errors(problem, form)
        return _page(key, form)
    except Conflict as problem:
        flash(problem.detail, UNCHANGED)
        return _to_key(key)
    if done.is_done:
        flash("The changes are saved. They hold from the next request on.")
    else:
        flash("Nothing was changed: this is what the key has already.", UNCHANGED)
    return _to_key(key)


def _to_key(key: Key) -> Response:
    return redirect(url_for("portal.key_page", key_id=key.id), 303)


def _page(key: Key, form: EditForm, focused: str = "") -> Response:
    if key.status(now()) in ("revoked", "expired"):
        flash(f"“{key.name}” does not work any more, so nothing of it can be changed.", UNCHANGED)
        return _to_key(key)
    access, had = current_access(), rights_of(key.scopes)
    rate = rate_limit_of(access.user.plan, current_settings())
    page = render_template(
        "keys/life/edit.html",
        nav_section="integrations",
        key=key,
        form=form,
        errors=form.errors,
        focused=focused,
        rights={noun: rights_on(noun)[: rights_on(noun).index(right) + 1] for noun, right in had.items() if right != "none"},
        grantable=GRANTABLE,
        **_project_choice(key, form),
        seen=list_seen_networks(access, key.id),
        plan_limit=rate.amount if rate else None,
    )
    return make_response(page, 422 if form.errors else 200)


def _project_choice(key: Key, form: EditForm) -> dict[str, object]:
    """What the template of the choice among projects is given."""
    address = url_for("portal.more_edit_projects", key_id=key.id)
    return {"chooser": ProjectChooser("project_ids", address, anchor="project_ids"), "choices": project_choices(key, form)}


def _shut_out(key: Key, form: EditForm) -> str:
    """Which addresses could use the key no more, the reader's own among them; empty where none, or where none can be read."""
    lines = form.network_lines
    try:
        allowed = read_networks(lines)
        shut = [seen.ip for seen in list_shut_out(current_access(), key.id, lines)]
    except ValidationFailed:
        return ""
    if allowed is None or allowed == list(key.networks or ()):
        return ""
    own = request.remote_addr
    names = [f"{ip}, which used it" for ip in shut[:_MOST_NAMED]]
    if len(shut) > _MOST_NAMED:
        names.append(f"{plural(len(shut) - _MOST_NAMED, 'other')} that used it")
    if own and own not in shut and not is_within(own, allowed):
        names.append(f"{own}, where you are now")
    return f"These networks shut out {listed(names)}. Tick the box if that is what you want." if names else ""


def _widens(key: Key, form: EditForm) -> bool:
    """Whether it could be used from more networks, or more often, than it can be now."""
    limit = form.window
    if key.window_limit is not None and (limit is None or limit > key.window_limit):
        return True
    return not are_within(read_networks(form.network_lines), key.networks)
