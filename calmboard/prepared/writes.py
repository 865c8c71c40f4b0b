"""Rows that are written by the driver itself: one in the transaction of the session, or many at once."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, cast

from sqlalchemy import Connection, bindparam, insert, inspect

from calmboard.db import Base, db
from calmboard.prepared.statements import Prepared, as_sqlalchemy


def insert_row(model: type[Base], values: Mapping[str, Any]) -> dict[str, Any]:
    """Insert a row with the defaults of its table, and return it; the caller commits."""
    row = _Row(values)
    for column in _columns(model):
        if column.key not in row:
            row[column.key] = _default_of(column, row)
    _insert(model).all(db.session.connection(), row)
    return row


def insert_many(connection: Connection, model: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that hold a value for each column, in the transaction of the connection; PostgreSQL copies them.

    Raises as SQLAlchemy does.
    """
    columns = [
        (column.key, column.type.dialect_impl(connection.dialect).bind_processor(connection.dialect))
        for column in _columns(model)
    ]
    values = [tuple([row[name] if convert is None else convert(row[name]) for name, convert in columns]) for row in rows]
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(str(insert(model).compile(dialect=connection.dialect)), values)
        return
    names = ", ".join(column.name for column in _columns(model))
    _copy(connection, f"COPY {model.__tablename__} ({names}) FROM STDIN", values)


def _copy(connection: Connection, sql: str, rows: Iterable[tuple[Any, ...]]) -> None:
    driver: Any = connection.connection.driver_connection
    try:
        with driver.cursor() as cursor, cursor.copy(sql) as copy:
            for row in rows:
                copy.write_row(row)
    except connection.dialect.loaded_dbapi.Error as error:
        lost = connection.dialect.is_disconnect(cast("Any", error), None, None)
        if lost:
            connection.invalidate(error)
        raise as_sqlalchemy(connection.dialect, error, sql, lost=lost) from error


class _Row(dict[str, Any]):
    """A row that is being made; a default takes from it what it is derived from, as from SQLAlchemy's context."""

    def get_current_parameters(self) -> dict[str, Any]:
        return self


def _default_of(column: Any, row: _Row) -> Any:
    default: Any = column.default
    if default is None:
        return None
    return default.arg(row) if default.is_callable else default.arg


@cache
def _columns(model: type[Base]) -> list[Any]:
    return list(inspect(model).local_table.columns)


@cache
def _insert(model: type[Base]) -> Prepared:
    parameters = {column.key: bindparam(column.key, type_=column.type) for column in _columns(model)}
    return Prepared(insert(model).values(parameters))
