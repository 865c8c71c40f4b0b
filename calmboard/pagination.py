"""Lists are read in pages, each found by the last row of the one before it (keyset pagination)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Connection, bindparam, func, tuple_

from calmboard.db import AnyRow, AnySelect

MAX_LIMIT = 100
DEFAULT_LIMIT = 25

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PageRequest:
    """The part of a list that is asked for: at most `limit` rows behind the key `after`."""

    limit: int = DEFAULT_LIMIT
    after: tuple[Any, ...] | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One part of a list; `after` is the key of its last row where more rows follow."""

    rows: Sequence[T]
    after: tuple[Any, ...] | None


@dataclass(frozen=True, slots=True)
class Order:
    """The columns a list is sorted by; together they are unique."""

    columns: tuple[Any, ...]
    descending: bool = False


def order_and_limit(statement: AnySelect, order: Order, *, after_cursor: bool) -> AnySelect:
    """Sort a statement and cut it; `after_cursor` starts behind the row named by `after`."""
    keys = [column.label(f"after_{number}") for number, column in enumerate(order.columns)]
    if after_cursor:
        row, last = tuple_(*order.columns), tuple_(*_last_values(order))
        statement = statement.where(row < last if order.descending else row > last)
    sorting = [column.desc() if order.descending else column for column in order.columns]
    return statement.add_columns(*keys).order_by(*sorting).limit(bindparam("one_more"))


def read_page(connection: Connection, statement: AnySelect, cut: PageRequest, values: dict[str, Any]) -> Page[AnyRow]:
    """Run a statement made by `order_and_limit`. It reads one row more than asked, to know whether more follow."""
    last = {f"after_{number}": value for number, value in enumerate(cut.after or ())}
    rows = connection.execute(statement, {**values, **last, "one_more": cut.limit + 1}).all()
    if len(rows) <= cut.limit:
        return Page(rows, None)
    return Page(rows[: cut.limit], _key_of(rows[cut.limit - 1]))


def contains(column: Any) -> ColumnElement[bool]:
    """A condition: the column holds the text bound as `q`, whatever the case."""
    return func.lower(column).like(func.lower(bindparam("q")), escape="\\")


def text_to_find(q: str | None) -> str | None:
    """The value for `contains`: signs that mean something to LIKE stand for themselves."""
    return q and "%" + q.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"


def _last_values(order: Order) -> list[Any]:
    return [bindparam(f"after_{number}", type_=column.type) for number, column in enumerate(order.columns)]


def _key_of(row: AnyRow) -> tuple[Any, ...]:
    return tuple(value for name, value in row._mapping.items() if name.startswith("after_"))
