"""What the pages of a key and of an app have in common: the use of thirty days, the last calls, the rights in each project."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from flask import url_for

from calmboard.access.credentials.key_life.effect import MOST_PROJECTS, ProjectEffect
from calmboard.access.limits.rate_limits import Usage
from calmboard.access.request_log.reading import CallFilter, list_calls
from calmboard.access.request_log.usage import Calls, KeyUsage, read_usage
from calmboard.access.scopes import GRANTABLE
from calmboard.pagination import PageRequest
from portal.activity.endpoints import shown_endpoint
from portal.activity.rows import CallRow, call_rows
from portal.shared.session import current_access
from portal.shared.texts.bars import Bars

_CALLS = 5


@dataclass(frozen=True, slots=True)
class UsePart:
    """Thirty days in numbers and as bars, `days` the latest first; `window` is that of now, where it is known."""

    usage: KeyUsage
    bars: Bars
    days: Sequence[tuple[date, Calls]]
    endpoints: Sequence[tuple[str, Calls]]
    window: Usage | None

    @classmethod
    def of(cls, credential_id: str, window: Usage | None = None) -> "UsePart":
        usage = read_usage(credential_id)
        days = [(day, calls) for day, calls in sorted(usage.days.items(), reverse=True) if calls.total]
        endpoints = [(shown_endpoint(row.endpoint), row.calls) for row in usage.endpoints]
        return cls(usage, Bars.of(usage.days), days, endpoints, window)


@dataclass(frozen=True, slots=True)
class CallsPart:
    """The last calls, each with what became of it, and where the others are."""

    rows: Sequence[CallRow]
    log_url: str

    @classmethod
    def of(cls, credential_id: str) -> "CallsPart":
        wanted = CallFilter(credential_id=credential_id)
        access = current_access()
        calls = list_calls(access, PageRequest(limit=_CALLS), wanted).rows
        return cls(call_rows(access, calls), url_for("portal.activity", credential=credential_id))


@dataclass(frozen=True, slots=True)
class EffectsPart:
    """Projects by name, each with what may be done with every noun; `has_more` where not all are shown."""

    rows: Sequence[tuple[ProjectEffect, Sequence[tuple[str, str]]]]
    has_more: bool

    @classmethod
    def of(cls, effects: Sequence[ProjectEffect]) -> "EffectsPart":
        return cls([(effect, _rights(effect)) for effect in effects[:MOST_PROJECTS]], len(effects) > MOST_PROJECTS)


def _rights(effect: ProjectEffect) -> list[tuple[str, str]]:
    return [(scope.label, _right(scope.noun, effect.rights)) for scope in GRANTABLE.values()]


def _right(noun: str, rights: frozenset[str]) -> str:
    if f"{noun}:write" in rights:
        return "Write"
    return "Read" if f"{noun}:read" in rights else "None"
