"""Reads in autocommit without SQLAlchemy's connection."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, cast

from sqlalchemy import Connection, CursorResult, Engine, Executable
from sqlalchemy.pool import ConnectionPoolEntry

from calmboard.db import AnyRow, autocommit, db
from calmboard.engines.patience import PatientPool
from calmboard.errors import Problem
from calmboard.prepared.statements import Prepared, Readable, as_sqlalchemy


class prepared_reads:  # noqa: N801 -- read as the block that it begins; a generator would cost each request twice as much
    """As `autocommit()`, at a fifth of its cost: SQLAlchemy's connection is made only where a statement is not prepared."""

    __slots__ = ("_connected", "_connection", "_engine", "_entry")

    def __init__(self) -> None:
        self._engine = db.engines["autocommit"]
        self._entry: ConnectionPoolEntry | None = None
        self._connected: AbstractContextManager[Connection] | None = None

    def __enter__(self) -> Readable:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._entry is not None:
            if error is not None and not isinstance(error, Problem):
                self._entry.invalidate()
            _pool_of(self._engine).put_back(self._entry)
        if self._connected is not None:
            self._connected.__exit__(kind, error, trace)

    def all(self, statement: Prepared, values: Mapping[str, Any]) -> list[AnyRow]:
        if self._entry is None:
            self._entry = _take_connection(self._engine)
        return statement.run(self._engine, self._entry, values)

    def execute(self, statement: Executable, parameters: Mapping[str, Any] | None = None, /) -> CursorResult[*tuple[Any, ...]]:
        if self._connected is None:
            self._connected = autocommit()
            self._connection = self._connected.__enter__()
        return self._connection.execute(statement, parameters)


def _take_connection(engine: Engine) -> ConnectionPoolEntry:
    try:
        return _pool_of(engine).take()
    except engine.dialect.loaded_dbapi.Error as error:
        raise as_sqlalchemy(engine.dialect, error, lost=True) from error


def _pool_of(engine: Engine) -> PatientPool:
    return cast("PatientPool", engine.pool)
