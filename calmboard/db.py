"""The database: one engine for transactions, one in autocommit, on SQLite and PostgreSQL."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, DateTime, Dialect, Engine, Executable, MetaData, Row, Select, event, literal
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.types import TypeDecorator

from calmboard.errors import Problem
from calmboard.settings import Settings


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


db = SQLAlchemy(model_class=Base)

AnyRow = Row[*tuple[Any, ...]]
AnySelect = Select[*tuple[Any, ...]]


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC datetime, on SQLite too, where the driver stores no time zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None or dialect.name != "sqlite":
            return value
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def insert_if_absent(table: type[Base], values: dict[str, Any]) -> bool:
    """Insert a row at once, unless one with its key exists; returns whether it was inserted."""
    with autocommit() as connection:
        return connection.execute(insert_or_ignore(table), values).first() is not None


def insert_or_ignore(table: type[Base]) -> Executable:
    """An INSERT … ON CONFLICT DO NOTHING of the values it is run with; it returns a row where it inserted one."""
    return _insert_or_ignore(table, db.engine.dialect.name)


@cache
def _insert_or_ignore(table: type[Base], dialect: str) -> Executable:
    insert: Any = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}[dialect]
    statement: Executable = insert(table.__table__).on_conflict_do_nothing().returning(literal(True))
    return statement


@contextmanager
def autocommit() -> Iterator[Connection]:
    """A connection in autocommit, which keeps its prepared plans: for a write of one statement, and for what has to be fresh.

    After an exception it is invalidated: a result read half-way would keep showing its
    next user the database as it was then.
    """
    with db.engines["autocommit"].connect() as connection:
        try:
            yield connection
        except Problem:
            raise
        except BaseException:
            connection.invalidate()
            raise


def open_database(app: Flask, settings: Settings) -> None:
    """Bind the app to its database. The bind `autocommit` is the same database, never in a transaction."""
    options = _engine_options(settings.database_url)
    never_in_transaction = {"isolation_level": "AUTOCOMMIT", "skip_autocommit_rollback": True, "pool_reset_on_return": None}
    autocommit_options = {**options, **never_in_transaction, "pool_pre_ping": False}
    app.config["SQLALCHEMY_DATABASE_URI"] = settings.database_url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = options
    app.config["SQLALCHEMY_BINDS"] = {"autocommit": {"url": settings.database_url, **autocommit_options}}
    _make_private(settings.database_url)
    db.init_app(app)
    with app.app_context():
        _prepare(db.engine, db.engines["autocommit"])


def _make_private(database_url: str) -> None:
    """Create SQLite's file for its owner alone; it holds password hashes."""
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite" and url.database:
        path = Path(url.database)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)


def _engine_options(database_url: str) -> dict[str, Any]:
    """Values stay out of what is logged of an error: they are people's messages, texts and digests."""
    if make_url(database_url).get_backend_name() == "sqlite":
        return {"hide_parameters": True, "connect_args": {"timeout": 10}}
    connect = {"prepare_threshold": 0, "connect_timeout": 5}
    return {"hide_parameters": True, "pool_pre_ping": True, "connect_args": connect}


def _prepare(writing: Engine, autocommit: Engine) -> None:
    if writing.dialect.name != "sqlite":
        return
    event.listen(writing, "begin", _begin_immediate)
    for engine in (writing, autocommit):
        event.listen(engine, "connect", _set_up_connection)


def _begin_immediate(connection: Connection) -> None:
    """Take the write lock at the start, so that a writer never fails half-way."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _set_up_connection(connection: Any, _record: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # the driver begins nothing by itself
    for pragma in ("foreign_keys=ON", "journal_mode=WAL", "synchronous=NORMAL"):
        connection.execute(f"PRAGMA {pragma}")
    # SQLite's own lower() knows ASCII only.
    connection.create_function("lower", 1, lambda text: text if text is None else str(text).lower(), deterministic=True)
