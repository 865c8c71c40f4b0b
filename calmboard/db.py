"""The database: one engine for transactions, one in autocommit, on SQLite and PostgreSQL."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache, wraps
from typing import Any, ParamSpec, TypeVar

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    ColumnElement,
    Connection,
    DateTime,
    Dialect,
    MetaData,
    Row,
    Select,
    delete,
    inspect,
    literal,
    select,
    tuple_,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

from calmboard.engines import autocommit_bind, engine_options, make_private, prepare, replica_bind
from calmboard.errors import Problem
from calmboard.settings import Settings

P = ParamSpec("P")
T = TypeVar("T")

_RETRIES = 3
# serialization_failure and deadlock_detected.
_CONFLICTS = ("40001", "40P01")


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

_BATCH_SIZE = 1000
_UTC = "+00:00"

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

    def result_processor(self, dialect: Dialect, _coltype: object) -> Callable[[Any], datetime | None] | None:
        """None on PostgreSQL, whose connections are in UTC."""
        return _from_text if dialect.name == "sqlite" else None


def _from_text(text: str | None) -> datetime | None:
    if text is None:
        return None
    return datetime.fromisoformat(text if text.endswith(_UTC) else text + _UTC)


def retry_conflicts(function: Callable[P, T]) -> Callable[P, T]:
    """Run a function from its start again where PostgreSQL gave its transaction up for that of another, up to three times.

    For each function that commits. Where the transaction is its caller's, it is the caller that is run again.
    """

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        if db.session().in_transaction():
            return function(*args, **kwargs)
        for _ in range(_RETRIES):
            try:
                return function(*args, **kwargs)
            except OperationalError as error:
                if getattr(error.orig, "sqlstate", None) not in _CONFLICTS:
                    raise
                db.session.rollback()
        return function(*args, **kwargs)

    return run


def insert_if_absent(table: type[Base], values: dict[str, Any]) -> bool:
    """Insert a row at once, unless one with its key exists; returns whether it was inserted."""
    with autocommit() as connection:
        return connection.execute(insert_or_ignore(table, db.engine.dialect.name), values).first() is not None


@cache
def insert_or_ignore(table: type[Base], dialect: str) -> Any:
    """An INSERT … ON CONFLICT DO NOTHING of the values it is run with; it returns a row where it inserted one."""
    insert: Any = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}[dialect]
    return insert(table.__table__).on_conflict_do_nothing().returning(literal(True).label("inserted"))


@cache
def insert_or_add(table: type[Base], counted: tuple[str, ...], dialect: str) -> Any:
    """An INSERT … ON CONFLICT DO UPDATE, which adds these columns to those of the row that is there."""
    inserts: Any = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
    insert, columns = inserts[dialect](table.__table__), table.__table__.columns
    sums = {name: columns[name] + insert.excluded[name] for name in counted}
    return insert.on_conflict_do_update(index_elements=list(inspect(table).primary_key), set_=sums)


def delete_in_batches(table: type[Base], *conditions: ColumnElement[bool]) -> None:
    """Delete rows, a thousand a transaction, which are sought outside of it: so no writer waits long, on SQLite either.

    They are sought in the order of their key where that is one column, and else in that which the conditions find them by. A
    row that no longer meets the conditions when its turn comes stays.
    """
    columns = inspect(table).primary_key
    search = select(*columns).where(*conditions).order_by(*columns if len(columns) == 1 else ()).limit(_BATCH_SIZE)
    count = _BATCH_SIZE
    while count == _BATCH_SIZE:
        with autocommit() as connection:
            keys = [tuple(row) for row in connection.execute(search)]
        count = len(keys)
        _delete_batch(table, tuple_(*columns).in_(keys), *conditions)


@retry_conflicts
def _delete_batch(table: type[Base], *conditions: ColumnElement[bool]) -> None:
    db.session.execute(delete(table).where(*conditions), execution_options={"synchronize_session": False})
    db.session.commit()


@contextmanager
def autocommit(bind: str = "autocommit") -> Iterator[Connection]:
    """A connection in autocommit, which keeps its prepared plans: for a write of one statement, and for what has to be fresh.

    After an exception it is invalidated: a result read half-way would keep showing its
    next user the database as it was then.
    """
    with db.engines[bind].connect() as connection:
        try:
            yield connection
        except Problem:
            raise
        except BaseException:
            connection.invalidate()
            raise


def open_database(app: Flask, settings: Settings) -> None:
    """Bind the app to its database.

    The bind `autocommit` is the same database, never in a transaction; `replica` is a copy that may lag, where there is one.
    """
    binds = {"autocommit": autocommit_bind(settings.database_url)}
    if settings.database_replica_url is not None:
        binds["replica"] = replica_bind(settings.database_replica_url)
    app.config["SQLALCHEMY_DATABASE_URI"] = settings.database_url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine_options(settings.database_url)
    app.config["SQLALCHEMY_BINDS"] = binds
    make_private(settings.database_url)
    db.init_app(app)
    with app.app_context():
        prepare(db.engines)
