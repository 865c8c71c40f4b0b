"""Changing a key as it stands: name and note, and what narrows it. More networks or calls ask for the second factor."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from flask import flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from msgspec import UNSET, UnsetType
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from calmboard.access.credentials.key_life.changes import KeyEdit, seen_networks, shut_out
from calmboard.access.credentials.key_life.changes import edit_key as change
from calmboard.access.credentials.key_life.effect import ProjectEffect, effect_by_project
from calmboard.access.credentials.key_life.networks import are_within, is_within, read_networks
from calmboard.access.credentials.keys import Key, find_key
from calmboard.access.plans import rate_limit_of
from calmboard.access.scopes import GRANTABLE, expand
from calmboard.clock import now
from calmboard.errors import Conflict, ValidationFailed
from calmboard.settings import current_settings
from portal.account.proof import require_proof
from portal.keys.forms import rights_of, rights_on
from portal.shared.blueprint import UNCHANGED, bp
from portal.shared.session import current_access
from portal.shared.submissions.kept import Fields, refilled_by
from portal.shared.texts.words import listed, plural
from portal.shared.texts.zone import end_of, local

_PAST = datetime.min.replace(tzinfo=UTC)
_FIELDS = {"scopes": "rights", "expires_at": "last_day"}
_MOST_NAMED = 5


@dataclass(slots=True)
class EditForm:
    """What was entered; `networks` a line each, `is_sure` that some addresses may be shut out."""

    name: str
    note: str
    rights: dict[str, str]
    reach: str
    project_ids: frozenset[str]
    last_day: str
    networks: str
    window_limit: str
    is_sure: bool = False
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def network_lines(self) -> tuple[str, ...]:
        return tuple(line for line in (text.strip() for text in self.networks.replace(",", "\n").splitlines()) if line)


@bp.get("/integrations/keys/<key_id>/edit")
def edit_page(key_id: str) -> ResponseReturnValue:
    key = find_key(current_access(), key_id)
    return _page(key, _form_of(key))


def _refill(fields: Fields, key_id: str) -> ResponseReturnValue:
    key = find_key(current_access(), key_id)
    return _page(key, _read(fields, key))


@bp.post("/integrations/keys/<key_id>/edit")
@refilled_by(_refill)
def edit_key(key_id: str) -> ResponseReturnValue:
    access = current_access()
    key = find_key(access, key_id)
    form = _read(request.form, key)
    if "seen" in request.form:
        form.networks = "\n".join(seen.ip for seen in seen_networks(access, key_id))
        return _page(key, form, focused="networks")
    if (warning := _shut_out(key, form)) and not form.is_sure:
        form.errors = {"sure": warning}
        return _page(key, form)
    if _widens(key, form) and (question := require_proof()):
        return question
    try:
        done = change(access, key_id, _edit_of(key, form))
    except ValidationFailed as problem:
        form.errors = _errors(problem)
        return _page(key, form)
    except Conflict as problem:
        flash(problem.detail, UNCHANGED)
        return redirect(url_for("portal.key_page", key_id=key_id), 303)
    if done.is_done:
        flash("The changes are saved. They hold from the next request on.")
    else:
        flash("Nothing was changed: this is what the key has already.", UNCHANGED)
    return redirect(url_for("portal.key_page", key_id=key_id), 303)


def _page(key: Key, form: EditForm, focused: str = "") -> Response:
    if key.status(now()) in ("revoked", "expired"):
        flash(f"“{key.name}” does not work any more, so nothing of it can be changed.", UNCHANGED)
        return redirect(url_for("portal.key_page", key_id=key.id), 303)
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
        projects=effect_by_project(access, key),
        seen=seen_networks(access, key.id),
        plan_limit=rate.amount if rate else None,
    )
    return make_response(page, 422 if form.errors else 200)


def _form_of(key: Key) -> EditForm:
    return EditForm(
        name=key.name,
        note=key.note or "",
        rights=rights_of(key.scopes),
        reach="all" if key.project_ids is None else "some",
        project_ids=key.project_ids or frozenset(),
        last_day=_last_day(key),
        networks="\n".join(key.networks or ()),
        window_limit=str(key.window_limit or ""),
    )


def _read(values: MultiDict[str, str], key: Key) -> EditForm:
    had = rights_of(key.scopes)
    return EditForm(
        name=values.get("name", key.name)[:200],
        note=values.get("note", "")[:2000],
        rights={noun: _one_of(rights_on(noun), values.get(noun), right) for noun, right in had.items()},
        reach="all" if key.project_ids is None and values.get("reach") != "some" else "some",
        project_ids=frozenset(values.getlist("project_ids")[:200]),
        last_day=values.get("last_day", "").strip()[:20],
        networks=values.get("networks", "")[:5000],
        window_limit=values.get("window_limit", "").strip()[:20],
        is_sure="sure" in values,
    )


def _one_of(allowed: tuple[str, ...], text: str | None, default: str) -> str:
    return text if text is not None and text in allowed else default


def _edit_of(key: Key, form: EditForm) -> KeyEdit:
    grantable = frozenset(right for scope in GRANTABLE.values() for right in (scope.read, scope.write))
    chosen = expand(f"{noun}:{right}" for noun, right in form.rights.items() if right != "none")
    return KeyEdit(
        name=form.name,
        note=form.note,
        scopes=chosen | (key.scopes - grantable),
        project_ids=_projects(key, form),
        expires_at=_end(key, form),
        networks=form.network_lines,
        window_limit=_number(form.window_limit),
    )


def _projects(key: Key, form: EditForm) -> frozenset[str] | UnsetType | None:
    """The chosen ones; those that were left, and cannot be seen, stay where all others do."""
    if form.reach == "all":
        return UNSET
    shown = {effect.project_id for effect in _limited(key)}
    return UNSET if key.project_ids is not None and form.project_ids == shown else form.project_ids


def _limited(key: Key) -> list[ProjectEffect]:
    return effect_by_project(current_access(), key)


def _end(key: Key, form: EditForm) -> datetime | UnsetType | None:
    if form.last_day == _last_day(key):
        return UNSET
    if not form.last_day:
        return None
    try:
        return end_of(date.fromisoformat(form.last_day))
    except ValueError:
        return _PAST


def _last_day(key: Key) -> str:
    return "" if key.expires_at is None else local(key.expires_at).date().isoformat()


def _number(text: str) -> int | None:
    """One that cannot be read is rejected with those that are out of range."""
    if not text:
        return None
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _shut_out(key: Key, form: EditForm) -> str:
    """Which addresses could use the key no more, the reader's own among them; empty where none, or where none can be read."""
    lines = form.network_lines
    try:
        allowed = read_networks(lines)
        shut = [seen.ip for seen in shut_out(current_access(), key.id, lines)]
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
    limit = _number(form.window_limit)
    if key.window_limit is not None and (limit is None or limit > key.window_limit):
        return True
    try:
        return not are_within(read_networks(form.network_lines), key.networks)
    except ValidationFailed:
        return False


def _errors(problem: ValidationFailed) -> dict[str, str]:
    """The sentences for each field, by its id."""
    errors: dict[str, str] = {}
    for error in problem.errors:
        name = error.pointer.lstrip("/").partition("/")[0]
        name = _FIELDS.get(name, name)
        errors[name] = f"{errors[name]} {error.detail}" if name in errors else error.detail
    return errors
