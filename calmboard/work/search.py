"""Search: by words, over everything an access may see."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, case, func, or_, select

from calmboard.access.access import Access
from calmboard.access.permissions import access_params, narrowed_to
from calmboard.db import AnyRow, AnySelect, Base, reading
from calmboard.models import Board, Comment, Project, Sprint, Task
from calmboard.pagination import text_to_find

MOST_WORDS = 8
_EXCERPT_LENGTH = 160
_IN_TEXT = 3


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Something that was found; an excerpt where the words are not all in the title, and names that the access may read."""

    kind: str
    id: str
    title: str
    project_id: str
    project_name: str | None
    board_id: str | None
    board_name: str | None
    task_id: str | None
    state: str | None
    excerpt: str | None


@dataclass(frozen=True, slots=True)
class Found:
    """The best hits, whether there are more, and the kinds that the access may not read."""

    hits: Sequence[SearchResult]
    more: bool
    not_searched: Sequence[str]


@dataclass(frozen=True, slots=True)
class _Place:
    """A table that is searched: its rows' title and text, which of the two count, and where the rows are at home."""

    table: Any
    title: Any
    text: Any
    searched: tuple[Any, ...]
    project_id: Any
    home: tuple[Any, ...] = ()
    via: tuple[type[Base], ...] = ()


_ON_BOARD = (Board.id.label("board_id"), Board.name.label("board_name"))
_PLACES = {
    "project": _Place(Project, Project.name, Project.description, (Project.name, Project.description), Project.id),
    "board": _Place(Board, Board.name, Board.name, (Board.name,), Board.project_id, _ON_BOARD),
    "task": _Place(
        Task, Task.title, Task.description, (Task.title, Task.description), Board.project_id, (*_ON_BOARD, Task.state), (Board,)
    ),
    "comment": _Place(
        Comment, Task.title, Comment.body, (Comment.body,), Board.project_id, (*_ON_BOARD, Comment.task_id), (Task, Board)
    ),
    "sprint": _Place(
        Sprint, Sprint.name, Sprint.goal, (Sprint.name, Sprint.goal), Board.project_id, (*_ON_BOARD, Sprint.state), (Board,)
    ),
}


def search(access: Access, q: str, kinds: Collection[str] | None = None, limit: int = 20) -> Found:
    """What holds each of the first eight words of `q`, whatever the case: by how well its title fits, then the newest first.

    At most one query for each kind; kinds that the access may not read are left out and named.
    """
    words = q.split()[:MOST_WORDS]
    asked = [kind for kind in _PLACES if kinds is None or kind in kinds]
    readable = [kind for kind in asked if access.holds(f"{kind}s:read")]
    values = {**access_params(access), **_values(words), "one_more": limit + 1}
    with reading() as connection:
        rows = [
            (kind, row)
            for kind in readable
            for row in connection.execute(_statement(kind, len(words), access.project_ids is not None), values)
        ]
    rows.sort(key=lambda found: (found[1].rank, -found[1].updated_at.timestamp()))
    hits = [_hit(access, kind, row, words) for kind, row in rows[:limit]]
    return Found(hits, len(rows) > limit, [kind for kind in asked if kind not in readable])


def _values(words: Sequence[str]) -> dict[str, Any]:
    whole = " ".join(words)
    like = {f"word_{number}": text_to_find(word) for number, word in enumerate(words)}
    return {**like, "whole": whole, "start": (text_to_find(whole) or "").removeprefix("%")}


@cache
def _statement(kind: str, words: int, narrowed: bool) -> AnySelect:
    place = _PLACES[kind]
    rank = _rank(place.title, words).label("rank")
    where = (place.project_id.label("project_id"), Project.name.label("project_name"), *place.home)
    columns = (place.table.id, place.title.label("title"), place.text.label("text"), *where, place.table.updated_at, rank)
    statement: AnySelect = select(*columns).select_from(place.table)
    for parent in (*place.via, *((Project,) if place.table is not Project else ())):
        statement = statement.join(parent)
    held = (or_(*(_holds(column, f"word_{number}") for column in place.searched)) for number in range(words))
    statement = narrowed_to(statement, place.project_id, narrowed).where(*held)
    return statement.order_by(rank, place.table.updated_at.desc(), place.table.id).limit(bindparam("one_more"))


def _rank(title: Any, words: int) -> ColumnElement[int]:
    return case(
        (func.lower(title) == func.lower(bindparam("whole")), 0),
        (_holds(title, "start"), 1),
        (and_(*(_holds(title, f"word_{number}") for number in range(words))), 2),
        else_=_IN_TEXT,
    )


def _holds(column: Any, name: str) -> ColumnElement[bool]:
    return func.lower(column).like(func.lower(bindparam(name)), escape="\\")


def _hit(access: Access, kind: str, row: AnyRow, words: Sequence[str]) -> SearchResult:
    home = {name: getattr(row, name, None) for name in ("board_id", "task_id", "state")}
    named = {
        "project_name": row.project_name if access.holds("projects:read") else None,
        "board_name": getattr(row, "board_name", None) if access.holds("boards:read") else None,
    }
    excerpt = _excerpt(row.text, words) if row.rank == _IN_TEXT or kind == "comment" else None
    return SearchResult(kind, row.id, row.title, row.project_id, **home, **named, excerpt=excerpt)


def _excerpt(text: str, words: Sequence[str]) -> str:
    """The text around the first of the words that stands in it, in one line."""
    places = [place for word in words if (place := text.lower().find(word.lower())) >= 0]
    start = max(0, min(places, default=0) - _EXCERPT_LENGTH // 2)
    cut = " ".join(text[start : start + _EXCERPT_LENGTH].split())
    return f"{'… ' * (start > 0)}{cut}{' …' * (start + _EXCERPT_LENGTH < len(text))}"
