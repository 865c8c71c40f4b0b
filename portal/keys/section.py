"""The section on keys: those in use, page by page, the expired and revoked ones collapsed, and a summary of all."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Self

from flask import request

from calmboard.access.access import Access
from calmboard.access.credentials.key_lists import KeyCounts, KeyGroup, count_keys, list_keys
from calmboard.access.credentials.keys import Key
from calmboard.access.plans import PLANS, Plan, rate_limit_of
from calmboard.errors import PaidPlanRequired
from calmboard.pagination import Page, PageRequest
from calmboard.settings import RateLimit, current_settings
from portal.keys.filters import KeyFilters
from portal.keys.limit import KeyLimit
from portal.keys.rows import KeyRow, key_rows
from portal.shared.blueprint import page_with
from portal.shared.lists import ListPart, next_page, page_or_first, requested_page
from portal.shared.section import YOUR_ACCESS, Section
from portal.shared.texts.words import capitalized_count, count
from portal.shared.texts.zone import end_of, today

_CURSORS: dict[KeyGroup, str] = {"in_use": "keys_after", "expired": "expired_after", "revoked": "revoked_after"}
CURSOR_PARAMS = tuple(_CURSORS.values())
_SOON_DAYS = 7
# Fewer are seen at a glance.
_FEW = 5


@dataclass(frozen=True, slots=True)
class KeysSummary:
    """How many keys there are, in words that depend on the plan."""

    plan: Plan
    counts: KeyCounts

    @classmethod
    def of(cls, access: Access) -> Self:
        return cls(PLANS[access.user.plan], count_keys(access, _soon()))

    @property
    def limit(self) -> KeyLimit:
        return KeyLimit(self.plan, self.counts.in_use)

    @property
    def sentence(self) -> str:
        return _summary(self.counts) if self.plan.includes_apis else _waiting_summary(self.counts)

    @property
    def are_many(self) -> bool:
        """Whether they are searched, and changed several at once."""
        return self.counts.in_use > _FEW

    @property
    def upgrade_promise(self) -> str:
        return _upgrade_promise(self.counts)

    @property
    def after_signing_out(self) -> str:
        """What becomes of those that work, where everything else that acts for their owner ends."""
        if not self.plan.includes_apis and self.counts.in_use:
            return "Your key stays" if self.counts.in_use == 1 else f"Your {count(self.counts.in_use)} keys stay"
        if not self.counts.working:
            return "Keys would go on"
        return "Your working key goes on" if self.counts.working == 1 else f"Your {count(self.counts.working)} working keys go on"


@dataclass(frozen=True, slots=True)
class KeysSection(Section):
    """The requested parts of both lists, or else the first ones."""

    template = "keys/_keys.html"
    title = "API keys"
    anchor = "keys"
    group = YOUR_ACCESS
    order = 10
    count_id = "keys-count"

    summary: KeysSummary
    filters: KeyFilters
    in_use: ListPart[KeyRow]
    expired: ListPart[KeyRow]
    revoked: ListPart[KeyRow]
    paid_plan: Plan
    paid_rate_limit: RateLimit | None

    @classmethod
    def of(cls, access: Access, filters: KeyFilters | None = None) -> Self:
        filters = filters or KeyFilters.of(request.args)
        parts = {group: _first_part(access, group, filters) for group in _CURSORS}
        return cls(KeysSummary.of(access), filters, **parts, paid_plan=PLANS["pro"], paid_rate_limit=_paid_rate_limit())

    @property
    def count(self) -> int:
        return self.summary.counts.in_use

    @property
    def plan(self) -> Plan:
        return self.summary.plan

    @property
    def has_keys(self) -> bool:
        return bool(self.summary.counts.in_use)

    @property
    def has_filters(self) -> bool:
        return self.filters.narrows or self.summary.are_many

    @property
    def finds_nothing(self) -> bool:
        return self.filters.narrows and not (self.in_use.rows or self.expired.rows or self.revoked.rows)

    @property
    def found_sentence(self) -> str:
        """How many of them the page shows."""
        parts = (self.in_use, self.expired, self.revoked)
        number, more = sum(len(part.rows) for part in parts), any(part.more for part in parts)
        return f"The first {number:,} keys shown." if more else f"{capitalized_count(number, 'key', 'keys')} found."

    def fold_summary(self, group: KeyGroup) -> str:
        """How many there are, where the page shows all of them."""
        part: ListPart[KeyRow] = getattr(self, group)
        if part.has_previous or part.more:
            return f"{group.capitalize()} keys"
        return capitalized_count(len(part.rows), f"{group} key", f"{group} keys")

    def is_open(self, group: KeyGroup) -> bool:
        return self.filters.narrows or bool(getattr(self, group).has_previous)

    @property
    def refusal(self) -> dict[str, str]:
        """The part of the real response that a program acts on."""
        return {
            "title": PaidPlanRequired.title,
            "detail": f"{self.plan.name} does not include integration APIs.",
            "code": PaidPlanRequired.code,
            "hint": "The key is kept and works again after an upgrade.",
        }


def next_keys(access: Access, group: KeyGroup) -> ListPart[KeyRow]:
    """The next keys of a list."""
    filters = KeyFilters.of(request.args)
    return _part(access, group, filters, list_keys(access, _requested(group), group, filters.wanted))


def _first_part(access: Access, group: KeyGroup, filters: KeyFilters) -> ListPart[KeyRow]:
    if not filters.asks_for(group):
        return ListPart([], None, False)
    page, has_previous = page_or_first(partial(list_keys, access, group=group, wanted=filters.wanted), _requested(group))
    return _part(access, group, filters, page, has_previous)


def _requested(group: KeyGroup) -> PageRequest:
    return requested_page(_CURSORS[group], "key")


def _part(access: Access, group: KeyGroup, filters: KeyFilters, page: Page[Key], has_previous: bool = True) -> ListPart[KeyRow]:
    query = {**filters.query, "group": group}
    more = next_page(page, _CURSORS[group], page_with("keys"), "portal.more_keys", anchor="keys", query=query)
    return ListPart(key_rows(access, page.rows), more, has_previous)


def _paid_rate_limit() -> RateLimit | None:
    return rate_limit_of("pro", current_settings())


def _soon() -> datetime:
    """The end of the week that begins today."""
    return end_of(today() + timedelta(days=_SOON_DAYS - 1))


def _summary(counts: KeyCounts) -> str:
    """“Four keys: three working, one paused. One expires this week.”"""
    if not counts.in_use:
        return ""
    numbers = {"working": counts.working, "paused": counts.paused, "expired": counts.expired}
    parts = ", ".join(f"{count(number)} {word}" for word, number in numbers.items() if number)
    soon = f" {capitalized_count(counts.ending, 'expires', 'expire')} this week." if counts.ending else ""
    return f"{capitalized_count(counts.in_use, 'key', 'keys')}: {parts}.{soon}"


def _waiting_summary(counts: KeyCounts) -> str:
    """“Your four keys are kept, and wait.”, or how many of them, where the others would not work either."""
    number = counts.in_use
    if not number:
        return ""
    if counts.working < number:
        waiting = f"{count(counts.working)} of them {'waits' if counts.working == 1 else 'wait'} for an upgrade"
        return f"Your {count(number)} keys are kept; {waiting}." if number > 1 else "Your key is kept."
    return "Your key is kept, and waits." if number == 1 else f"Your {count(number)} keys are kept, and wait."


def _upgrade_promise(counts: KeyCounts) -> str:
    """It counts the keys that would work: a paused or an expired one needs more than an upgrade."""
    number = counts.working
    if not counts.in_use:
        return "Upgrade, and you can create your first key at once."
    if not number:
        return "Upgrade, and you can resume or replace your keys at once."
    if number < counts.in_use:
        who = f"{count(number).capitalize()} of your {count(counts.in_use)} keys {'works' if number == 1 else 'work'}"
    else:
        who = {1: "Your key works", 2: "Both keys work"}.get(number, f"All {count(number)} keys work")
    return f"{who} again the moment you upgrade. No new keys, no new set-up."
