"""What the drivers do without SQLAlchemy: the text of a statement, and its rows as tuples."""

import sqlite3
from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, ClauseElement, Dialect
from sqlalchemy.dialects.postgresql import psycopg

from calmboard.engines.postgres import PreparingConnection

# Lists that a statement itself holds become parameters, one for each value.
POSTCOMPILE = {"render_postcompile": True}


def compile_for_driver(statement: ClauseElement, dialect: Dialect) -> tuple[str, Sequence[str], dict[str, BindParameter[Any]]]:
    """The SQL with parameters by number, their names in that order, and what each is bound as."""
    numbered = _numbered() if dialect.name == "postgresql" else dialect
    compiled: Any = statement.compile(dialect=numbered, compile_kwargs=POSTCOMPILE)
    return str(compiled), compiled.positiontup or (), compiled.binds


def fetch(connection: Any, sql: str, values: Sequence[Any], *, once: bool = False) -> list[tuple[Any, ...]]:
    """All rows, by a statement that the connection keeps, or plans for these values alone. Raises the driver's errors."""
    if isinstance(connection, PreparingConnection):
        return connection.fetch_once(sql, values) if once else connection.fetch(sql, values)
    cursor: sqlite3.Cursor = connection.execute(sql, values)
    return cursor.fetchall()


@cache
def _numbered() -> Dialect:
    return psycopg.dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]
