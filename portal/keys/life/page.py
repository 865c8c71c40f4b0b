"""A key's own page: what it is, what it does, what it can do now, and how that came about."""

from collections.abc import Sequence

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
from portal.audit.sentences import what_was_done, who_did_it
from portal.keys.life.parts import CallsPart, EffectsPart, UsePart
from portal.keys.rows import key_rows
from portal.shared.blueprint import bp
from portal.shared.session import current_access
from portal.shared.texts.words import listed, plural, short_date, time_tag

_ENTRIES = 20


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
        history=[(entry, what_was_done(entry, {}), who_did_it(entry, access.user.id)) for entry in _history(key)],
    )


def _history(key: Key) -> Sequence[AnyRow]:
    return list_own_entries(current_access(), PageRequest(limit=_ENTRIES), AuditFilter(subject_id=key.id)).rows


def _sentence(change: EffectChange) -> Markup:
    day, number = time_tag(change.at, short_date(change.at)), plural(len(change.rights), "right")
    if change.kind == "role":
        text = Markup("You have not been {} of <bdi>{}</bdi> since {}: this key lost {} there.")
        return text.format(change.before, change.project, day, number)
    if change.kind == "left":
        return Markup("You have not been in one of its projects since {}: this key reaches nothing there.").format(day)
    if change.kind == "cut_off":
        return Markup("An admin cut this key off from <bdi>{}</bdi> on {}.").format(change.project, day)
    if change.kind == "narrowed":
        return Markup("Its rights were narrowed on {}: {} gone.").format(day, listed(sorted(change.rights)))
    plan = PLANS[current_access().user.plan]
    waits = "" if plan.includes_apis else " This key waits for a paid plan."
    return Markup("Your plan has been {} since {}.{}").format(plan.name, day, waits)
