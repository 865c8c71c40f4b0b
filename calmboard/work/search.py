"""Search: by words, over everything an access may see."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, case, or_, select

from calmboard.access.access import Access
from calmboard.access.permissions import access_params, narrowed_to
from calmboard.access.reads import visible_reads
from calmboard.db import AnyRow, AnySelect, Base
from calmboard.models import Board, Comment, Project, Sprint, Task
from calmboard.pagination import contains, like_pattern
from calmboard.prepared import Reads
from calmboard.texts.folding import find_folded, fold
from calmboard.work.text_index.candidates import (
    WALKED,
    Indexed,
    WayName,
    choose_way_to_some,
    joins_by_text,
    named_by_index,
    planned_each_time,
)

MAX_WORDS = 8
MOST_RANKED = 1_000
_EXCERPT_LENGTH = 160
_IN_TEXT = 3


@dataclass(frozen=True, slots=True)
class SearchResult:
    """One result; an excerpt where the words are not all in the title, and names that the access may read."""

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
class SearchResults:
    """The best hits, whether there are more, and the kinds that the access may not read."""

    hits: Sequence[SearchResult]
    more: bool
    not_searched: Sequence[str]


@dataclass(frozen=True, slots=True)
class _Source:
    """A table that is searched: its rows' title, also folded, and text, what of them is searched, and where the rows belong."""

    table: Any
    title: Any
    title_folded: Any
    text: Any
    searched: tuple[Any, ...]
    project_id: Any
    context: tuple[Any, ...] = ()
    joins: tuple[type[Base], ...] = ()
    indexed: Indexed | None = None
    parent_id: Any = None


_ON_BOARD = (Board.id.label("board_id"), Board.name.label("board_name"))
_SOURCES = {
    "project": _Source(
        Project,
        Project.name,
        Project.name_folded,
        Project.description,
        (Project.name_folded, Project.description_folded),
        Project.id,
    ),
    "board": _Source(Board, Board.name, Board.name_folded, Board.name, (Board.name_folded,), Board.project_id, _ON_BOARD),
    "task": _Source(
        Task,
        Task.title,
        Task.title_folded,
        Task.description,
        (Task.title_folded, Task.description_folded),
        Board.project_id,
        (*_ON_BOARD, Task.state),
        (Board,),
        "task",
        Task.board_id,
    ),
    "comment": _Source(
        Comment,
        Task.title,
        Task.title_folded,
        Comment.body,
        (Comment.body_folded,),
        Board.project_id,
        (*_ON_BOARD, Comment.task_id),
        (Task, Board),
        "comment",
        Comment.task_id,
    ),
    "sprint": _Source(
        Sprint,
        Sprint.name,
        Sprint.name_folded,
        Sprint.goal,
        (Sprint.name_folded, Sprint.goal_folded),
        Board.project_id,
        (*_ON_BOARD, Sprint.state),
        (Board,),
    ),
}


def search(access: Access, q: str, kinds: Collection[str] | None = None, limit: int = 20) -> SearchResults:
    """What contains each of the first eight words of `q`, ignoring case: by how well its title matches, then the newest first.

    Of more than MOST_RANKED of a kind it is left open which are compared. At most two queries for each kind; kinds that the
    access may not read are skipped and named.
    """
    words = fold(q).split()[:MAX_WORDS]
    requested = [kind for kind in _SOURCES if kinds is None or kind in kinds]
    readable = [kind for kind in requested if access.has_scope(f"{kind}s:read")]
    values = {**_values(words), "row_limit": limit + 1}
    with visible_reads(access) as (connection, limited):
        values |= access_params(limited)
        rows = [
            (kind, row) for kind in readable for row in _rows(connection, kind, words, limited.project_ids is not None, values)
        ]
    rows.sort(key=lambda found: (found[1].rank, -found[1].updated_at.timestamp()))
    hits = [_result(access, kind, row, words) for kind, row in rows[:limit]]
    return SearchResults(hits, len(rows) > limit, [kind for kind in requested if kind not in readable])


def _rows(connection: Reads, kind: str, words: Sequence[str], narrowed: bool, values: Mapping[str, Any]) -> Sequence[AnyRow]:
    indexed = _SOURCES[kind].indexed
    way = choose_way_to_some(connection, indexed, words, narrowed=narrowed) if indexed else WALKED
    return connection.execute(_statement(kind, len(words), narrowed, way.name), {**values, **way.values}).all()


def _values(words: Sequence[str]) -> dict[str, Any]:
    phrase = " ".join(words)
    like = {f"word_{index}": like_pattern(word) for index, word in enumerate(words)}
    return {**like, "phrase": phrase, "start": (like_pattern(phrase) or "").removeprefix("%")}


@cache
def _statement(kind: str, words: int, narrowed: bool, way: WayName) -> AnySelect:
    source = _SOURCES[kind]
    where = (source.project_id.label("project_id"), Project.name.label("project_name"), *source.context)
    columns = (source.table.id, source.title.label("title"), source.text.label("text"), *where, source.table.updated_at)
    rows: AnySelect = select(*columns, _rank(source.title_folded, words).label("rank")).select_from(source.table)
    for parent in (*source.joins, *((Project,) if source.table is not Project else ())):
        is_first = source.joins[:1] == (parent,)
        rows = rows.join(parent, joins_by_text(parent.id, source.parent_id, way) if is_first and source.indexed else None)
    rows = narrowed_to(rows, source.project_id, narrowed).where(*_conditions(source, words, way))
    found = rows.limit(MOST_RANKED).subquery()
    statement = select(*found.c).order_by(found.c.rank, found.c.updated_at.desc(), found.c.id)
    limited = statement.limit(bindparam("row_limit"))
    return planned_each_time(limited) if source.indexed else limited


def _conditions(source: _Source, words: int, way: WayName) -> Iterator[ColumnElement[bool]]:
    for index in range(words):
        yield or_(*(contains(column, f"word_{index}") for column in source.searched))
    if source.indexed and way != "walked":
        yield named_by_index(source.table.id, source.indexed, way)


def _rank(title: Any, words: int) -> ColumnElement[int]:
    return case(
        (title == bindparam("phrase"), 0),
        (contains(title, "start"), 1),
        (and_(*(contains(title, f"word_{index}") for index in range(words))), 2),
        else_=_IN_TEXT,
    )


def _result(access: Access, kind: str, row: AnyRow, words: Sequence[str]) -> SearchResult:
    context = {name: getattr(row, name, None) for name in ("board_id", "task_id", "state")}
    named = {
        "project_name": row.project_name if access.has_scope("projects:read") else None,
        "board_name": getattr(row, "board_name", None) if access.has_scope("boards:read") else None,
    }
    excerpt = _excerpt(row.text, words) if row.rank == _IN_TEXT or kind == "comment" else None
    return SearchResult(kind, row.id, row.title, row.project_id, **context, **named, excerpt=excerpt)


def _excerpt(text: str, words: Sequence[str]) -> str:
    """The text around the first of the words that stands in it, in one line."""
    start = max(0, find_folded(text, words) - _EXCERPT_LENGTH // 2)
    excerpt = " ".join(text[start : start + _EXCERPT_LENGTH].split())
    return f"{'… ' * (start > 0)}{excerpt}{' …' * (start + _EXCERPT_LENGTH < len(text))}"
