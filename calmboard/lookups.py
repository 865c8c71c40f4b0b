"""Single rows for the hot path, read by the driver itself: SQLAlchemy's own execution costs ten times the query."""

from collections import namedtuple
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Dialect, Engine
from sqlalchemy.types import TypeEngine

from calmboard.db import AnySelect, db, reading

_Convert = Callable[[Any], Any]


class Lookup:
    """A SELECT of at most one row, written once for each kind of database.

    A row has the names of the statement's columns. What the driver refuses is asked once more through
    `reading()`, which knows a lost connection from a fault.
    """

    def __init__(self, statement: AnySelect) -> None:
        self._statement = statement
        self._row: Callable[..., Any] = namedtuple("Row", statement.selected_columns.keys())  # type: ignore[misc]
        self._plans: dict[str, _Plan] = {}

    def first(self, values: Mapping[str, Any]) -> Any | None:
        engine = db.engines["reading"]
        plan = self._plans.get(engine.dialect.name) or self._plan(engine.dialect)
        try:
            found = _fetch(engine, plan.sql, plan.bound(values))
        except engine.dialect.loaded_dbapi.Error:
            with reading() as connection:
                return connection.execute(self._statement, values).first()
        return None if found is None else self._row(*plan.read(found))

    def _plan(self, dialect: Dialect) -> "_Plan":
        compiled = self._statement.compile(dialect=dialect)
        binds = {name: _to_driver(bind.type, dialect) for name, bind in compiled.binds.items()}
        names = compiled.positiontup if compiled.positional else None
        readers = [_from_driver(column.type, dialect) for column in self._statement.selected_columns]
        plan = self._plans[dialect.name] = _Plan(str(compiled), names, binds, readers)
        return plan


class _Plan(NamedTuple):
    """SQL of one dialect, the order of its values where they have no names, and what becomes of values on either way."""

    sql: str
    order: list[str] | None
    binds: dict[str, _Convert | None]
    readers: list[_Convert | None]

    def bound(self, values: Mapping[str, Any]) -> Any:
        sent = {name: convert(values[name]) if convert else values[name] for name, convert in self.binds.items()}
        return sent if self.order is None else [sent[name] for name in self.order]

    def read(self, found: tuple[Any, ...]) -> list[Any]:
        return [convert(value) if convert else value for convert, value in zip(self.readers, found, strict=True)]


def _fetch(engine: Engine, sql: str, values: Any) -> tuple[Any, ...] | None:
    """The first row. A connection that failed is thrown away."""
    lent = engine.raw_connection()
    try:
        cursor = lent.cursor()
        cursor.execute(sql, values)
        found: tuple[Any, ...] | None = cursor.fetchone()
        cursor.close()
    except BaseException:
        lent.invalidate()
        raise
    lent.close()
    return found


def _to_driver(kind: TypeEngine[Any], dialect: Dialect) -> _Convert | None:
    return kind.dialect_impl(dialect).bind_processor(dialect)


def _from_driver(kind: TypeEngine[Any], dialect: Dialect) -> _Convert | None:
    return kind.dialect_impl(dialect).result_processor(dialect, None)
