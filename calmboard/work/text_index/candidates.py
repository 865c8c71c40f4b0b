"""Whether few tasks or comments contain a part of a text, and how a statement comes to these few.

SQLite knows nothing of it: its index of parts is asked first, and where that names few rows only these are read. PostgreSQL plans
each statement for the words it is run with, by its statistics, and so knows by itself for one board; of all that a person sees
it knows too little, and is asked first too. What many contain is walked until enough is found. The statement itself always
compares the texts.
"""

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from itertools import islice
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, Select, column, func, literal_column, or_, select, table, text, true

from calmboard.db import AnySelect, db
from calmboard.engines import PLANNED_EACH_TIME
from calmboard.models import Comment, Project, Task
from calmboard.pagination import contains, like_pattern
from calmboard.prepared import Reads, bound_list

# Rows that are read because the index names them; of more, walking finds enough soon.
MOST_CANDIDATES = 1_000
_PART_LENGTH = 3
_MOST_PARTS = 24

Indexed = Literal["task", "title", "comment"]
WayName = Literal["named", "named_on_board", "named_visible", "named_in_projects", "compared", "walked"]
WAYS_TO_ALL: tuple[WayName, ...] = ("named", "named_on_board", "compared")
_TO_SOME = ("named_visible", "named_in_projects")


class Way(NamedTuple):
    """How a statement comes to its rows, and what the condition of it is bound to."""

    name: WayName
    values: Mapping[str, Any]


WALKED = Way("walked", {})
_TABLES: dict[Indexed, str] = {"task": "search_tasks", "title": "search_tasks", "comment": "search_comments"}
_TEXTS: dict[Indexed, tuple[Any, ...]] = {
    "task": (Task.title_folded, Task.description_folded),
    "title": (Task.title_folded,),
    "comment": (Comment.body_folded,),
}
_ROWS = table("search_rows", column("number"), column("row_id"))
_WAITING = table("search_waiting", column("row_id"))


def planned_each_time(statement: AnySelect) -> AnySelect:
    """A statement whose best plan depends on the words it is run with."""
    return statement.execution_options(**{PLANNED_EACH_TIME: True})


def choose_way(connection: Reads, indexed: Indexed, words: Sequence[str], board_id: str | None = None) -> Way:
    """How to come to all rows that contain all of these folded words, on a board or anywhere."""
    if db.engine.dialect.name == "postgresql":
        return WALKED if board_id is not None else _choose_by_counting(connection, indexed, words)
    if not (query := _query(indexed, words)):
        return WALKED
    values = {"parts": query, "in_board": board_id}
    name: WayName = "named" if board_id is None else "named_on_board"
    number: int = connection.execute(_count(indexed, name), values).scalar_one()
    return WALKED if number > MOST_CANDIDATES else Way(name, values)


def choose_way_to_some(connection: Reads, indexed: Indexed, words: Sequence[str], *, narrowed: bool) -> Way:
    """The same for a statement that takes MOST_CANDIDATES at most, whichever: where there are more, it gets visible ones."""
    way = choose_way(connection, indexed, words)
    if way.name != "walked" or not (query := _query(indexed, words)):
        return way
    return Way("named_in_projects" if narrowed else "named_visible", {"parts": query})


def joins_by_text(parent_id: ColumnElement[str], column: ColumnElement[str], name: WayName) -> ColumnElement[bool] | None:
    """How a table of texts is joined to its parent; in a way by text not so that the parent could lead to all that is in it."""
    condition: ColumnElement[bool] = parent_id == column.concat(literal_column("''"))
    return None if name == "walked" else condition


@cache
def named_by_index(row_id: ColumnElement[str], indexed: Indexed, name: WayName) -> ColumnElement[bool]:
    """A condition: the index names the row for the words, or the row waits to be taken in."""
    if name == "compared":
        return true()
    hits = _hits(indexed, name).limit(MOST_CANDIDATES) if name in _TO_SOME else _hits(indexed, name)
    named = select(_ROWS.c.row_id).where(_ROWS.c.number.in_(hits))
    condition: ColumnElement[bool] = row_id.in_(named.union_all(select(_WAITING.c.row_id)))
    return condition


def _choose_by_counting(connection: Reads, indexed: Indexed, words: Sequence[str]) -> Way:
    if not _parts(words):
        return WALKED
    values = {f"part_{index}": like_pattern(word) for index, word in enumerate(words)}
    number: int = connection.execute(_count_texts(indexed, len(words)), values).scalar_one()
    return WALKED if number > MOST_CANDIDATES else Way("compared", {})


@cache
def _count_texts(indexed: Indexed, words: int) -> AnySelect:
    contained = (or_(*(contains(each, f"part_{index}") for each in _TEXTS[indexed])) for index in range(words))
    found = select(literal_column("1")).where(*contained).limit(MOST_CANDIDATES + 1).subquery()
    return planned_each_time(select(func.count()).select_from(found))


@cache
def _count(indexed: Indexed, name: WayName) -> AnySelect:
    return select(func.count()).select_from(_hits(indexed, name).limit(MOST_CANDIDATES + 1).subquery())


def _hits(indexed: Indexed, name: WayName) -> Select[Any]:
    """The numbers that the index names, also of rows that are gone; SQLite keeps the order of tables that are cross joined."""
    sql = text(_HITS[name].replace("HITS", _TABLES[indexed]))
    if name == "named_in_projects":
        sql = sql.bindparams(bound_list("allowed_project_ids", Project.id))
    return select(sql.columns(column("number")).subquery("hits").c.number)


_MATCHING = "SELECT HITS.rowid AS number FROM "
# The numbers of a board's rows lie side by side, so that FTS5 reads no others.
_ON_BOARD = (
    " CROSS JOIN HITS WHERE HITS MATCH :parts"
    " AND HITS.rowid BETWEEN search_boards.number << 32 AND ((search_boards.number + 1) << 32) - 1"
)
_VISIBLE = (
    f"{_MATCHING} memberships CROSS JOIN boards ON boards.project_id = memberships.project_id"
    f" CROSS JOIN search_boards ON search_boards.board_id = boards.id {_ON_BOARD} AND memberships.user_id = :access_user_id"
)
_HITS: dict[WayName, str] = {
    "named": f"{_MATCHING} HITS WHERE HITS MATCH :parts",
    "named_on_board": f"{_MATCHING} search_boards {_ON_BOARD} AND search_boards.board_id = :in_board",
    "named_visible": _VISIBLE,
    "named_in_projects": f"{_VISIBLE} AND memberships.project_id IN (SELECT value FROM json_each(:allowed_project_ids))",  # noqa: S608 -- a parameter
}


def _query(indexed: Indexed, words: Collection[str]) -> str | None:
    """The words for FTS5, each part a string of its own; None where there is no such index, or no word is as long as a part."""
    if db.engine.dialect.name != "sqlite" or not (parts := _parts(words)):
        return None
    quoted = " AND ".join('"{}"'.format(part.replace('"', '""')) for part in parts)
    return f"title : ({quoted})" if indexed == "title" else quoted


def _parts(words: Collection[str]) -> list[str]:
    """All that three characters of the words in a row make, as far as they narrow the search down."""
    pieces = (word[start : start + _PART_LENGTH] for word in words for start in range(len(word) - _PART_LENGTH + 1))
    return list(islice(dict.fromkeys(pieces), _MOST_PARTS))
