"""The section on keys: those in use, page by page, the revoked ones collapsed, and a summary of both."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import Self

from calmboard.access.access import Access
from calmboard.access.credentials.key_lists import KeyCounts, count_keys, list_keys, list_revoked_keys
from calmboard.access.credentials.keys import Key
from calmboard.access.plans import PLANS, Plan, rate_limit_of
from calmboard.clock import now
from calmboard.errors import PaidPlanRequired
from calmboard.pagination import Page, PageRequest
from calmboard.settings import RateLimit, current_settings
from portal.keys.rows import KeyRow, key_rows
from portal.shared.lists import ListPart, next_page, page_or_first, requested_page
from portal.shared.section import YOUR_ACCESS, Section
from portal.shared.words import capitalized_count, count

CURSOR_PARAMS = _IN_USE, _REVOKED = "keys_after", "revoked_after"
_SOON_DAYS = 7


@dataclass(frozen=True, slots=True)
class KeysSummary:
    """How many keys there are, in words that depend on the plan."""

    plan: Plan
    counts: KeyCounts

    @classmethod
    def of(cls, access: Access) -> Self:
        return cls(PLANS[access.user.plan], count_keys(access, _soon()))

    @property
    def sentence(self) -> str:
        return _summary(self.counts) if self.plan.includes_apis else _waiting_summary(self.counts.in_use)

    @property
    def upgrade_promise(self) -> str:
        return _upgrade_promise(self.counts.in_use)


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
    in_use: ListPart[KeyRow]
    revoked: ListPart[KeyRow]
    paid_plan: Plan
    paid_rate_limit: RateLimit | None

    @classmethod
    def of(cls, access: Access) -> Self:
        in_use, has_previous = page_or_first(partial(list_keys, access), _requested_in_use())
        revoked, revoked_has_previous = page_or_first(partial(list_revoked_keys, access), _requested_revoked())
        return cls(
            KeysSummary.of(access),
            _part(access, in_use, _IN_USE, "portal.more_keys", has_previous),
            _part(access, revoked, _REVOKED, "portal.more_revoked_keys", revoked_has_previous),
            PLANS["pro"],
            rate_limit_of("pro", current_settings()),
        )

    @property
    def count(self) -> int:
        return self.summary.counts.in_use

    @property
    def plan(self) -> Plan:
        return self.summary.plan

    @property
    def revoked_summary(self) -> str:
        """How many revoked ones there are, where the page shows all of them."""
        if self.revoked.has_previous or self.revoked.more:
            return "Revoked keys"
        return capitalized_count(len(self.revoked.rows), "revoked key", "revoked keys")

    @property
    def refusal(self) -> dict[str, str]:
        """The part of the real response that a program acts on."""
        return {
            "title": PaidPlanRequired.title,
            "detail": f"{self.plan.name} does not include integration APIs.",
            "code": PaidPlanRequired.code,
            "hint": "The key is kept and works again after an upgrade.",
        }


def next_keys(access: Access) -> ListPart[KeyRow]:
    """The next keys in use, those that expired last."""
    return _part(access, list_keys(access, _requested_in_use()), _IN_USE, "portal.more_keys")


def next_revoked_keys(access: Access) -> ListPart[KeyRow]:
    return _part(access, list_revoked_keys(access, _requested_revoked()), _REVOKED, "portal.more_revoked_keys")


def _requested_in_use() -> PageRequest:
    return requested_page(_IN_USE, "key", ranks=1)


def _requested_revoked() -> PageRequest:
    return requested_page(_REVOKED, "key")


def _part(access: Access, page: Page[Key], name: str, part_endpoint: str, has_previous: bool = True) -> ListPart[KeyRow]:
    more = next_page(page, name, "portal.integrations", part_endpoint, anchor="keys")
    return ListPart(key_rows(access, page.rows), more, has_previous)


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
