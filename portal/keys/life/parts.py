"""What the pages of a key and of an app have in common: the use of thirty days, the last calls, the rights in each project."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from flask import url_for

from calmboard.access.credentials.key_life.effect import MOST_PROJECTS, ProjectEffect
from calmboard.access.limits.rate_limits import Usage
from calmboard.access.request_log.reading import Call, CallFilter, list_calls
from calmboard.access.request_log.usage import Calls, KeyUsage, read_usage
from calmboard.access.scopes import GRANTABLE
from calmboard.pagination import PageRequest
from portal.shared.session import current_access
from portal.shared.texts.bars import Bars

_CALLS = 5
_STEPS = {"credential": "key", "input": "what was sent"}


@dataclass(frozen=True, slots=True)
class UsePart:
    """Thirty days in numbers and as bars, `days` the latest first; `window` is that of now, where it is known."""

    usage: KeyUsage
    bars: Bars
    days: Sequence[tuple[date, Calls]]
    window: Usage | None

    @classmethod
    def of(cls, credential_id: str, window: Usage | None = None) -> "UsePart":
        usage = read_usage(credential_id)
        days = [(day, calls) for day, calls in sorted(usage.days.items(), reverse=True) if calls.total]
        return cls(usage, Bars.of(usage.days), days, window)


@dataclass(frozen=True, slots=True)
class CallsPart:
    """The last calls, each with what became of it, and where the others are."""

    calls: Sequence[tuple[Call, str]]
    log_url: str

    @classmethod
    def of(cls, credential_id: str) -> "CallsPart":
        wanted = CallFilter(credential_id=credential_id)
        calls = list_calls(current_access(), PageRequest(limit=_CALLS), wanted).rows
        log_url = url_for("portal.activity", credential=credential_id)
        return cls([(call, _outcome(call)) for call in calls], log_url)


@dataclass(frozen=True, slots=True)
class EffectsPart:
    """Projects by name, each with what may be done with every noun; `has_more` where not all are shown."""

    rows: Sequence[tuple[ProjectEffect, Sequence[tuple[str, str]]]]
    has_more: bool

    @classmethod
    def of(cls, effects: Sequence[ProjectEffect]) -> "EffectsPart":
        return cls([(effect, _rights(effect)) for effect in effects[:MOST_PROJECTS]], len(effects) > MOST_PROJECTS)


def _outcome(call: Call) -> str:
    if call.refused_by is None:
        return "Answered" if call.status < 400 else "Failed"
    return f"Refused at {_STEPS.get(call.refused_by, call.refused_by)}"


def _rights(effect: ProjectEffect) -> list[tuple[str, str]]:
    return [(scope.label, _right(scope.noun, effect.rights)) for scope in GRANTABLE.values()]


def _right(noun: str, rights: frozenset[str]) -> str:
    if f"{noun}:write" in rights:
        return "Write"
    return "Read" if f"{noun}:read" in rights else "None"
