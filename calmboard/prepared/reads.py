"""Reads in autocommit without SQLAlchemy's connection."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any

from sqlalchemy import Connection, CursorResult, Engine, Executable
from sqlalchemy.pool import PoolProxiedConnection

from calmboard.db import AnyRow, autocommit, db
from calmboard.errors import Problem
from calmboard.prepared.statements import Prepared, Readable, as_sqlalchemy


class prepared_reads:  # noqa: N801 -- read as the block that it begins; a generator would cost each request twice as much
    """As `autocommit()`, at half its cost: SQLAlchemy's connection is made only where a statement is not prepared."""

    __slots__ = ("_connected", "_connection", "_engine", "_pooled")

    def __init__(self) -> None:
        self._engine = db.engines["autocommit"]
        self._pooled: PoolProxiedConnection | None = None
        self._connected: AbstractContextManager[Connection] | None = None

    def __enter__(self) -> Readable:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._pooled is not None:
            if error is not None and not isinstance(error, Problem):
                self._pooled.invalidate()
            self._pooled.close()
        if self._connected is not None:
            self._connected.__exit__(kind, error, trace)

    def all(self, statement: Prepared, values: Mapping[str, Any]) -> list[AnyRow]:
        if self._pooled is None:
            self._pooled = _checked_out(self._engine)
        return statement.run(self._engine, self._pooled, values)

    def execute(self, statement: Executable, parameters: Mapping[str, Any] | None = None, /) -> CursorResult[*tuple[Any, ...]]:
        if self._connected is None:
            self._connected = autocommit()
            self._connection = self._connected.__enter__()
        return self._connection.execute(statement, parameters)


def _checked_out(engine: Engine) -> PoolProxiedConnection:
    try:
        return engine.raw_connection()
    except engine.dialect.loaded_dbapi.Error as error:
        raise as_sqlalchemy(engine.dialect, error, lost=True) from error
