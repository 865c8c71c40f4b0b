"""The order of cards in a column, and of items in a checklist: a rank each, so that a move writes one row.

A rank is a number in base 62, written as text: ten digits, and more behind them where cards
are close together. Ranks compare as text. Only when a rank grows past a limit is its column
renumbered, after more than a thousand moves into one and the same gap.
"""

from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import ColumnElement, bindparam, func, select, update

from calmboard.clock import now
from calmboard.db import db
from calmboard.models import Board, ChecklistItem, Task
from calmboard.prepared import Prepared, is_one_of

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_VALUES = {digit: value for value, digit in enumerate(_DIGITS)}
_WIDTH = 10
_END = 62**_WIDTH
_STEP = 62**4
_MAX_LENGTH = 240


Gap = tuple[str | None, str | None]
"""The ranks above and below a free position; None stands for an end of the column."""


class NoRankLeft(Exception):
    """Between these two cards no rank is left that is short enough."""


@dataclass(frozen=True, slots=True)
class Column:
    """Rows of a table in the order of their rank: those that meet every condition."""

    table: type[Task] | type[ChecklistItem]
    conditions: tuple[ColumnElement[bool], ...]


def rank_between(above: str | None, below: str | None) -> str:
    """A rank that sorts behind `above` and before `below`; None stands for an end of the column."""
    if above is None and below is None:
        return _encode(_END // 2, _WIDTH)
    if above is None or below is None:
        return _rank_at_end(above, below)
    length = max(len(above), len(below))
    low, high = (_decode(rank.ljust(length, "0")) for rank in (above, below))
    while high - low < 2:
        low, high, length = low * 62, high * 62, length + 1
    if length > _MAX_LENGTH:
        raise NoRankLeft
    return _encode((low + high) // 2, length)


def spread_ranks(number: int) -> list[str]:
    """So many ranks, in order and evenly apart, around the middle."""
    first = _END // 2 - number // 2 * _STEP
    return [_encode(first + index * _STEP, _WIDTH) for index in range(number)]


def rank_at(board_id: str, state: str, position: int | str | None, task_id: str | None = None) -> str | None:
    """A free rank in a column, above the card now at `position`; None, or past the end: at the bottom.

    `position` counts from 0 at the top, or is a rank, of any card, which is above the first card that has it or a later one.
    Locks the board until the commit. `task_id` is the card that moves: it is not counted, and where it is in that position
    already the result is None.
    """
    lock_boards(board_id)
    if position is None and task_id is None:
        with suppress(NoRankLeft):
            return _rank_at_bottom(board_id, state)
    return rank_in(_cards(board_id, state), position, task_id)


def rank_beside(board_id: str, other_id: str, task_id: str | None, *, above: bool) -> tuple[str, str | None] | None:
    """State and, as `rank_at`, a free rank just above or below another card of the board; None where it has no such card."""
    lock_boards(board_id)
    other = select(Task.state, Task.rank).where(Task.id == other_id, Task.board_id == board_id, Task.id != (task_id or ""))
    if (card := db.session.execute(other).first()) is None:
        return None
    try:
        column = _cards(board_id, card.state)
        return card.state, _rank_within(column, _gap(column, card.rank, task_id, above=above), task_id)
    except NoRankLeft:
        _renumber(_cards(board_id, card.state))
        return rank_beside(board_id, other_id, task_id, above=above)


def rank_in(column: Column, position: int | str | None, moving_id: str | None = None) -> str | None:
    """As `rank_at`, in any column. The caller has locked what the column belongs to."""
    try:
        return _rank_within(column, _neighbours(column, position, moving_id), moving_id)
    except NoRankLeft:
        index = _index_of(column, position, moving_id) if isinstance(position, str) else position
        _renumber(column)
        return _rank_within(column, _neighbours(column, index, moving_id), moving_id)


def lock_boards(*board_ids: str) -> None:
    """Keep others from moving cards on these boards until the commit. Lock boards before tasks, never after."""
    _LOCK_BOARDS.all(db.session.connection(), {"board_ids": board_ids})


_LOCK_BOARDS = Prepared(
    select(Board.id).where(is_one_of(Board.id, "board_ids")).order_by(Board.id).with_for_update(key_share=True)
)
_LAST_RANK = Prepared(
    select(Task.rank)
    .where(Task.board_id == bindparam("board_id"), Task.state == bindparam("state"))
    .order_by(Task.rank.desc())
    .limit(1)
)


def _rank_at_bottom(board_id: str, state: str) -> str:
    last = _LAST_RANK.first(db.session.connection(), {"board_id": board_id, "state": state})
    return rank_between(None if last is None else last.rank, None)


def _rank_at_end(above: str | None, below: str | None) -> str:
    number = _decode(above[:_WIDTH]) + _STEP if above is not None else _decode((below or "")[:_WIDTH]) - _STEP
    if not 0 < number < _END:
        raise NoRankLeft
    return _encode(number, _WIDTH)


def _cards(board_id: str, state: str) -> Column:
    return Column(Task, (Task.board_id == board_id, Task.state == state))


def _neighbours(column: Column, position: int | str | None, moving_id: str | None) -> Gap:
    rank = column.table.rank
    ranks = select(rank).where(*column.conditions)
    if moving_id is not None:
        ranks = ranks.where(column.table.id != moving_id)
    if isinstance(position, str):
        above, below = ranks.where(rank < position).order_by(rank.desc()), ranks.where(rank >= position).order_by(rank)
        return db.session.execute(above.limit(1)).scalar(), db.session.execute(below.limit(1)).scalar()
    if position == 0:
        return None, db.session.execute(ranks.order_by(rank).limit(1)).scalar()
    if position is not None:
        pair = db.session.execute(ranks.order_by(rank).offset(position - 1).limit(2)).scalars().all()
        if len(pair) == 2:
            return pair[0], pair[1]
    return db.session.execute(ranks.order_by(rank.desc()).limit(1)).scalar(), None


def _index_of(column: Column, rank: str, moving_id: str | None) -> int:
    """How many rows are above a rank; the rank itself means nothing once its column is renumbered."""
    above = select(func.count()).where(*column.conditions, column.table.rank < rank, column.table.id != (moving_id or ""))
    return db.session.execute(above).scalar_one()


def _gap(column: Column, rank: str, moving_id: str | None, *, above: bool) -> Gap:
    ranks = select(column.table.rank).where(*column.conditions, column.table.id != (moving_id or "")).limit(1)
    if above:
        return db.session.execute(ranks.where(column.table.rank < rank).order_by(column.table.rank.desc())).scalar(), rank
    return rank, db.session.execute(ranks.where(column.table.rank > rank).order_by(column.table.rank)).scalar()


def _rank_within(column: Column, gap: Gap, moving_id: str | None) -> str | None:
    """A rank between two neighbours; None where the row that moves is between them."""
    above, below = gap
    own = select(column.table.rank).where(*column.conditions, column.table.id == (moving_id or ""))
    rank = db.session.execute(own).scalar() if moving_id is not None else None
    if rank is not None and (above or "") < rank and (below is None or rank < below):
        return None
    return rank_between(above, below)


def _renumber(column: Column) -> None:
    """Spread a column's ranks again: first to temporary ranks, since no two rows may share one meanwhile."""
    table = column.table
    rows = select(table.id).where(*column.conditions)
    db.session.execute(rows.order_by(table.id).with_for_update(key_share=True))
    row_ids = db.session.execute(rows.order_by(table.rank)).scalars().all()
    db.session.execute(update(table).where(*column.conditions).values(rank="!" + table.id))
    ranks = spread_ranks(len(row_ids))
    # A task shows its rank, an item of a checklist only its position, which stays.
    shown = {"updated_at": now()} if table is Task else {}
    db.session.execute(
        update(table), [{"id": row_id, "rank": rank, **shown} for row_id, rank in zip(row_ids, ranks, strict=True)]
    )


def _decode(rank: str) -> int:
    number = 0
    for digit in rank:
        number = number * 62 + _VALUES[digit]
    return number


def _encode(number: int, length: int) -> str:
    """Base 62, at least ten digits; trailing zeros after those are insignificant and left out."""
    digits = []
    for _ in range(length):
        number, digit = divmod(number, 62)
        digits.append(_DIGITS[digit])
    text = "".join(reversed(digits))
    return text[:_WIDTH] + text[_WIDTH:].rstrip("0")
