"""Visible resources: listed in pages, and matched with an id or name that somebody is typing."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, case, literal, null, or_, select, union_all

from calmboard.access.access import Access
from calmboard.access.permissions import access_params, find, narrowed_to, require_scope
from calmboard.access.reads import visible_reads
from calmboard.db import AnyRow, AnySelect, Base
from calmboard.errors import NotFound
from calmboard.models import Board, Project, Sprint, Task
from calmboard.pagination import Order, Page, PageRequest, contains, like_pattern, order_and_limit, read_page
from calmboard.prepared import Prepared
from calmboard.texts.folding import fold
from calmboard.work.text_index.candidates import (
    WALKED,
    WayName,
    choose_way_to_some,
    joins_by_text,
    named_by_index,
    planned_each_time,
)

MOST_MATCHES = 500
_MAX_NAME_LENGTH = 200


@dataclass(frozen=True, slots=True)
class _NamedTable:
    """A table whose rows have a name, also folded, and which column, through which joins, leads to their project."""

    prefix: str
    table: Any
    name: Any
    folded: Any
    scope: str
    project_id: Any
    joins: tuple[type[Base], ...] = ()


_KINDS = {
    "project": _NamedTable("prj", Project, Project.name, Project.name_folded, "projects:read", Project.id),
    "board": _NamedTable("brd", Board, Board.name, Board.name_folded, "boards:read", Board.project_id),
    "task": _NamedTable("tsk", Task, Task.title, Task.title_folded, "tasks:read", Board.project_id, (Board,)),
    "sprint": _NamedTable("spr", Sprint, Sprint.name, Sprint.name_folded, "sprints:read", Board.project_id, (Board,)),
}
_TABLES = {kind.prefix: kind.table for kind in _KINDS.values()}


def list_projects_and_boards(access: Access, kinds: Collection[str], page_request: PageRequest) -> Page[AnyRow]:
    """Projects, oldest first, each followed by its boards, as `kinds` says; one query.

    A project's own row has an empty `board_id`; `project_name` is None to an access without projects:read.
    """
    require_scope(access, *(_KINDS[kind].scope for kind in kinds))
    with visible_reads(access) as (connection, limited):
        statement = _projects_and_boards(
            tuple(kinds), access.has_scope("projects:read"), limited.project_ids is not None, page_request.after is not None
        )
        return read_page(connection, statement, page_request, access_params(limited))


def match_names(access: Access, kind: str, text: str, limit: int, board_id: str | None = None) -> Sequence[AnyRow]:
    """Id and name of what has an id that starts with the text, or a name that contains it; an exact match comes first.

    Of more than MOST_MATCHES it is left open which are compared. Sprints may be narrowed to those of a board. Two queries.
    """
    require_scope(access, _KINDS[kind].scope)
    if len(text) > _MAX_NAME_LENGTH or "\0" in text:
        return ()
    values = {"exact": fold(text), "q": like_pattern(text) or "%", "limit": limit, "board_id": board_id}
    if by_id := text.startswith(f"{_KINDS[kind].prefix}_"):
        values |= {"start": text, "end": f"{text}\x7f"}
    with visible_reads(access) as (connection, limited):
        narrowed = limited.project_ids is not None
        way = choose_way_to_some(connection, "title", (fold(text),), narrowed=narrowed) if kind == "task" else WALKED
        statement = _matching(kind, narrowed, board_id is not None, by_id, way.name)
        return connection.execute(statement, {**access_params(limited), **values, **way.values}).all()


def require_visible(access: Access, row_ids: Iterable[str], *, ignore_missing: bool = False) -> None:
    """Raises NotFound and Forbidden as `find` does for the first project, board, task or sprint that is not visible."""
    for row_id in row_ids:
        try:
            find(access, _TABLES[row_id.partition("_")[0]], row_id)
        except NotFound:
            if not ignore_missing:
                raise


@cache
def _projects_and_boards(kinds: tuple[str, ...], named: bool, narrowed: bool, after_cursor: bool) -> Prepared:
    parent_name = Project.name if named else null()
    parts = {
        "project": select(
            Project.id.label("project_id"), literal("").label("board_id"), Project.name, Project.name.label("project_name")
        ),
        "board": select(Board.project_id, Board.id, Board.name, parent_name).join(Project, Project.id == Board.project_id),
    }
    visible_parts = (narrowed_to(parts[kind], _KINDS[kind].project_id, narrowed) for kind in kinds)
    rows = union_all(*visible_parts).subquery("projects_and_boards")
    project_id, board_id, name, project_name = rows.c
    columns = (project_id.label("project_id"), board_id.label("board_id"), name.label("name"), project_name.label("project_name"))
    return order_and_limit(select(*columns), Order((project_id, board_id)), after_cursor=after_cursor)


@cache
def _matching(kind: str, narrowed: bool, on_board: bool, by_id: bool, way: WayName) -> AnySelect:
    named = _KINDS[kind]
    rows: AnySelect = select(named.table.id, named.name.label("name")).select_from(named.table)
    for parent in named.joins:
        rows = rows.join(parent, joins_by_text(parent.id, named.table.board_id, way))  # type: ignore[attr-defined]
    is_inexact = case((named.folded == bindparam("exact"), 0), else_=1).label("is_inexact")
    rows = narrowed_to(rows.add_columns(is_inexact), named.project_id, narrowed).where(_fits(named, by_id, way))
    if on_board:
        rows = rows.where(named.table.board_id == bindparam("board_id"))
    found = rows.limit(MOST_MATCHES).subquery()
    statement = select(*found.c).order_by(found.c.is_inexact, found.c.id).limit(bindparam("limit"))
    return planned_each_time(statement) if kind == "task" else statement


def _fits(named: _NamedTable, by_id: bool, way: WayName) -> ColumnElement[bool]:
    by_name = contains(named.folded)
    if way != "walked":
        by_name = and_(named_by_index(named.table.id, "title", way), by_name)
    start = and_(named.table.id >= bindparam("start"), named.table.id < bindparam("end"))
    return or_(start, by_name) if by_id else by_name
