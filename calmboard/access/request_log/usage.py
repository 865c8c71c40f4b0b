"""How often credentials were used: from counts of hours and days, so that ten million calls cost what ten do."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal, select

from calmboard.access.request_log.writer import REQUEST_LOG
from calmboard.clock import now
from calmboard.db import AnyRow, autocommit
from calmboard.models import UsageDay, UsageHour
from calmboard.models.requests import DURATIONS_MS

DAYS = 30
_TOP = 10
# What took longer than the last limit is taken as twice that.
_LIMITS_MS = (0, *DURATIONS_MS, 2 * DURATIONS_MS[-1])
_OUTCOMES = ("answered", "refused", "limited", "failed")
_DURATIONS = [getattr(UsageHour, f"ms_{limit}") for limit in (*DURATIONS_MS, "more")]


@dataclass(frozen=True, slots=True)
class Calls:
    """How many calls had which outcome: answered, refused, refused by the window, failed for a fault of ours."""

    answered: int = 0
    refused: int = 0
    limited: int = 0
    failed: int = 0

    @property
    def total(self) -> int:
        return self.answered + self.refused + self.limited + self.failed

    @property
    def not_answered(self) -> int:
        return self.total - self.answered


@dataclass(frozen=True, slots=True)
class EndpointCalls:
    """An endpoint, such as `GET /api/v1/me`, or a tool."""

    endpoint: str
    calls: Calls


@dataclass(frozen=True, slots=True)
class KeyUsage:
    """The use of a credential: 30 days in UTC, today last; what was called most; and half and 95 % took at most so many ms,
    None where nothing was called.
    """

    days: Mapping[date, Calls]
    endpoints: Sequence[EndpointCalls]
    p50_ms: float | None
    p95_ms: float | None


def usage_of(credential_id: str) -> KeyUsage:
    """The use of one credential; who may see it is judged by the caller."""
    REQUEST_LOG.get().flush()
    with autocommit() as connection:
        endpoints = connection.execute(_by_endpoint(credential_id)).all()
        durations = connection.execute(_by_duration(credential_id)).one()
    p50_ms, p95_ms = (_percentile([count or 0 for count in durations], share) for share in (0.5, 0.95))
    days = usage_by_day([credential_id])[credential_id]
    return KeyUsage(days, [EndpointCalls(row.endpoint, _calls_of(row)) for row in endpoints], p50_ms, p95_ms)


def usage_by_day(credential_ids: Collection[str]) -> dict[str, dict[date, Calls]]:
    """The last 30 days of each of these credentials, by one statement."""
    columns = (UsageDay.credential_id, UsageDay.day, *(getattr(UsageDay, name) for name in _OUTCOMES))
    statement = select(*columns).where(UsageDay.credential_id.in_(credential_ids), UsageDay.day >= _days()[0])
    with autocommit() as connection:
        found = {(row.credential_id, row.day): _calls_of(row) for row in connection.execute(statement)}
    return {each: {day: found.get((each, day), Calls()) for day in _days()} for each in credential_ids}


def _by_endpoint(credential_id: str) -> Select[Any]:
    sums = _sums(UsageHour)
    statement = select(UsageHour.endpoint, *sums).where(*_of_thirty_days(credential_id)).group_by(UsageHour.endpoint)
    total = sum((func.sum(getattr(UsageHour, name)) for name in _OUTCOMES), literal(0))
    return statement.order_by(total.desc(), UsageHour.endpoint).limit(_TOP)


def _by_duration(credential_id: str) -> Select[Any]:
    return select(*(func.sum(column) for column in _DURATIONS)).where(*_of_thirty_days(credential_id))


def _of_thirty_days(credential_id: str) -> tuple[ColumnElement[bool], ...]:
    return UsageHour.credential_id == credential_id, UsageHour.hour >= now() - timedelta(days=DAYS)


def _sums(table: type[UsageDay | UsageHour]) -> list[Any]:
    return [func.sum(getattr(table, name)).label(name) for name in _OUTCOMES]


def _calls_of(row: AnyRow) -> Calls:
    return Calls(*(int(getattr(row, name)) for name in _OUTCOMES))


def _days() -> list[date]:
    today = now().date()
    return [today - timedelta(days=ago) for ago in range(DAYS - 1, -1, -1)]


def _percentile(counts: Sequence[int], share: float) -> float | None:
    """Within what so many calls took, as if those between two limits lay evenly between them."""
    wanted, passed = sum(counts) * share, 0
    if not wanted:
        return None
    for count, (low, high) in zip(counts, pairwise(_LIMITS_MS), strict=True):
        if passed + count >= wanted:
            return round(low + (high - low) * (wanted - passed) / count, 1)
        passed += count
    raise AssertionError("The shares add up to less than the whole.")
