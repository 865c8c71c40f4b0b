"""Statements that are built once and read by the driver itself: SQLAlchemy's execution costs several times the query."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, cast

import msgspec
from sqlalchemy import Connection, CursorResult, Dialect, Executable
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import TypeEngine

from calmboard.db import AnyRow, AnySelect
from calmboard.engines.driver import compile_for_driver, fetch

_Convert = Callable[[Any], Any]


class Replicated(Protocol):
    """A connection to a copy, which has its own way out where that does not answer."""

    def execute(
        self, statement: Executable, parameters: Mapping[str, Any] | None = None, /
    ) -> CursorResult[*tuple[Any, ...]]: ...

    def all(self, statement: "Prepared", values: Mapping[str, Any]) -> list[AnyRow]: ...


# What lists are read through.
Reads = Connection | Replicated


class PreparedRow(msgspec.Struct, frozen=True, gc=False):
    """A row with the names of its columns; as SQLAlchemy's, but no tuple."""

    @property
    def _mapping(self) -> dict[str, Any]:
        return msgspec.structs.asdict(self)


class Prepared:
    """A SELECT, compiled once for each dialect. It binds all its values by name, lists by `is_one_of`."""

    def __init__(self, statement: AnySelect) -> None:
        self._statement = statement
        self._row = msgspec.defstruct("Row", statement.selected_columns.keys(), bases=(PreparedRow,), frozen=True, gc=False)
        self._plans: dict[str, _Plan] = {}

    def all(self, connection: Reads, values: Mapping[str, Any]) -> list[AnyRow]:
        """The rows. Raises as SQLAlchemy does, and tells those who listen to its statements."""
        if not isinstance(connection, Connection):
            return connection.all(self, values)
        plan = self._plans.get(connection.dialect.name) or self._compile(connection.dialect)
        parameters = plan.bind_values(values)
        for listener in connection.dispatch.before_cursor_execute:
            listener(connection, None, plan.sql, parameters, None, False)
        try:
            rows = fetch(connection.connection.driver_connection, plan.sql, parameters)
        except connection.dialect.loaded_dbapi.Error as error:
            raise _as_sqlalchemy(connection, plan.sql, error) from error
        return cast("list[AnyRow]", plan.convert_rows(self._row, rows))

    def first(self, connection: Reads, values: Mapping[str, Any]) -> AnyRow | None:
        rows = self.all(connection, values)
        return rows[0] if rows else None

    def _compile(self, dialect: Dialect) -> "_Plan":
        sql, order, binds = compile_for_driver(self._statement, dialect)
        to_driver = [(name, binds[name].type.dialect_impl(dialect).bind_processor(dialect)) for name in order]
        constants = {name: bind.effective_value for name, bind in binds.items() if not bind.required}
        from_driver = [_from_driver(column.type, dialect) for column in self._statement.selected_columns]
        converters = [(index, convert) for index, convert in enumerate(from_driver) if convert is not None]
        plan = self._plans[dialect.name] = _Plan(sql, to_driver, constants, converters)
        return plan


class _Plan(NamedTuple):
    """SQL of one dialect, its parameters in their order, the values that the statement itself gives to some of them, and
    which columns of a result have to be converted how.
    """

    sql: str
    parameters: Sequence[tuple[str, _Convert | None]]
    constants: Mapping[str, Any]
    converters: list[tuple[int, _Convert]]

    def bind_values(self, values: Mapping[str, Any]) -> list[Any]:
        if self.constants:
            values = {**self.constants, **values}
        return [values[name] if convert is None else convert(values[name]) for name, convert in self.parameters]

    def convert_rows(self, kind: Callable[..., Any], rows: list[tuple[Any, ...]]) -> list[Any]:
        """Column by column, so that no loop is written in Python."""
        if not rows:
            return []
        columns: list[Any] = list(zip(*rows, strict=True))
        for index, convert in self.converters:
            columns[index] = map(convert, columns[index])
        return list(map(kind, *columns))


def _from_driver(column_type: TypeEngine[Any], dialect: Dialect) -> _Convert | None:
    return column_type.dialect_impl(dialect).result_processor(dialect, None)


def _as_sqlalchemy(connection: Connection, sql: str, error: Exception) -> DBAPIError:
    """The error as SQLAlchemy raises it, without the values; a connection that is lost is invalidated."""
    dialect = connection.dialect
    lost = dialect.is_disconnect(cast("Any", error), cast("Any", connection.connection.driver_connection), None)
    if lost:
        connection.invalidate(error)
    base = dialect.loaded_dbapi.Error
    wrapped = DBAPIError.instance(sql, None, error, base, hide_parameters=True, connection_invalidated=lost, dialect=dialect)
    return cast("DBAPIError", wrapped)
