"""The list of keys on the page, paginated: those in use, the revoked ones collapsed, and a summary of both."""

from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import Any

from calmboard.access.access import Access
from calmboard.access.credentials.key_lists import KeyCounts, count_keys, list_keys, list_revoked_keys
from calmboard.access.credentials.keys import Key
from calmboard.access.plans import PLANS, rate_limit_of
from calmboard.clock import now
from calmboard.errors import PaidPlanRequired
from calmboard.pagination import Page, PageRequest
from calmboard.settings import current_settings
from portal.keys.rows import key_rows
from portal.shared.lists import NextPage, next_page, page_or_first, requested_page
from portal.shared.words import capitalized_count, count

CURSOR_PARAMS = _IN_USE, _REVOKED = "keys_after", "revoked_after"
_SOON_DAYS = 7


def keys_section(access: Access) -> dict[str, Any]:
    """The context of `keys/_keys.html`: the requested parts, or else the first ones."""
    page, has_previous = page_or_first(partial(list_keys, access), _requested_in_use())
    revoked, revoked_has_previous = page_or_first(partial(list_revoked_keys, access), _requested_revoked())
    return {
        **_plan_section(access),
        **_rows(access, page),
        **_revoked_rows(access, revoked),
        **_summary_section(access),
        "keys_has_previous": has_previous,
        "revoked_has_previous": revoked_has_previous,
        "revoked_summary": _revoked_summary(revoked, revoked_has_previous),
    }


def next_keys(access: Access) -> dict[str, Any]:
    """The context of `keys/_more.html`: the next keys in use, those that expired last."""
    return _rows(access, list_keys(access, _requested_in_use()))


def next_revoked_keys(access: Access) -> dict[str, Any]:
    """The context of `keys/_more_revoked.html`: the next revoked keys."""
    return _revoked_rows(access, list_revoked_keys(access, _requested_revoked()))


def changed_key(access: Access, key: Key) -> dict[str, Any]:
    """The context of `keys/_changed.html`: the row of one key, and the counts that changed with it."""
    [row] = key_rows(access, [key])
    return {**_plan_section(access), **_summary_section(access), "row": row, "focused_id": key.id}


def _requested_in_use() -> PageRequest:
    return requested_page(_IN_USE, "key", ranks=1)


def _requested_revoked() -> PageRequest:
    return requested_page(_REVOKED, "key")


def _rows(access: Access, page: Page[Key]) -> dict[str, Any]:
    return {"rows": key_rows(access, page.rows), "more_keys": _more(page, _IN_USE, "portal.more_keys")}


def _revoked_rows(access: Access, page: Page[Key]) -> dict[str, Any]:
    more = _more(page, _REVOKED, "portal.more_revoked_keys")
    return {"revoked_rows": key_rows(access, page.rows), "more_revoked": more}


def _revoked_summary(page: Page[Key], has_previous: bool) -> str:
    """How many there are, where the page shows all of them."""
    return (
        "Revoked keys"
        if has_previous or page.after is not None
        else capitalized_count(len(page.rows), "revoked key", "revoked keys")
    )


def _more(page: Page[Key], name: str, part_endpoint: str) -> NextPage | None:
    return next_page(page, name, "portal.integrations", part_endpoint, anchor="keys")


def _plan_section(access: Access) -> dict[str, Any]:
    plan = PLANS[access.user.plan]
    return {
        "plan": plan,
        "paid_plan": PLANS["pro"],
        "paid_rate_limit": rate_limit_of("pro", current_settings()),
        "refusal": _refusal(plan.name),
    }


def _summary_section(access: Access) -> dict[str, Any]:
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
    soon = f" {capitalized_count(counts.ending, 'expires', 'expire')} this week." if counts.ending else ""
    return f"{capitalized_count(counts.in_use, 'key', 'keys')}: {parts}.{soon}"


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
    """The part of the real response that a program acts on."""
    return {
        "title": PaidPlanRequired.title,
        "detail": f"{plan_name} does not include integration APIs.",
        "code": PaidPlanRequired.code,
        "hint": "The key is kept and works again after an upgrade.",
    }
