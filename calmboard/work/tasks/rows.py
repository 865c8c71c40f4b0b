"""Tasks as they are read: their columns, the people on them, lists with filters."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from functools import cache
from operator import attrgetter
from typing import Any

import msgspec
from sqlalchemy import select, true

from calmboard.access.access import Access
from calmboard.access.permissions import access_params, find, narrowed_to, require_scope
from calmboard.access.reads import replica_reads, visible_reads
from calmboard.db import AnyRow, AnySelect, autocommit, db
from calmboard.models import Board, Label, Project, Task, TaskAssignee, TaskLabel, User
from calmboard.models.work import DONE_OR_NOT_YET, DUE_OR_NEVER
from calmboard.pagination import Order, Page, PageRequest, ordered, read_page
from calmboard.prepared import Prepared, Reads, is_one_of
from calmboard.settings import current_settings
from calmboard.work.tasks.conditions import (
    TaskFilters,
    across_boards,
    bind_filters,
    leads_to_few,
    of_board,
    on_board,
    with_candidates,
)
from calmboard.work.text_index.candidates import planned_each_time

COLUMNS = (
    Task.id,
    Task.board_id,
    Task.number,
    Task.title,
    Task.description,
    Task.state,
    Task.rank.label("position"),
    Task.due_date,
    Task.blocked,
    Task.blocked_reason,
    Task.blocked_at,
    Task.pinned,
    Task.sprint_id,
    Task.done_at,
    Task.created_by,
    Task.created_at,
    Task.updated_at,
)

_COLUMNS_OF = attrgetter(*(column.key for column in COLUMNS))

SORTS = {
    "created_at": Order((Task.id,)),
    "-created_at": Order((Task.id,), descending=True),
    "updated_at": Order((Task.updated_at, Task.id)),
    "-updated_at": Order((Task.updated_at, Task.id), descending=True),
    "due_date": Order((DUE_OR_NEVER, Task.id)),
    "-due_date": Order((DUE_OR_NEVER, Task.id), descending=True),
    "done_at": Order((DONE_OR_NOT_YET, Task.id)),
    "-done_at": Order((DONE_OR_NOT_YET, Task.id), descending=True),
    "position": Order((Task.state, Task.rank)),
    "-position": Order((Task.state, Task.rank), descending=True),
}
_POSITION_ACROSS_BOARDS = (Task.board_id, Task.state, Task.rank)
# Positions of cards compare within one board only.
_SORTS_ACROSS_BOARDS = {
    **SORTS,
    "position": Order(_POSITION_ACROSS_BOARDS),
    "-position": Order(_POSITION_ACROSS_BOARDS, descending=True),
}


class TaskRow(msgspec.Struct, frozen=True, gc=False):
    """One task with the people and labels on it; the other fields are COLUMNS, in their order."""

    assignees: Sequence[AnyRow]
    labels: Sequence[AnyRow]
    id: str
    board_id: str
    number: int
    title: str
    description: str
    state: str
    position: str
    due_date: date | None
    blocked: bool
    blocked_reason: str | None
    blocked_at: datetime | None
    pinned: bool
    sprint_id: str | None
    done_at: datetime | None
    created_by: str | None
    created_at: datetime
    updated_at: datetime

    @property
    def url(self) -> str:
        """Its page, where people read it."""
        return f"{current_settings().origin}/tasks/{self.id}"


def list_tasks(access: Access, board_id: str, filters: TaskFilters, sort: str, page_request: PageRequest) -> Page[TaskRow]:
    """The tasks of a board, filtered, in one of SORTS. Four queries, however many tasks.

    Raises NotFound where there is no such board, Forbidden without access.
    """
    require_scope(access, "tasks:read")
    find(access, Board, board_id)
    bound = bind_filters(access, filters)
    with replica_reads(access) as connection:
        names, values = with_candidates(connection, bound, filters.q, board_id)
        statement = _task_list(names, sort, page_request.after is not None)
        page = read_page(connection, statement, page_request, {**values, "board_id": board_id})
        return Page(with_relations(connection, page.rows), page.after)


def list_visible_tasks(access: Access, filters: TaskFilters, sort: str, page_request: PageRequest) -> Page[dict[str, Any]]:
    """The tasks of every visible board, as `list_tasks`, each with its `board_name` and `project_name`. Three queries.

    A name is None to an access without boards:read, projects:read. By position they come board by board.
    """
    require_scope(access, "tasks:read")
    bound = bind_filters(access, filters)
    with visible_reads(access) as (connection, limited):
        narrowed = limited.project_ids is not None
        names, values = with_candidates(connection, bound, filters.q)
        statement = _visible_task_list(db.engine.dialect.name, names, sort, narrowed, page_request.after is not None)
        page = read_page(connection, statement, page_request, {**values, **access_params(limited)})
        tasks = with_relations(connection, page.rows)
    locations = [_location(access, row) for row in page.rows]
    return Page([{**fields_of(task), **location} for task, location in zip(tasks, locations, strict=True)], page.after)


def read_tasks(access: Access, task_ids: Collection[str]) -> dict[str, TaskRow]:
    """Those of the tasks that exist and are visible, by their ids. Three queries, however many tasks."""
    require_scope(access, "tasks:read")
    with autocommit() as connection:
        values = {**access_params(access), "task_ids": task_ids}
        rows = _some_tasks(access.project_ids is not None).all(connection, values)
        return {task.id: task for task in with_relations(connection, rows)}


def with_relations(connection: Reads, rows: Sequence[AnyRow]) -> list[TaskRow]:
    """Join the people and the labels of all the rows, in one query each."""
    if not rows:
        return []
    task_ids = {"task_ids": [row.id for row in rows]}
    people, labels = (_by_task(statement.all(connection, task_ids)) for statement in (_ASSIGNEES, _LABELS))
    return [TaskRow(people.get(row.id, []), labels.get(row.id, []), *_COLUMNS_OF(row)) for row in rows]


def without_relations(row: AnyRow) -> TaskRow:
    """A task that nobody is on and that has no label, which its caller knows."""
    return TaskRow([], [], *_COLUMNS_OF(row))


def fields_of(task: TaskRow) -> dict[str, Any]:
    return {**{name: getattr(task, name) for name in TaskRow.__struct_fields__}, "url": task.url}


def _location(access: Access, row: AnyRow) -> dict[str, str | None]:
    return {
        "board_name": row.board_name if access.has_scope("boards:read") else None,
        "project_name": row.project_name if access.has_scope("projects:read") else None,
    }


def _by_task(rows: Iterable[AnyRow]) -> dict[str, list[AnyRow]]:
    groups: dict[str, list[AnyRow]] = defaultdict(list)
    for row in rows:
        groups[row.task_id].append(row)
    return groups


_ASSIGNEES = Prepared(
    select(TaskAssignee.task_id, User.id, User.name)
    .join(User, User.id == TaskAssignee.user_id)
    .where(is_one_of(TaskAssignee.task_id, "task_ids"))
    .order_by(User.id)
)
_LABELS = Prepared(
    select(TaskLabel.task_id, Label.id, Label.name, Label.colour)
    .join(Label, Label.id == TaskLabel.label_id)
    .where(is_one_of(TaskLabel.task_id, "task_ids"))
    .order_by(Label.id)
)


@cache
def _task_list(filter_names: frozenset[str], sort: str, after_cursor: bool) -> Prepared:
    statement = select(*COLUMNS).where(of_board(filter_names), *on_board(filter_names))
    return _planned(ordered(statement, SORTS[sort], after_cursor=after_cursor), filter_names)


@cache
def _some_tasks(narrowed: bool) -> Prepared:
    statement: AnySelect = select(*COLUMNS).join(Board).where(is_one_of(Task.id, "task_ids"))
    return Prepared(narrowed_to(statement, Board.project_id, narrowed))


@cache
def _visible_task_list(dialect: str, filter_names: frozenset[str], sort: str, narrowed: bool, after_cursor: bool) -> Prepared:
    order = _SORTS_ACROSS_BOARDS[sort]
    boards = select(*COLUMNS, Board.name.label("board_name"), Project.name.label("project_name")).select_from(Board)
    if leads_to_few(filter_names):
        statement = boards.join(Task, Task.board_id == Board.id).where(*across_boards(filter_names))
    else:
        tasks = select(Task.id).where(Task.board_id == Board.id, *on_board(filter_names)).correlate(Board)
        first = ordered(tasks, order, after_cursor=after_cursor).with_only_columns(Task.id)
        statement = _with_first_tasks(boards, first, dialect)
    statement = narrowed_to(statement.join(Project, Project.id == Board.project_id), Board.project_id, narrowed)
    return _planned(ordered(statement, order, after_cursor=after_cursor), filter_names)


def _with_first_tasks(boards: AnySelect, first: AnySelect, dialect: str) -> AnySelect:
    """Of each board as many tasks as a page may take, from an index in their order, so that no board is read to its end."""
    if dialect == "sqlite":
        return boards.join(Task, Task.id.in_(first))
    lateral = first.lateral("first_tasks")
    return boards.join(lateral, true()).join(Task, Task.id == lateral.c.id)


def _planned(statement: AnySelect, filter_names: frozenset[str]) -> Prepared:
    return Prepared(planned_each_time(statement) if "q" in filter_names else statement)
