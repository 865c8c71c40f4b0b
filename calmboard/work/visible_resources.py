"""Visible resources: listed in pages, and matched with an id or name that somebody is typing."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import bindparam, case, literal, null, or_, select, union_all

from calmboard.access.access import Access
from calmboard.access.permissions import access_params, find, narrowed_to, require_scope
from calmboard.access.reads import visible_reads
from calmboard.db import AnyRow, AnySelect, Base
from calmboard.errors import NotFound
from calmboard.models import Board, Project, Sprint, Task
from calmboard.pagination import Order, Page, PageRequest, contains, like_pattern, order_and_limit, read_page
from calmboard.prepared import Prepared
from calmboard.texts.folding import fold

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

    Sprints may be narrowed to those of a board. One query.
    """
    require_scope(access, _KINDS[kind].scope)
    if len(text) > _MAX_NAME_LENGTH or "\0" in text:
        return ()
    like = like_pattern(text) or "%"
    start = like.removeprefix("%") if text.startswith(f"{_KINDS[kind].prefix}_") else ""
    values = {"exact": fold(text), "q": like, "start": start, "limit": limit, "board_id": board_id}
    with visible_reads(access) as (connection, limited):
        statement = _matching(kind, limited.project_ids is not None, board_id is not None)
        return connection.execute(statement, {**access_params(limited), **values}).all()


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
def _matching(kind: str, narrowed: bool, on_board: bool) -> AnySelect:
    named = _KINDS[kind]
    statement: AnySelect = select(named.table.id, named.name.label("name")).select_from(named.table)
    for parent in named.joins:
        statement = statement.join(parent)
    is_inexact = case((named.folded == bindparam("exact"), 0), else_=1).label("is_inexact")
    starts = named.table.id.like(bindparam("start"), escape="\\")
    statement = narrowed_to(statement, named.project_id, narrowed).where(or_(starts, contains(named.folded)))
    if on_board:
        statement = statement.where(named.table.board_id == bindparam("board_id"))
    return statement.add_columns(is_inexact).order_by(is_inexact, named.table.id).limit(bindparam("limit"))
