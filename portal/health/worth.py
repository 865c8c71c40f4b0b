"""“Worth a look”: what was found at keys, in sentences, each with what can be done about it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from flask import url_for

from calmboard.access.access import Access
from calmboard.access.credentials.key_life.health import Concern, Finding, KeyHealth, check_keys
from calmboard.access.credentials.keys import Key
from calmboard.access.plans import PLANS
from calmboard.clock import now
from portal.activity.endpoints import needed_scopes
from portal.shared.texts.words import ago, listed, plural, short_date, thousands

_SHOWN, _MOST = 5, 50


@dataclass(frozen=True, slots=True)
class Remedy:
    """A link, or a form with one button where `is_change`."""

    words: str
    url: str
    is_change: bool = False


@dataclass(frozen=True, slots=True)
class WorthRow:
    key: Key
    sentences: Sequence[str]
    remedy: Remedy
    can_pause: bool


@dataclass(frozen=True, slots=True)
class WorthALook:
    """`number` counts all keys at which something was found; `rows` are the first, `folded` some more."""

    number: int
    rows: Sequence[WorthRow]
    folded: Sequence[WorthRow]

    @classmethod
    def of(cls, access: Access) -> Self:
        found = check_keys(access, needed_scopes()) if PLANS[access.user.plan].includes_apis else []
        rows = [_row(health) for health in found[:_MOST]]
        return cls(len(found), rows[:_SHOWN], rows[_SHOWN:])

    @property
    def left(self) -> int:
        return self.number - len(self.rows) - len(self.folded)


def _row(health: KeyHealth) -> WorthRow:
    key = health.key
    sentences = [_SENTENCES[finding.concern](key, finding) for finding in health.findings]
    return WorthRow(key, sentences, _remedy(key, health.findings[0].concern), key.status(now()) == "active")


def _remedy(key: Key, concern: Concern) -> Remedy:
    if concern == "expiring":
        return Remedy("Replace", url_for("portal.replace_page", key_id=key.id))
    if concern == "endless":
        return Remedy("Set an end", url_for("portal.edit_page", key_id=key.id))
    if concern == "refused":
        return Remedy("See why", url_for("portal.activity", credential=key.id, outcome="refused"))
    if concern == "unused" and key.status(now()) == "active":
        return Remedy("Pause", url_for("portal.pause_key", key_id=key.id), is_change=True)
    return Remedy("Edit", url_for("portal.edit_page", key_id=key.id))


def _expiring(key: Key, _finding: Finding) -> str:
    return f"Expires on {short_date(key.expires_at)}." if key.expires_at else ""


def _unused(key: Key, _finding: Finding) -> str:
    return f"Not used since {short_date(key.last_used_at)}." if key.last_used_at else f"Never used; made {ago(key.created_at)}."


def _rights(_key: Key, finding: Finding) -> str:
    return f"Does not use {listed(finding.values)}."


def _refused(_key: Key, finding: Finding) -> str:
    refused, calls = (int(number) for number in finding.values)
    return f"{thousands(refused)} of its {thousands(calls)} calls of the last 7 days were refused."


def _network(_key: Key, finding: Finding) -> str:
    first, more = finding.values[:2], len(finding.values) - 2
    others = f" and {plural(more, 'other')}" if more > 0 else ""
    return f"New within 7 days: used from {', '.join(first)}{others}."


def _programs(_key: Key, finding: Finding) -> str:
    names = [name[:30] for name in finding.values[:4]]
    return f"{plural(len(finding.values), 'program')} use it: {', '.join(names)}{' …' if len(finding.values) > 4 else ''}."


def _endless(_key: Key, _finding: Finding) -> str:
    return "Never expires."


_SENTENCES: Mapping[Concern, Callable[[Key, Finding], str]] = {
    "refused": _refused,
    "network": _network,
    "programs": _programs,
    "expiring": _expiring,
    "unused": _unused,
    "rights": _rights,
    "endless": _endless,
}
