"""Writes requests to their log, and counts them, in one transaction for many."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import DataError, IntegrityError

from calmboard import ids
from calmboard.access.plans import PLANS
from calmboard.access.request_log.refused import Owner, find_owners
from calmboard.access.request_record import RequestRecord
from calmboard.db import Base, autocommit, db, insert_or_add
from calmboard.errors import RateLimitExceeded
from calmboard.models import LoggedCall, RequestLogGap, UsageDay, UsageHour
from calmboard.models.requests import DURATIONS_MS, LIVES, OUTCOMES
from calmboard.prepared import insert_many

_DURATIONS = (*(f"ms_{limit}" for limit in DURATIONS_MS), "ms_more")


# Of a request that no table takes, today or later; anything else is the matter of the database.
UNWRITABLE = (IntegrityError, DataError, ValueError, TypeError)


def write_records(records: Sequence[RequestRecord]) -> None:
    """Write the requests whose owner is known. Raises as SQLAlchemy does, and has written nothing then; UNWRITABLE where it is
    one of the requests that cannot be written.
    """
    with db.engine.begin() as connection:
        owners = find_owners(connection, [record.refused_secret for record in records if record.refused_secret])
        rows = [row for record in records if (row := _row_of(record, owners)) is not None]
        if rows:
            insert_many(connection, LoggedCall, rows)
            _add(connection, UsageHour, ("credential_id", "hour", "endpoint"), _by_hour(rows))
            _add(connection, UsageDay, ("credential_id", "day", "user_id"), _by_day(rows))


def is_written(record: RequestRecord) -> bool:
    """Whether it is there already, as where the database went away before it said so."""
    found = select(LoggedCall.id).where(LoggedCall.kept_days.in_(LIVES), LoggedCall.id == record.id)
    with autocommit() as connection:
        return connection.execute(found).first() is not None


def write_gap(began_at: datetime, ended_at: datetime) -> None:
    """Remember a time of which calls are missing."""
    with db.engine.begin() as connection:
        gap = {"id": ids.new_id("gap"), "began_at": began_at, "ended_at": ended_at}
        connection.execute(insert(RequestLogGap), gap)


def _row_of(record: RequestRecord, owners: Mapping[bytes, Owner]) -> dict[str, Any] | None:
    owner = _owner_of(record, owners)
    if owner is None:
        return None
    return {
        "kept_days": PLANS[owner.plan].log_days,
        "id": ids.id_at("req", record.at) if record.has_given_id else record.id,
        "at": record.at,
        "user_id": owner.user_id,
        "credential_id": owner.credential_id,
        "method": _storable(record.method, 20),
        "route": record.route and record.route[:200],
        "tool": record.tool and record.tool[:80],
        "status": record.status,
        "code": record.code,
        "refused_by": record.refused_by,
        "hint": record.hint and _storable(record.hint, 400),
        "duration_us": round(record.duration_ms * 1000),
        "network": record.ip and record.ip[:45],
        "user_agent": _storable(record.user_agent, 200) or None,
        "request_id": record.id,
    }


def _owner_of(record: RequestRecord, owners: Mapping[bytes, Owner]) -> Owner | None:
    if record.access is not None and record.access.credential is not None:
        return Owner(record.access.credential.id, record.access.user.id, record.access.user.plan)
    return owners.get(record.refused_secret.digest) if record.refused_secret else None


def _storable(text: str, length: int) -> str:
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")[:length]


def _by_hour(rows: Iterable[Mapping[str, Any]]) -> Counter[tuple[tuple[Any, ...], str]]:
    counts: Counter[tuple[tuple[Any, ...], str]] = Counter()
    for row in rows:
        hour = row["at"].replace(minute=0, second=0, microsecond=0)
        endpoint = row["tool"] or (f"{row['method']} {row['route']}" if row["route"] else "An unknown address")
        key = (row["credential_id"], hour, endpoint[:220])
        counts[key, _outcome(row)] += 1
        counts[key, _duration(row["duration_us"])] += 1
    return counts


def _by_day(rows: Iterable[Mapping[str, Any]]) -> Counter[tuple[tuple[Any, ...], str]]:
    return Counter(((row["credential_id"], row["at"].date(), row["user_id"]), _outcome(row)) for row in rows)


def _outcome(row: Mapping[str, Any]) -> str:
    if row["code"] is None:
        return "answered"
    if row["code"] == RateLimitExceeded.code:
        return "limited"
    return "failed" if row["status"] >= 500 else "refused"


def _duration(microseconds: int) -> str:
    return next((f"ms_{limit}" for limit in DURATIONS_MS if microseconds <= limit * 1000), "ms_more")


def _add(connection: Connection, table: type[Base], key: tuple[str, ...], counts: Counter[tuple[tuple[Any, ...], str]]) -> None:
    """Add counts to their rows, in one order everywhere, so that no two processes wait for each other in a circle."""
    names = _counted(table)
    rows: dict[tuple[Any, ...], dict[str, Any]] = {}
    for (values, name), count in counts.items():
        row = rows.setdefault(values, dict(zip(key, values, strict=True)) | dict.fromkeys(names, 0))
        row[name] += count
    statement = insert_or_add(table, names, connection.dialect.name)
    connection.execute(statement, [rows[values] for values in sorted(rows)])


@cache
def _counted(table: type[Base]) -> tuple[str, ...]:
    return tuple(name for name in table.__table__.columns.keys() if name in (*OUTCOMES, *_DURATIONS))  # noqa: SIM118
