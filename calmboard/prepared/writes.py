"""Rows that are written by the driver itself, in the transaction of the session."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import bindparam, insert, inspect

from calmboard.db import Base, db
from calmboard.prepared.statements import Prepared


def insert_row(model: type[Base], values: Mapping[str, Any]) -> dict[str, Any]:
    """Insert a row with the defaults of its table, and return it; the caller commits."""
    row = _Row(values)
    for name, default in _defaults(model):
        if name not in row:
            row[name] = default.arg(row) if default.is_callable else default.arg
    _insert(model).all(db.session.connection(), row)
    return row


class _Row(dict[str, Any]):
    """A row that is being made; a default takes from it what it is derived from, as from SQLAlchemy's context."""

    def get_current_parameters(self) -> dict[str, Any]:
        return self


@cache
def _defaults(model: type[Base]) -> list[tuple[str, Any]]:
    columns = inspect(model).local_table.columns
    return [(column.key, column.default or _NOTHING) for column in columns]


class _Nothing:
    is_callable = False
    arg = None


_NOTHING = _Nothing()


@cache
def _insert(model: type[Base]) -> Prepared:
    columns = inspect(model).local_table.columns
    return Prepared(insert(model).values({column.key: bindparam(column.key, type_=column.type) for column in columns}))
