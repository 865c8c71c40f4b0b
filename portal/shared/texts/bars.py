"""Calls of thirty days as bars: what is answered stands on the line, what is not hangs below it, and today is dark."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from calmboard.access.request_log.usage import Calls
from portal.shared.texts.words import thousands

_STEP, _UP, _DOWN = 6, 28, 9


@dataclass(frozen=True, slots=True)
class Bars:
    """Paths for a drawing of 180 by 40 whose line is at 30; `caption` says the numbers."""

    before: str
    today: str
    below: str
    caption: Markup

    @classmethod
    def of(cls, days: Mapping[date, Calls]) -> "Bars":
        calls = list(days.values())
        busiest = max((day.total for day in calls), default=0)
        up = [_bar(index, 30, -_height(day.answered, busiest, _UP)) for index, day in enumerate(calls)]
        down = [_bar(index, 31, _height(day.not_answered, busiest, _DOWN)) for index, day in enumerate(calls)]
        return cls("".join(up[:-1]), "".join(up[-1:]), "".join(down), _caption(calls))


def _bar(index: int, start: int, height: int) -> str:
    return f"M{_STEP * index + 3} {start}v{height}" if height else ""


def _height(number: int, busiest: int, most: int) -> int:
    """A single call among thousands is still seen."""
    return max(1, round(most * number / busiest)) if number else 0


def _caption(calls: list[Calls]) -> Markup:
    total, missed = sum(day.total for day in calls), sum(day.not_answered for day in calls)
    if not total:
        return Markup("No calls in 30 days")
    words = Markup("<strong>{}</strong> in 30 days").format(thousands(total))
    return words + Markup(", <strong>{}</strong> not answered").format(thousands(missed)) if missed else words
