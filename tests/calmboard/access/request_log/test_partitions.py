"""The log keeps each call for the days of its plan; on PostgreSQL whole days go at once."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, insert, select, text

from calmboard.access.request_log.partitions import delete_old_calls, prepare_log_days
from calmboard.clock import now
from calmboard.db import db
from calmboard.ids import id_at, new_id
from calmboard.models import LoggedCall, UsageDay, UsageHour
from tests.support.statements import recorded

PARTITION = text("SELECT DISTINCT tableoid::regclass::text FROM request_log WHERE user_id = :user_id")
PARTITIONS = text("SELECT relname FROM pg_class WHERE relname ~ '^request_log_kept_.*_[0-9]{8}$' AND relkind = 'r'")


@pytest.fixture
def user_id() -> str:
    return new_id("usr")


def add_call(user_id: str, at: datetime, kept_days: int = 7) -> None:
    row: dict[str, Any] = {"id": id_at("req", at), "at": at, "user_id": user_id, "credential_id": new_id("key")}
    answer = {"method": "GET", "status": 200, "duration_us": 900, "request_id": "given-by-a-test"}
    db.session.execute(insert(LoggedCall), row | answer | {"kept_days": kept_days})
    db.session.commit()


def ages(user_id: str) -> list[int]:
    times = db.session.execute(select(LoggedCall.at).where(LoggedCall.user_id == user_id)).scalars()
    return sorted((now() - at).days for at in times)


def test_calls_go_after_the_days_of_their_plan(app: Flask, user_id: str) -> None:
    with app.app_context():
        for days in (0, 6, 8, 29, 31):
            add_call(user_id, now() - timedelta(days=days), kept_days=7)
            add_call(user_id, now() - timedelta(days=days), kept_days=30)
        delete_old_calls()
        assert ages(user_id) == [0, 0, 6, 6, 8, 29]


def test_many_go_as_well(app: Flask, user_id: str) -> None:
    with app.app_context():
        at = now() - timedelta(days=9)
        row = {"at": at, "user_id": user_id, "credential_id": new_id("key"), "method": "GET", "status": 200, "duration_us": 1}
        rows = [{**row, "id": id_at("req", at), "kept_days": 7, "request_id": "given-by-a-test"} for _ in range(1200)]
        db.session.execute(insert(LoggedCall), rows)
        db.session.commit()
        delete_old_calls()
        assert ages(user_id) == []


def test_counts_of_very_many_go_a_part_at_a_time(app: Flask) -> None:
    """So that no writer waits long."""
    key_id, counts = new_id("key"), dict.fromkeys(("answered", "refused", "limited", "failed"), 1)
    durations = {name: 0 for name in UsageHour.__table__.columns.keys() if name.startswith("ms_")}  # noqa: SIM118
    with app.app_context():
        hour = {"credential_id": key_id, "hour": now() - timedelta(days=40), **counts, **durations}
        db.session.execute(insert(UsageHour), [{**hour, "endpoint": f"GET /{number}"} for number in range(2100)])
        day = {"user_id": "usr", "day": (now() - timedelta(days=99)).date(), **counts}
        db.session.execute(insert(UsageDay), [{**day, "credential_id": f"{key_id}{number}"} for number in range(1100)])
        db.session.commit()
        with recorded(app) as statements:
            delete_old_calls()
        for table, least in ((UsageHour, 3), (UsageDay, 2)):
            assert sum(text.startswith(f"DELETE FROM {table.__tablename__}") for text, _ in statements) >= least
            assert not db.session.execute(select(table).where(table.credential_id.startswith(key_id))).all()


def test_counts_go_once_no_page_shows_them(app: Flask) -> None:
    key_id, counts = new_id("key"), dict.fromkeys(("answered", "refused", "limited", "failed"), 1)
    durations = {name: 0 for name in UsageHour.__table__.columns.keys() if name.startswith("ms_")}  # noqa: SIM118
    with app.app_context():
        for days in (0, 30, 32, 91):
            at = now() - timedelta(days=days)
            hour = {"credential_id": key_id, "hour": at, "endpoint": "GET /me", **counts, **durations}
            db.session.execute(insert(UsageHour), hour)
            db.session.execute(insert(UsageDay), {"credential_id": key_id, "day": at.date(), "user_id": "usr", **counts})
        db.session.commit()
        delete_old_calls()
        hours = db.session.execute(select(UsageHour.hour).where(UsageHour.credential_id == key_id)).all()
        days_left = db.session.execute(select(UsageDay.day).where(UsageDay.credential_id == key_id)).all()
    assert (len(hours), len(days_left)) == (2, 3)


@pytest.mark.database("postgresql")
def test_a_day_is_a_partition_which_is_dropped_whole(make_app: Callable[..., Flask], empty_database_url: str) -> None:
    with make_app(database_url=empty_database_url).app_context():
        db.metadata.create_all(db.engine)
        prepare_log_days()
        prepare_log_days()
        today = f"{now():%Y%m%d}"
        with db.engine.begin() as connection:
            assert {f"request_log_kept_7_{today}", f"request_log_kept_30_{today}"} < partitions(connection)
            connection.execute(text(_partition_of(20)))
        add_call("usr_a", now())
        add_call("usr_b", now() - timedelta(days=20))
        add_call("usr_c", now() - timedelta(days=20), kept_days=30)
        with db.engine.begin() as connection:
            places = [connection.execute(PARTITION, {"user_id": f"usr_{who}"}).scalar() for who in "abc"]
        long_ago = f"{now() - timedelta(days=20):%Y%m%d}"
        assert places == [f"request_log_kept_7_{today}", f"request_log_kept_7_{long_ago}", "request_log_kept_30_rest"]
        delete_old_calls()
        with db.engine.begin() as connection:
            assert f"request_log_kept_7_{long_ago}" not in partitions(connection)
        assert (ages("usr_a"), ages("usr_b"), ages("usr_c")) == ([0], [], [20])


@pytest.mark.database("postgresql")
def test_calls_that_no_partition_waits_for_are_kept(make_app: Callable[..., Flask], empty_database_url: str) -> None:
    """The worker was away: today's calls stay where they are, tomorrow's get a partition."""
    with make_app(database_url=empty_database_url).app_context():
        db.metadata.create_all(db.engine)
        add_call("usr_a", now())
        prepare_log_days()
        with db.engine.begin() as connection:
            created = partitions(connection)
        assert f"request_log_kept_7_{now():%Y%m%d}" not in created
        assert f"request_log_kept_7_{now() + timedelta(days=1):%Y%m%d}" in created
        assert ages("usr_a") == [0]


def partitions(connection: Connection) -> set[str]:
    return set(connection.execute(PARTITIONS).scalars())


def _partition_of(days_ago: int) -> str:
    day = now() - timedelta(days=days_ago)
    begin = day.replace(hour=0, minute=0, second=0, microsecond=0)
    first, last = (id_at("req", at)[:14] + "0" * 16 for at in (begin, begin + timedelta(days=1)))
    return (
        f"CREATE TABLE request_log_kept_7_{day:%Y%m%d} PARTITION OF request_log_kept_7 FOR VALUES FROM ('{first}') TO ('{last}')"
    )
