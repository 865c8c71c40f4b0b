"""How many tasks there are of each kind: by state, person, label, sprint or board."""

from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from sqlalchemy import bindparam, func, null, select
from sqlalchemy.orm import InstrumentedAttribute

from calmboard.access.access import Access
from calmboard.access.permissions import access_params, find, narrowed_to, require_scope
from calmboard.access.reads import visible_reads
from calmboard.db import AnySelect, Base
from calmboard.models import Board, Label, Sprint, Task, TaskAssignee, TaskLabel, User
from calmboard.models.columns import STATES
from calmboard.work.tasks.conditions import TaskFilters, across_boards, bind_filters, on_board

GroupBy = Literal["state", "assignee", "label", "sprint", "board"]


@dataclass(frozen=True, slots=True)
class TaskCount:
    """So many tasks of one group; `id` None: those that have no such thing. `name` is None where it may not be read."""

    id: str | None
    name: str | None
    count: int


@dataclass(frozen=True, slots=True)
class _Group:
    """What tasks are counted by: its id and name, who may read the name, and the tables that lead to it from a task."""

    id: Any
    name: Any
    scope: str
    joins: tuple[tuple[type[Base], InstrumentedAttribute[Any], InstrumentedAttribute[Any]], ...] = ()


_GROUPS = {
    "state": _Group(Task.state, null(), "tasks:read"),
    "assignee": _Group(
        User.id, User.name, "tasks:read", ((TaskAssignee, TaskAssignee.task_id, Task.id), (User, User.id, TaskAssignee.user_id))
    ),
    "label": _Group(
        Label.id, Label.name, "tasks:read", ((TaskLabel, TaskLabel.task_id, Task.id), (Label, Label.id, TaskLabel.label_id))
    ),
    "sprint": _Group(Sprint.id, Sprint.name, "sprints:read", ((Sprint, Sprint.id, Task.sprint_id),)),
    "board": _Group(Board.id, Board.name, "boards:read"),
}


def count_tasks(access: Access, filters: TaskFilters, group_by: GroupBy, board_id: str | None = None) -> list[TaskCount]:
    """The tasks of a board, or of every visible one, that the filters leave, counted in groups.

    States come in the order of the board, others by how many they are. A task with two labels counts in both.
    Raises NotFound where there is no such board, Forbidden without access.
    """
    require_scope(access, "tasks:read")
    if board_id is not None:
        find(access, Board, board_id)
    names, values = bind_filters(access, filters)
    with visible_reads(access) as (connection, limited):
        statement = _counts(names, group_by, limited.project_ids is not None, board_id is not None)
        rows = connection.execute(statement, {**values, **access_params(limited), "on_board_id": board_id}).all()
    named = access.has_scope(_GROUPS[group_by].scope)
    counts = [TaskCount(row.id, row.name if named else None, row.number) for row in rows]
    return sorted(counts, key=lambda count: STATES.index(count.id)) if group_by == "state" else counts


@cache
def _counts(filter_names: frozenset[str], group_by: str, narrowed: bool, of_board: bool) -> AnySelect:
    group = _GROUPS[group_by]
    number = func.count().label("number")
    statement: AnySelect = select(group.id.label("id"), group.name.label("name"), number).select_from(Task).join(Board)
    for table, column, parent in group.joins:
        statement = statement.outerjoin(table, column == parent)
    conditions = on_board(filter_names) if of_board else across_boards(filter_names)
    statement = narrowed_to(statement, Board.project_id, narrowed).where(*conditions)
    if of_board:
        statement = statement.where(Task.board_id == bindparam("on_board_id"))
    grouped = (group.id,) if group_by == "state" else (group.id, group.name)
    return statement.group_by(*grouped).order_by(number.desc(), group.id)
