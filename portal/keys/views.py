"""Keys: the form for a new one, its secret shown once, pausing, resuming, revoking."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import flash, make_response, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from calmboard.access.credentials import keys
from calmboard.access.credentials.keys import REASONS, Key
from calmboard.access.plans import PLANS
from calmboard.access.providers import PROVIDERS, Provider, find_provider
from calmboard.access.scopes import GRANTABLE
from calmboard.clock import now
from calmboard.errors import ValidationFailed
from calmboard.work.project_choice import list_choices
from calmboard.work.projects import effective_access
from portal.agents.rows import connected_agents, is_from_agents
from portal.docs.recipes import recipes_for
from portal.keys.forms import LIFETIMES, KeyForm, key_errors_by_field, lifetime_end_dates, prefilled_form, read_form, rights_for
from portal.keys.preview import Preview, preview_of
from portal.keys.rows import key_rows, use_of
from portal.keys.section import CURSOR_PARAMS, KeysSection, KeysSummary, next_keys, next_revoked_keys
from portal.shared.blueprint import bp, is_htmx
from portal.shared.session import current_access
from web.origin import origin


@dataclass(frozen=True, slots=True)
class FirstRequest:
    """Two lines for a terminal, and what their answer shows."""

    lines: str
    hint: str


@bp.get("/integrations/keys/new")
def new_key() -> str | Response:
    if not PLANS[current_access().user.plan].includes_apis:
        return redirect(url_for("portal.integrations", _anchor="keys"), 303)
    return _form_page(prefilled_form(request.args))


@bp.post("/integrations/keys/new")
def fill_key() -> str:
    """The form again, with the rights of the chosen tool; to htmx only what changed."""
    form = read_form(request.form)
    form.rights = rights_for(form.integration)
    if not is_htmx():
        return _form_page(form)
    return render_template(
        "keys/_filled.html",
        form=form,
        grantable=GRANTABLE,
        tool=_preset_tool(form),
        preview=_preview(form),
    )


@bp.post("/integrations/keys/projects")
def more_projects() -> str:
    """The form with the next projects; to htmx those alone."""
    form = read_form(request.form)
    if not is_htmx():
        return _form_page(form)
    choices = list_choices(current_access(), request.form.get("projects_after"))
    rows = [row for row in choices.rows if row.id not in form.project_ids]
    return render_template("keys/_more_projects.html", form=form, choices=choices, rows=rows)


@bp.post("/integrations/keys")
def create_key() -> str | tuple[str, int]:
    form = read_form(request.form)
    try:
        key, secret = keys.create_key(current_access(), form.new_key())
    except ValidationFailed as problem:
        return _form_page(form, key_errors_by_field(problem, form)), 422
    return render_template(
        "keys/created.html",
        nav_section="integrations",
        key=key,
        secret=secret,
        recipes=recipes_for(key),
        first_request=_first_request(key, secret),
    )


@bp.get("/integrations/keys/preview")
def preview_key() -> str:
    return render_template("keys/_preview.html", preview=_preview(read_form(request.args)))


@bp.get("/integrations/keys/more")
def more_keys() -> str | Response:
    """The next keys in use, for htmx; without it, the page on which they come first."""
    return render_template("keys/_more.html", keys=next_keys(current_access())) if is_htmx() else _page_with_part()


@bp.get("/integrations/keys/more-revoked")
def more_revoked_keys() -> str | Response:
    return (
        render_template("keys/_more_revoked.html", keys=next_revoked_keys(current_access())) if is_htmx() else _page_with_part()
    )


@bp.get("/integrations/keys/<key_id>/first-use")
def first_use(key_id: str) -> str | Response:
    """The notice of the first request once the key was used; nothing until then."""
    key = keys.find_key(current_access(), key_id)
    return render_template("keys/_first_use.html", key=key) if key.last_used_at else make_response("", 204)


@bp.get("/integrations/keys/<key_id>/revoke")
def revoke_page(key_id: str) -> str:
    return _confirmation_page(keys.find_key(current_access(), key_id))


@bp.post("/integrations/keys/<key_id>/revoke")
def revoke_key(key_id: str) -> Response:
    reason = request.form.get("reason") or None
    if "sure" not in request.form:
        return _missing_confirmation(keys.find_key(current_access(), key_id), reason or "")
    key = keys.revoke_key(current_access(), key_id, reason)
    return _changed(key, f"{key.name} is revoked. Its requests get api_key_revoked.")


@bp.post("/integrations/keys/<key_id>/pause")
def pause_key(key_id: str) -> Response:
    key = keys.pause_key(current_access(), key_id)
    return _changed(key, f"{key.name} is paused. Its requests get api_key_paused.")


@bp.post("/integrations/keys/<key_id>/resume")
def resume_key(key_id: str) -> Response:
    key = keys.resume_key(current_access(), key_id)
    return _changed(key, f"{key.name} works again.")


def _page_with_part() -> Response:
    query: dict[str, Any] = {name: request.args.get(name) for name in CURSOR_PARAMS}
    return redirect(url_for("portal.integrations", _anchor="keys", **query), 303)


def _changed(key: Key, sentence: str) -> Response:
    """The key as it is now, in its place, and the change announced; without htmx the page with a note."""
    if not is_htmx():
        flash(sentence)
        return redirect(url_for("portal.integrations", _anchor=_source_list()), 303)
    return make_response(_changed_agent(sentence) if is_from_agents() else _changed_key(key, sentence))


def _changed_key(key: Key, sentence: str) -> str:
    access = current_access()
    [row] = key_rows(access, [key])
    summary, agents = KeysSummary.of(access), connected_agents(access)
    return render_template("keys/_changed.html", row=row, summary=summary, agents=agents, sentence=sentence)


def _changed_agent(sentence: str) -> str:
    access = current_access()
    agents = connected_agents(access)
    return render_template("keys/_changed_agent.html", section=KeysSection.of(access), agents=agents, sentence=sentence)


def _source_list() -> str:
    """The list that the request comes from."""
    return "connected-agents" if is_from_agents() else "keys"


def _form_page(form: KeyForm, errors: dict[str, str] | None = None) -> str:
    return render_template(
        "keys/new.html",
        nav_section="integrations",
        form=form,
        grantable=GRANTABLE,
        tool=_preset_tool(form),
        preview=_preview(form),
        tools=PROVIDERS.get(),
        choices=list_choices(current_access(), request.form.get("projects_after"), form.project_ids),
        lifetimes=LIFETIMES,
        ends=lifetime_end_dates(),
        tomorrow=(now() + timedelta(days=1)).date(),
        errors=errors or {},
    )


def _preset_tool(form: KeyForm) -> Provider | None:
    """The chosen tool, while the rights are those that it needs."""
    return find_provider(form.integration) if form.rights == rights_for(form.integration) else None


def _preview(form: KeyForm) -> Preview:
    return preview_of(effective_access(current_access(), form.scopes, form.chosen_projects), form.rights)


def _first_request(key: Key, secret: str) -> FirstRequest:
    """Two lines that work as they are copied, for what the key may read."""
    path, hint = ("/projects", "The answer lists your projects.")
    if "projects:read" not in key.scopes:
        path, hint = ("/me", "The answer names the key, its rights and its limits.")
    address = f"{origin()}/api/v1{path}"
    lines = f'export CALMBOARD_API_KEY={secret}\ncurl -H "Authorization: Bearer $CALMBOARD_API_KEY" {address}'
    return FirstRequest(lines, hint)


def _confirmation_page(key: Key, reason: str = "", error: str = "") -> str:
    return render_template(
        "keys/_revoke.html" if is_htmx() else "keys/revoke.html",
        nav_section="integrations",
        in_dialog=is_htmx(),
        among="agents" if is_from_agents() else None,
        swap_target="connected-agents" if is_from_agents() else key.id,
        cancel_anchor=_source_list(),
        key=key,
        use=_live_facts(key),
        reasons=REASONS,
        reason=reason,
        consequence=_consequence(key),
        may_pause=key.status(now()) == "active",
        error=error,
    )


def _missing_confirmation(key: Key, reason: str) -> Response:
    page = _confirmation_page(key, reason, "Tick the box to revoke the key. Nothing was changed.")
    response = make_response(page, 422)
    response.headers["HX-Retarget"] = "#dialog"
    response.headers["HX-Reswap"] = "innerHTML"
    return response


def _live_facts(key: Key) -> Markup:
    if key.last_used_at is None:
        return Markup("<strong>It was never used.</strong> Nothing depends on it yet.")
    if key.last_used_at < now() - timedelta(days=7):
        return Markup("<strong>It has been quiet.</strong> {}.").format(use_of(key))
    return Markup("<strong>It is in use.</strong> {}.").format(use_of(key))


def _consequence(key: Key) -> str:
    tool = find_provider(key.integration)
    if tool is None or tool.is_own:
        return "whatever uses this key will stop"
    return f"{tool.name} can no longer reach CalmBoard with it"
