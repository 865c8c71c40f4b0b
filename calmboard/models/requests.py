"""The log of requests, and how often each credential was used.

Nothing here refers to the table of users: a call is never kept waiting by what its log is made of.
"""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Index, Integer, PrimaryKeyConstraint, SmallInteger, String, event, or_
from sqlalchemy.orm import Mapped, mapped_column

from calmboard.db import Base, UtcDateTime
from calmboard.models.columns import Id

# A call that took as long as one of these, in milliseconds, or less is counted with it; `ms_more` counts the others.
DURATIONS_MS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000)


class LoggedCall(Base):
    """A call of the API, or of the MCP server, by a credential.

    `id` begins with the time of the call, to the millisecond: it is its place in the log. On PostgreSQL there is a partition
    for each life in days and each day (`calmboard/access/request_log/partitions.py`), so both are in the key.
    """

    __tablename__ = "request_log"

    kept_days: Mapped[int] = mapped_column(SmallInteger, autoincrement=False)
    id: Mapped[str] = mapped_column(Id, info={"prefix": "req"})
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    user_id: Mapped[str] = mapped_column(Id)
    credential_id: Mapped[str] = mapped_column(Id)
    method: Mapped[str] = mapped_column(String(20))
    route: Mapped[str | None] = mapped_column(String(200))
    tool: Mapped[str | None] = mapped_column(String(80))
    status: Mapped[int] = mapped_column(SmallInteger)
    code: Mapped[str | None] = mapped_column(String(40))
    refused_by: Mapped[str | None] = mapped_column(String(12))
    hint: Mapped[str | None] = mapped_column(String(400))
    duration_us: Mapped[int] = mapped_column(Integer)
    network: Mapped[str | None] = mapped_column(String(45))
    user_agent: Mapped[str | None] = mapped_column(String(200))
    request_id: Mapped[str] = mapped_column(String(64))

    __table_args__ = (
        PrimaryKeyConstraint("kept_days", "id"),
        Index("ix_request_log_user_id", "user_id", "id"),
        Index("ix_request_log_credential_id", "credential_id", "id"),
        Index("ix_request_log_request_id", "user_id", "request_id", "id"),
        Index(
            "ix_request_log_refused",
            "user_id",
            "id",
            "code",
            sqlite_where=code.is_not(None),
            postgresql_where=code.is_not(None),
        ),
        {"postgresql_partition_by": "LIST (kept_days)"},
    )


class RequestLogGap(Base):
    """A time of which calls are missing in the log, since it could not be written."""

    __tablename__ = "request_log_gaps"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    began_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


# Refused by the credential itself, or for where it came from, a call did not use it.
IS_USE = or_(LoggedCall.refused_by.is_(None), (LoggedCall.refused_by != "credential") & (LoggedCall.refused_by != "network"))
OUTCOMES = ("answered", "refused", "limited", "failed")


class _Outcomes:
    """How many calls had which outcome. `limited` were refused by the window, `failed` for a fault of ours."""

    answered: Mapped[int] = mapped_column(Integer)
    refused: Mapped[int] = mapped_column(Integer)
    limited: Mapped[int] = mapped_column(Integer)
    failed: Mapped[int] = mapped_column(Integer)


class UsageHour(_Outcomes, Base):
    """The calls of one credential to one endpoint within one hour, by their outcome and by how long they took.

    `endpoint` is a tool, or a method with a route.
    """

    __tablename__ = "usage_hours"

    credential_id: Mapped[str] = mapped_column(Id)
    hour: Mapped[datetime] = mapped_column(UtcDateTime)
    endpoint: Mapped[str] = mapped_column(String(220))
    ms_1: Mapped[int] = mapped_column(Integer)
    ms_2: Mapped[int] = mapped_column(Integer)
    ms_5: Mapped[int] = mapped_column(Integer)
    ms_10: Mapped[int] = mapped_column(Integer)
    ms_20: Mapped[int] = mapped_column(Integer)
    ms_50: Mapped[int] = mapped_column(Integer)
    ms_100: Mapped[int] = mapped_column(Integer)
    ms_200: Mapped[int] = mapped_column(Integer)
    ms_500: Mapped[int] = mapped_column(Integer)
    ms_1000: Mapped[int] = mapped_column(Integer)
    ms_2000: Mapped[int] = mapped_column(Integer)
    ms_more: Mapped[int] = mapped_column(Integer)

    __table_args__ = (
        PrimaryKeyConstraint("credential_id", "hour", "endpoint"),
        Index("ix_usage_hours_hour", "hour"),
    )


class UsageDay(_Outcomes, Base):
    """The calls of one credential within one day, in UTC."""

    __tablename__ = "usage_days"

    credential_id: Mapped[str] = mapped_column(Id)
    day: Mapped[date]
    user_id: Mapped[str] = mapped_column(Id)

    __table_args__ = (
        PrimaryKeyConstraint("credential_id", "day"),
        Index("ix_usage_days_user_id", "user_id", "day"),
        Index("ix_usage_days_day", "day"),
    )


# The lives that rows may have, in days; each is a partition on PostgreSQL, and in it one for what has no day's of its own.
LIVES = (7, 30)


@event.listens_for(LoggedCall.__table__, "after_create")
def _create_partitions(_table: Any, connection: Connection, **_options: Any) -> None:
    for statement in _partitions() if connection.dialect.name == "postgresql" else ():
        connection.exec_driver_sql(statement)


def _partitions() -> Iterator[str]:
    for days in LIVES:
        part = f"request_log_kept_{days}"
        yield f"CREATE TABLE {part} PARTITION OF request_log FOR VALUES IN ({days}) PARTITION BY RANGE (id)"
        yield f"CREATE TABLE {part}_rest PARTITION OF {part} DEFAULT"
