"""The list of keys on the page, a part at a time: those in use, the revoked ones folded away, and both summed up."""

from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import Any

from flask import current_app

from calmboard.access.access import Access
from calmboard.access.credentials.key_lists import KeyCounts, count_keys, list_keys, list_revoked_keys
from calmboard.access.credentials.keys import Key
from calmboard.access.plans import PLANS, window_of
from calmboard.db import now
from calmboard.errors import PaidPlanRequired
from calmboard.pagination import Page, PageRequest
from portal.keys.rows import key_rows
from portal.shared.lists import More, asked_part, more_of, part_or_first
from portal.shared.words import count, things

PARTS = _IN_USE, _REVOKED = "keys_after", "revoked_after"
_SOON_DAYS = 7


def keys_part(access: Access) -> dict[str, Any]:
    """What `_keys.html` needs: the parts that the address asks for, or else the first ones."""
    page, has_previous = part_or_first(partial(list_keys, access), _asked_in_use())
    revoked, revoked_goes_on = part_or_first(partial(list_revoked_keys, access), _asked_revoked())
    return {
        **_plan_part(access),
        **_rows(access, page),
        **_revoked_rows(access, revoked),
        **_summed_up(access),
        "keys_go_on": has_previous,
        "revoked_go_on": revoked_goes_on,
        "revoked_summary": _revoked_summary(revoked, revoked_goes_on),
    }


def rows_part(access: Access) -> dict[str, Any]:
    """What `_more.html` needs: the next keys in use, those that expired last."""
    return _rows(access, list_keys(access, _asked_in_use()))


def revoked_part(access: Access) -> dict[str, Any]:
    """What `_more_revoked.html` needs: the next revoked keys."""
    return _revoked_rows(access, list_revoked_keys(access, _asked_revoked()))


def changed_part(access: Access, key: Key) -> dict[str, Any]:
    """What `keys/_changed.html` needs for a key that stays in its place, with the sums that changed with it."""
    [row] = key_rows(access, [key])
    return {**_plan_part(access), **_summed_up(access), "row": row, "focused_id": key.id}


def _asked_in_use() -> PageRequest:
    return asked_part(_IN_USE, "key", ranks=1)


def _asked_revoked() -> PageRequest:
    return asked_part(_REVOKED, "key")


def _rows(access: Access, page: Page[Key]) -> dict[str, Any]:
    return {"rows": key_rows(access, page.rows), "more_keys": _more(page, _IN_USE, "portal.more_keys")}


def _revoked_rows(access: Access, page: Page[Key]) -> dict[str, Any]:
    more = _more(page, _REVOKED, "portal.more_revoked_keys")
    return {"revoked_rows": key_rows(access, page.rows), "more_revoked": more}


def _revoked_summary(page: Page[Key], has_previous: bool) -> str:
    """How many there are, where the page shows all of them."""
    return "Revoked keys" if has_previous or page.after is not None else things(len(page.rows), "revoked key", "revoked keys")


def _more(page: Page[Key], name: str, part_endpoint: str) -> More | None:
    return more_of(page, name, "portal.integrations", part_endpoint, anchor="keys")


def _plan_part(access: Access) -> dict[str, Any]:
    plan = PLANS[access.user.plan]
    return {
        "plan": plan,
        "paid_plan": PLANS["pro"],
        "paid_window": window_of("pro", current_app.config["CALMBOARD"]),
        "refusal": _refusal(plan.name),
    }


def _summed_up(access: Access) -> dict[str, Any]:
    counts = count_keys(access, _soon())
    is_paid = PLANS[access.user.plan].includes_apis
    return {
        "keys_in_use": counts.in_use,
        "keys_summary": _summary(counts) if is_paid else _waiting_summary(counts.in_use),
        "upgrade_promise": _upgrade_promise(counts.in_use),
    }


def _soon() -> datetime:
    """The end of the week that begins today."""
    return datetime.combine(now().date() + timedelta(days=_SOON_DAYS), time(), UTC)


def _summary(counts: KeyCounts) -> str:
    """“Four keys: three working, one paused. One expires this week.”"""
    if not counts.in_use:
        return ""
    numbers = {"working": counts.working, "paused": counts.paused, "expired": counts.expired}
    parts = ", ".join(f"{count(number)} {word}" for word, number in numbers.items() if number)
    soon = f" {things(counts.ending, 'expires', 'expire')} this week." if counts.ending else ""
    return f"{things(counts.in_use, 'key', 'keys')}: {parts}.{soon}"


def _waiting_summary(number: int) -> str:
    if not number:
        return ""
    return "Your key is kept, and waits." if number == 1 else f"Your {count(number)} keys are kept, and wait."


def _upgrade_promise(number: int) -> str:
    if not number:
        return "Upgrade, and you can create your first key at once."
    who = {1: "Your key works", 2: "Both keys work"}.get(number, f"All {count(number)} keys work")
    return f"{who} again the moment you upgrade. No new keys, no new set-up."


def _refusal(plan_name: str) -> dict[str, str]:
    """The part of the real answer that a program acts on."""
    return {
        "title": PaidPlanRequired.title,
        "detail": f"{plan_name} does not include integration APIs.",
        "code": PaidPlanRequired.code,
        "hint": "The key is kept and works again after an upgrade.",
    }
