"""Statements, compiled once for each dialect."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, cast

import msgspec
from sqlalchemy import Connection, CursorResult, Dialect, Engine, Executable, Select, UpdateBase
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ManagesConnection
from sqlalchemy.types import TypeEngine

from calmboard.db import AnyRow, AnySelect
from calmboard.engines import PLANNED_EACH_TIME
from calmboard.engines.driver import POSTCOMPILE, compile_for_driver, fetch

_Convert = Callable[[Any], Any]


class PreparedRow(msgspec.Struct, frozen=True, gc=False):
    """A row with the names of its columns; as SQLAlchemy's, but no tuple."""

    @property
    def _mapping(self) -> dict[str, Any]:
        return msgspec.structs.asdict(self)


class Prepared:
    """A statement that is compiled once for each dialect. It binds all its values by name, lists by `is_one_of`."""

    def __init__(self, statement: AnySelect | UpdateBase) -> None:
        self._statement = statement
        self._columns = statement.selected_columns if isinstance(statement, Select) else statement.exported_columns
        names = [str(name) for name in self._columns.keys()]  # noqa: SIM118 -- a collection of columns is no mapping
        self._row = msgspec.defstruct("Row", names, bases=(PreparedRow,), frozen=True, gc=False)
        self._is_planned_each_time = bool(statement.get_execution_options().get(PLANNED_EACH_TIME))
        self._plans: dict[str, _Plan] = {}

    def all(self, reads: "Reads", values: Mapping[str, Any]) -> list[AnyRow]:
        """The rows. Raises as SQLAlchemy does, and tells those who listen to its statements."""
        if isinstance(reads, Connection):
            return self.run(reads, reads.connection, values)
        return reads.all(self, values)

    def run(self, source: Connection | Engine, pooled: ManagesConnection, values: Mapping[str, Any]) -> list[AnyRow]:
        """As `all`, on a connection of the pool; `source` is what was asked for it."""
        plan = self._plans.get(source.dialect.name) or self._compile(source.dialect)
        for listener in source.dispatch.before_cursor_execute:
            listener(source, None, *self._as_announced(source.dialect, plan, values), None, False)
        try:
            rows = fetch(pooled.driver_connection, plan.sql, plan.bind_values(values), once=self._is_planned_each_time)
        except source.dialect.loaded_dbapi.Error as error:
            lost = source.dialect.is_disconnect(cast("Any", error), None, None)
            if lost:
                (source if isinstance(source, Connection) else pooled).invalidate(error)
            raise as_sqlalchemy(source.dialect, error, plan.sql, lost=lost) from error
        return cast("list[AnyRow]", plan.convert_rows(self._row, rows))

    def first(self, reads: "Reads", values: Mapping[str, Any]) -> AnyRow | None:
        rows = self.all(reads, values)
        return rows[0] if rows else None

    def _as_announced(self, dialect: Dialect, plan: "_Plan", values: Mapping[str, Any]) -> tuple[str, Any]:
        """The statement and its parameters as SQLAlchemy would send them."""
        compiled, bound = self._statement.compile(dialect=dialect, compile_kwargs=POSTCOMPILE), plan.bind_values(values)
        names = [name for name, _ in plan.parameters]
        return str(compiled), bound if compiled.positional else dict(zip(names, bound, strict=True))

    def _compile(self, dialect: Dialect) -> "_Plan":
        sql, order, binds = compile_for_driver(self._statement, dialect)
        to_driver = [(name, binds[name].type.dialect_impl(dialect).bind_processor(dialect)) for name in order]
        constants = {name: bind.effective_value for name, bind in binds.items() if not bind.required}
        from_driver = [_from_driver(column.type, dialect) for column in self._columns]
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

    def bind_values(self, values: Mapping[str, Any]) -> tuple[Any, ...]:
        if self.constants:
            values = {**self.constants, **values}
        return tuple([values[name] if convert is None else convert(values[name]) for name, convert in self.parameters])

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


def as_sqlalchemy(dialect: Dialect, error: Exception, sql: str | None = None, *, lost: bool) -> DBAPIError:
    """The error as SQLAlchemy raises it, without the values."""
    base = dialect.loaded_dbapi.Error
    wrapped = DBAPIError.instance(sql, None, error, base, hide_parameters=True, connection_invalidated=lost, dialect=dialect)
    return cast("DBAPIError", wrapped)


class Readable(Protocol):
    """What lists are read through beside SQLAlchemy's connections."""

    def execute(
        self, statement: Executable, parameters: Mapping[str, Any] | None = None, /
    ) -> CursorResult[*tuple[Any, ...]]: ...

    def all(self, statement: Prepared, values: Mapping[str, Any]) -> list[AnyRow]: ...


Reads = Connection | Readable
