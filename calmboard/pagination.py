"""Lists are read in pages, each found by the last row of the one before it (keyset pagination)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, bindparam, tuple_

from calmboard.db import AnyRow, AnySelect
from calmboard.prepared import Prepared, Reads
from calmboard.texts.folding import fold

MAX_LIMIT = 100
DEFAULT_LIMIT = 25

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PageRequest:
    """The page of a list that is requested: at most `limit` rows behind the key `after`."""

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


def order_and_limit(statement: AnySelect, order: Order, *, after_cursor: bool) -> Prepared:
    """A page of a statement, prepared; `after_cursor` starts behind the row named by `after`."""
    return Prepared(ordered(statement, order, after_cursor=after_cursor))


def ordered(statement: AnySelect, order: Order, *, after_cursor: bool) -> AnySelect:
    """The statement sorted and limited."""
    keys = [column.label(f"after_{index}") for index, column in enumerate(order.columns)]
    if after_cursor:
        row, cursor = tuple_(*order.columns), tuple_(*_cursor_params(order))
        statement = statement.where(row < cursor if order.descending else row > cursor)
    sorting = [column.desc() if order.descending else column for column in order.columns]
    return statement.add_columns(*keys).order_by(*sorting).limit(bindparam("row_limit"))


def read_page(connection: Reads, statement: Prepared, page_request: PageRequest, values: dict[str, Any]) -> Page[AnyRow]:
    """Run a statement made by `order_and_limit`. It reads one row more than requested, to know whether more follow."""
    cursor = {f"after_{index}": value for index, value in enumerate(page_request.after or ())}
    rows = statement.all(connection, {**values, **cursor, "row_limit": page_request.limit + 1})
    if len(rows) <= page_request.limit:
        return Page(rows, None)
    return Page(rows[: page_request.limit], _cursor_of(rows[page_request.limit - 1]))


def contains(column: Any, name: str = "q") -> ColumnElement[bool]:
    """A condition: the column, a folded one, contains the text bound by this name."""
    condition: ColumnElement[bool] = column.like(bindparam(name), escape="\\")
    return condition


def like_pattern(q: str | None) -> str | None:
    """The value for `contains`: folded, and characters that mean something to LIKE are escaped."""
    return q and "%" + fold(q).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"


def _cursor_params(order: Order) -> list[Any]:
    return [bindparam(f"after_{index}", type_=column.type) for index, column in enumerate(order.columns)]


def _cursor_of(row: AnyRow) -> tuple[Any, ...]:
    return tuple(value for name, value in row._mapping.items() if name.startswith("after_"))
