"""Keys: the form for a new one, its secret shown once, pausing, resuming, revoking."""

from datetime import timedelta
from typing import Any

from flask import flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from werkzeug.wrappers import Response

from calmboard.access.credentials import keys
from calmboard.access.credentials.keys import REASONS, Key, KeyChange
from calmboard.access.plans import PLANS
from calmboard.access.providers import PROVIDERS, Provider, find_provider
from calmboard.access.scopes import GRANTABLE
from calmboard.clock import now
from calmboard.errors import ValidationFailed
from calmboard.work.project_choice import list_choices
from calmboard.work.projects import effective_access
from portal.account.proof import proven
from portal.agents.rows import connected_agents, is_from_agents
from portal.keys.created import show_key_once
from portal.keys.forms import LIFETIMES, KeyForm, key_errors_by_field, lifetime_end_dates, read_form, rights_for
from portal.keys.prefilled import prefilled_form
from portal.keys.preview import Preview, preview_of
from portal.keys.replacing import replacing_form
from portal.keys.rows import QUIET, key_rows, use_of
from portal.keys.section import KeysSection, KeysSummary
from portal.keys.sentences import paused_sentence, resumed_sentence, revoked_sentence, unchangeable_sentence
from portal.shared.blueprint import UNCHANGED, bp, is_htmx, redirect_to_part
from portal.shared.session import current_access
from portal.shared.submissions.kept import Fields, refilled_by
from portal.shared.submissions.once import created_once
from portal.shared.submissions.showing import show_again_at
from portal.shared.texts.zone import today
from web.project_choice import ProjectChooser, is_search

_INTO_DIALOG = {"HX-Retarget": "#dialog", "HX-Reswap": "innerHTML"}


@bp.get("/integrations/keys/new")
def new_key() -> str | Response:
    if not _may_create():
        return _without_plan()
    if replaced_id := request.args.get("replaces"):
        return _form_page(*replacing_form(current_access(), replaced_id))
    return _form_page(*prefilled_form(request.args))


def _refill_form(fields: Fields) -> ResponseReturnValue:
    """The form as it was filled in; the page has it already where htmx asked for a part of it."""
    if is_htmx():
        return make_response("", {"HX-Reswap": "none"})
    return _form_page(read_form(fields)) if _may_create() else _without_plan()


@bp.post("/integrations/keys/new")
@refilled_by(_refill_form)
def fill_key() -> ResponseReturnValue:
    """The form again, with the rights of the chosen tool unless others were chosen by hand; to htmx only what changed."""
    form, is_requested = read_form(request.form), "use_preset" in request.form
    if is_requested or not form.is_own_choice:
        form.fill_in_preset()
    if not is_htmx():
        return _form_page(form, is_kept=True)
    return render_template(
        "keys/_filled.html",
        focused=is_requested,
        is_kept=True,
        form=form,
        grantable=GRANTABLE,
        tool=_preset_tool(form),
        kept_from=_offered_tool(form),
        preview=_preview(form),
    )


@bp.post("/integrations/keys/projects")
@refilled_by(_refill_form)
def more_projects() -> ResponseReturnValue:
    """The form with the projects that are searched, or the next ones; to htmx those alone."""
    form = read_form(request.form)
    if not is_htmx():
        return _form_page(form)
    template = "_found" if form.search.after is None else "_more"
    return render_template(f"shared/projects/{template}.html", is_part=True, **_project_choice(form))


@bp.post("/integrations/keys")
@refilled_by(_refill_form)
@proven
@created_once(again=show_again_at)
def create_key() -> ResponseReturnValue:
    """The secret waits for the page that the answer leads to, which shows it once."""
    form = read_form(request.form)
    if is_search(request.form):
        return _form_page(form)
    try:
        key, _ = keys.create_key(current_access(), form.new_key(), before_commit=show_key_once)
    except ValidationFailed as problem:
        return _form_page(form, errors=key_errors_by_field(problem, form)), 422
    return redirect(url_for("portal.key_created", key_id=key.id), 303)


@bp.get("/integrations/keys/preview")
def preview_key() -> str:
    return render_template("keys/_preview.html", preview=_preview(read_form(request.args)))


@bp.get("/integrations/keys/<key_id>/revoke")
def revoke_page(key_id: str) -> str:
    return _confirmation_page(keys.find_key(current_access(), key_id), request.args.get("reason", ""))


def _refill_question(fields: Fields, key_id: str) -> Response:
    response = make_response(_confirmation_page(keys.find_key(current_access(), key_id), fields.get("reason", "")))
    response.headers.update(_INTO_DIALOG)
    return response


@bp.post("/integrations/keys/<key_id>/revoke")
@refilled_by(_refill_question)
def revoke_key(key_id: str) -> ResponseReturnValue:
    access, reason = current_access(), request.form.get("reason") or None
    if "sure" not in request.form and (key := keys.find_key(access, key_id)).revoked_at is None:
        return _missing_confirmation(key, reason or "")
    change = keys.revoke_key(access, key_id, reason)
    return _changed(change, revoked_sentence(change))


