"""A key's own page: what it is, what it does, what it can do now, and how that came about."""

from collections.abc import Iterable, Sequence

from flask import render_template
from markupsafe import Markup

from calmboard.access.audit_reading import AuditFilter, list_own_entries
from calmboard.access.credentials.key_life.effect import EffectChange, list_changes_since_created, list_effects
from calmboard.access.credentials.keys import Key, find_key
from calmboard.access.limits.rate_limits import LIMITS
from calmboard.access.plans import PLANS
from calmboard.clock import now
from calmboard.db import AnyRow
from calmboard.pagination import PageRequest
from portal.keys.life.parts import CallsPart, EffectsPart, UsePart
from portal.keys.rows import key_rows
from portal.shared.blueprint import bp
from portal.shared.session import current_access
from portal.shared.texts.words import listed, plural, short_date, time_tag

_ENTRIES = 20
_ACTS = {
    "key.created": "Created",
    "key.replaced": "Replaced by a new key",
    "key.overlap_extended": "Given one more day",
    "key.paused": "Paused",
    "key.resumed": "Resumed",
    "key.revoked": "Revoked",
    "key.changed": "Changed",
    "credential.cut_off": "Cut off from a project",
    "credential.let_in": "Let into a project again",
}
_FIELDS = {
    "name": "name",
    "note": "note",
    "scopes": "rights",
    "project_ids": "projects",
    "expires_at": "end",
    "networks": "networks",
    "window_limit": "own window",
}
_BY = {"operator": "whoever runs CalmBoard", "system": "CalmBoard", "client": "an app", "link": "a mailed link"}


@bp.get("/integrations/keys/<key_id>")
def key_page(key_id: str) -> str:
    access = current_access()
    key = find_key(access, key_id)
    [row] = key_rows(access, [key])
    effects = list_effects(access, key)
    return render_template(
        "keys/life/page.html",
        nav_section="integrations",
        row=row,
        key=key,
        kind="key",
        is_limited=key.project_ids is not None,
        works=key.status(now()) in ("active", "paused"),
        may_make=PLANS[access.user.plan].includes_apis,
        use=UsePart.of(key.id, LIMITS.get().look_at_key(access.user.plan, key.id, key.window_limit)),
        calls=CallsPart.of(key.id),
        effects=EffectsPart.of(effects),
        changes=[(change, _sentence(change)) for change in list_changes_since_created(access, key, effects)],
        history=[(entry, _act(entry)) for entry in _history(key)],
    )


def _history(key: Key) -> Sequence[AnyRow]:
    return list_own_entries(current_access(), PageRequest(limit=_ENTRIES), AuditFilter(subject_id=key.id)).rows


def _sentence(change: EffectChange) -> Markup:
    day, number = time_tag(change.at, short_date(change.at)), plural(len(change.rights), "right")
    if change.kind == "role":
        text = Markup("You are no longer {} of <bdi>{}</bdi> since {}: this key lost {} there.")
        return text.format(change.before, change.project, day, number)
    if change.kind == "left":
        return Markup("You are no longer in one of your projects since {}: this key reaches nothing there.").format(day)
    if change.kind == "cut_off":
        return Markup("An admin cut this key off from <bdi>{}</bdi> on {}.").format(change.project, day)
    if change.kind == "narrowed":
        return Markup("Its rights were narrowed on {}: {} gone.").format(day, listed(sorted(change.rights)))
    plan = PLANS[current_access().user.plan]
    waits = "" if plan.includes_apis else " This key waits for a paid plan."
    return Markup("Your plan is {} since {}.{}").format(plan.name, day, waits)


def _act(entry: AnyRow) -> str:
    """“Changed: name and note, by Noor Haddad”."""
    words, who = _ACTS.get(entry.action, entry.action), entry.actor_name or _BY.get(entry.source, entry.source)
    changed = [label for name, label in _FIELDS.items() if name in _after(entry)]
    found = f". Found at {entry.details['found_at']}" if entry.details.get("found_at") else ""
    return f"{words}{': ' if changed else ''}{listed(changed)}, by {who}{found}"


def _after(entry: AnyRow) -> Iterable[str]:
    after = entry.details.get("after") if entry.action == "key.changed" else None
    return after if isinstance(after, dict) else ()
