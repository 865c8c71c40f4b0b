"""Single rows for the hot path, read by the driver itself: SQLAlchemy's own execution costs ten times the query."""

from collections import namedtuple
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Dialect, Engine
from sqlalchemy.types import TypeEngine

from calmboard.db import AnySelect, autocommit, db

_Convert = Callable[[Any], Any]


class Lookup:
    """A SELECT of at most one row, compiled once for each dialect.

    A row has the names of the statement's columns. What the driver rejects is executed again through
    `autocommit()`, which tells a lost connection from an error.
    """

    def __init__(self, statement: AnySelect) -> None:
        self._statement = statement
        self._row: Callable[..., Any] = namedtuple("Row", statement.selected_columns.keys())  # type: ignore[misc]
        self._plans: dict[str, _Plan] = {}

    def first(self, values: Mapping[str, Any]) -> Any | None:
        engine = db.engines["autocommit"]
        plan = self._plans.get(engine.dialect.name) or self._compile(engine.dialect)
        try:
            row = _fetch(engine, plan.sql, plan.bind_values(values))
        except engine.dialect.loaded_dbapi.Error:
            with autocommit() as connection:
                return connection.execute(self._statement, values).first()
        return None if row is None else self._row(*plan.convert_row(row))

    def _compile(self, dialect: Dialect) -> "_Plan":
        compiled = self._statement.compile(dialect=dialect)
        bind_converters = {name: _to_driver(bind.type, dialect) for name, bind in compiled.binds.items()}
        order = compiled.positiontup if compiled.positional else None
        result_converters = [_from_driver(column.type, dialect) for column in self._statement.selected_columns]
        plan = self._plans[dialect.name] = _Plan(str(compiled), order, bind_converters, result_converters)
        return plan


class _Plan(NamedTuple):
    """SQL of one dialect, the order of its parameters where they have no names, and the converters of parameters and results."""

    sql: str
    order: list[str] | None
    bind_converters: dict[str, _Convert | None]
    result_converters: list[_Convert | None]

    def bind_values(self, values: Mapping[str, Any]) -> Any:
        converted = {name: convert(values[name]) if convert else values[name] for name, convert in self.bind_converters.items()}
        return converted if self.order is None else [converted[name] for name in self.order]

    def convert_row(self, row: tuple[Any, ...]) -> list[Any]:
        return [convert(value) if convert else value for convert, value in zip(self.result_converters, row, strict=True)]


def _fetch(engine: Engine, sql: str, values: Any) -> tuple[Any, ...] | None:
    """The first row. A connection that failed is invalidated."""
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        cursor.execute(sql, values)
        row: tuple[Any, ...] | None = cursor.fetchone()
        cursor.close()
    except BaseException:
        connection.invalidate()
        raise
    connection.close()
    return row


def _to_driver(column_type: TypeEngine[Any], dialect: Dialect) -> _Convert | None:
    return column_type.dialect_impl(dialect).bind_processor(dialect)


def _from_driver(column_type: TypeEngine[Any], dialect: Dialect) -> _Convert | None:
    return column_type.dialect_impl(dialect).result_processor(dialect, None)