@bp.post("/integrations/keys/<key_id>/pause")
def pause_key(key_id: str) -> Response:
    change = keys.pause_key(current_access(), key_id)
    return _changed(change, paused_sentence(change))


@bp.post("/integrations/keys/<key_id>/resume")
def resume_key(key_id: str) -> Response:
    access = current_access()
    change = keys.resume_key(access, key_id)
    return _changed(change, resumed_sentence(change, access.user.plan))


def _may_create() -> bool:
    return PLANS[current_access().user.plan].includes_apis


def _without_plan() -> Response:
    plan = PLANS[current_access().user.plan]
    flash(f"Keys come with a paid plan, and yours is {plan.name}. What a paid plan adds stands here.", UNCHANGED)
    return redirect_to_part("keys")


def _changed(change: KeyChange, sentence: str) -> Response:
    """The key as it is now, in its place, and what came of the action announced; without htmx the page with a note."""
    if not is_htmx():
        flash(sentence, "message" if change.is_done else UNCHANGED)
        return redirect(_key_address(change.key), 303) if _is_from_page() else redirect_to_part(_source_list())
    return make_response(_changed_agent(sentence) if is_from_agents() else _changed_key(change.key, sentence))


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


def _is_from_page() -> bool:
    """Whether the request comes from the key's own page."""
    return request.args.get("among") == "page"


def _key_address(key: Key) -> str:
    return url_for("portal.key_page", key_id=key.id)


def _form_page(form: KeyForm, origin_note: str = "", errors: dict[str, str] | None = None, *, is_kept: bool = False) -> str:
    """The form; `origin_note` says where its values come from, and `is_kept` that rights withstood another choice of tool."""
    return render_template(
        "keys/new.html",
        nav_section="integrations",
        form=form,
        limit=KeysSummary.of(current_access()).limit,
        grantable=GRANTABLE,
        tool=_preset_tool(form),
        kept_from=_offered_tool(form),
        is_kept=is_kept,
        preview=_preview(form),
        tools=PROVIDERS.get(),
        **_project_choice(form),
        lifetimes=LIFETIMES,
        ends=lifetime_end_dates(),
        tomorrow=today() + timedelta(days=1),
        origin_note=origin_note,
        errors=errors or {},
    )


def _project_choice(form: KeyForm) -> dict[str, Any]:
    """What the template of the choice among projects is given."""
    chooser = ProjectChooser("project_ids", url_for("portal.more_projects"), anchor="project_ids", has_preview=True)
    choices = list_choices(current_access(), form.project_ids, form.search.q, form.search.after)
    return {"chooser": chooser, "choices": choices}


def _preset_tool(form: KeyForm) -> Provider | None:
    """The chosen tool, while the rights are those that it needs."""
    return find_provider(form.integration) if form.rights == rights_for(form.integration) else None


def _offered_tool(form: KeyForm) -> Provider | None:
    """The chosen tool whose rights are not filled in, because others were chosen by hand."""
    return find_provider(form.integration) if form.is_own_choice and form.rights != rights_for(form.integration) else None


def _preview(form: KeyForm) -> Preview:
    return preview_of(effective_access(current_access(), form.scopes, form.chosen_projects), form.rights)


def _confirmation_page(key: Key, reason: str = "", error: str = "") -> str:
    if key.revoked_at is not None:
        return _revoked_already_page(key)
    return render_template(
        "keys/_revoke.html" if is_htmx() else "keys/revoke.html",
        nav_section="integrations",
        in_dialog=is_htmx(),
        among="agents" if is_from_agents() else "page" if _is_from_page() else None,
        swap_target="connected-agents" if is_from_agents() else key.id,
        keep_url=_key_address(key) if _is_from_page() else url_for("portal.integrations", _anchor=_source_list()),
        key=key,
        use=_live_facts(key),
        reasons=REASONS,
        reason=reason,
        consequence=_consequence(key),
        may_pause=key.status(now()) == "active",
        error=error,
    )


def _revoked_already_page(key: Key) -> str:
    return render_template(
        "shared/_settled.html" if is_htmx() else "shared/settled.html",
        nav_section="integrations",
        in_dialog=is_htmx(),
        title=f"“{key.name}” is revoked already",
        sentence=unchangeable_sentence(key),
        address=_key_address(key) if _is_from_page() else url_for("portal.integrations"),
    )


def _missing_confirmation(key: Key, reason: str) -> Response:
    page = _confirmation_page(key, reason, "Tick the box to revoke the key. Nothing was changed.")
    response = make_response(page, 422)
    response.headers.update(_INTO_DIALOG)
    return response


def _live_facts(key: Key) -> Markup:
    if key.last_used_at is None:
        return Markup("<strong>It was never used.</strong> Nothing depends on it yet.")
    if key.last_used_at < now() - QUIET:
        return Markup("<strong>It has been quiet.</strong> {}.").format(use_of(key))
    return Markup("<strong>It is in use.</strong> {}.").format(use_of(key))


def _consequence(key: Key) -> str:
    tool = find_provider(key.integration)
    if tool is None or tool.is_own:
        return "whatever uses this key will stop"
    return f"{tool.name} can no longer reach CalmBoard with it"
