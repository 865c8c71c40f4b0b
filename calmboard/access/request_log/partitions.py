"""How the log is kept: a partition for each life and day on PostgreSQL, which goes whole; on SQLite row by row."""

import logging
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from calmboard import ids
from calmboard.clock import now
from calmboard.db import autocommit, db, delete_in_batches
from calmboard.models import LoggedCall, RequestLogGap, UsageDay, UsageHour
from calmboard.models.requests import LIVES

_log = logging.getLogger(__name__)

_DAYS_AHEAD = 3
_NAME = re.compile(r"request_log_kept_(\d+)_(\d{8})")
# Every call waits for whoever changes the partitions, so that one gives up soon and tries again in the next hour.
_LOCK_TIMEOUT = "SET LOCAL lock_timeout = '2s'"
_HOURS_KEPT, _DAYS_KEPT = timedelta(days=31), timedelta(days=90)
_PARTITIONS = text(
    "SELECT child.relname FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid "
    "JOIN pg_class parent ON parent.oid = inhparent WHERE parent.relname LIKE 'request_log_kept_%'"
)


def prepare_log_days() -> None:
    """Make the partitions of today and the days to come. What no partition takes is in the one for the rest meanwhile."""
    if db.engine.dialect.name != "postgresql":
        return
    with autocommit() as connection:
        existing = _existing(connection)
    today = now().date()
    for day in (today + timedelta(days=ahead) for ahead in range(_DAYS_AHEAD + 1)):
        for life in LIVES:
            if (life, day) not in existing:
                _try(_creation(life, day))


def delete_old_calls() -> None:
    """Remove what the log has held for its time, and counts of use that no page shows any more."""
    if db.engine.dialect.name == "postgresql":
        _drop_old_partitions()
    for life in LIVES:
        too_old = LoggedCall.id < ids.first_id("req", now() - timedelta(days=life))
        delete_in_batches(LoggedCall, LoggedCall.kept_days == life, too_old)
    delete_in_batches(RequestLogGap, RequestLogGap.ended_at < now() - timedelta(days=max(LIVES)))
    delete_in_batches(UsageHour, UsageHour.hour < now() - _HOURS_KEPT)
    delete_in_batches(UsageDay, UsageDay.day < (now() - _DAYS_KEPT).date())


def _existing(connection: Connection) -> set[tuple[int, date]]:
    names = connection.execute(_PARTITIONS).scalars()
    return {(life, day) for life, day, _ in _days_of(names)}


def _days_of(names: Iterator[str]) -> Iterator[tuple[int, date, str]]:
    for name in names:
        if match := _NAME.fullmatch(name):
            yield int(match[1]), datetime.strptime(match[2], "%Y%m%d").replace(tzinfo=UTC).date(), name


def _creation(life: int, day: date) -> str:
    begin, end = (ids.first_id("req", _midnight(day + timedelta(days=days))) for days in (0, 1))
    part = f"request_log_kept_{life}"
    return f"CREATE TABLE IF NOT EXISTS {part}_{day:%Y%m%d} PARTITION OF {part} FOR VALUES FROM ('{begin}') TO ('{end}')"


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _drop_old_partitions() -> None:
    """A partition goes once its last call is too old."""
    with autocommit() as connection:
        found = list(_days_of(iter(connection.execute(_PARTITIONS).scalars().all())))
    for life, day, name in found:
        if _midnight(day) + timedelta(days=life + 1) <= now():
            _try(f"DROP TABLE {name}")


def _try(statement: str) -> None:
    try:
        with db.engine.begin() as connection:
            connection.execute(text(_LOCK_TIMEOUT))
            connection.execute(text(statement))
    except DBAPIError as error:
        _log.warning("The partitions of the log stay as they are for now: %s", error)
