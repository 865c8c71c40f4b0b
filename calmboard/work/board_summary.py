"""The summary of a board: what is blocked, late and in review, who is assigned what, and the sprints to come."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from typing import Any

from sqlalchemy import ColumnElement, bindparam, func, select

from calmboard.access.access import Access
from calmboard.access.permissions import require_scope
from calmboard.access.reads import replica_reads
from calmboard.clock import now
from calmboard.db import AnyRow, AnySelect
from calmboard.models import Sprint, Task, TaskAssignee, User
from calmboard.prepared import Reads
from calmboard.work.boards import read_board
from calmboard.work.sprints.lifecycle import COLUMNS as SPRINT_COLUMNS
from calmboard.work.tasks.rows import COLUMNS, TaskRow, with_relations

_MAX_HIGHLIGHTED = 20
_MAX_PEOPLE = 50
_MAX_TASKS_EACH = 10
_MAX_PLANNED = 10


@dataclass(frozen=True, slots=True)
class HighlightedTask:
    """Tasks that need attention: how many in all, and the first of them."""

    count: int
    tasks: Sequence[TaskRow]


@dataclass(frozen=True, slots=True)
class Workload:
    """A person with the number of their tasks that are not done, and the first of those."""

    id: str
    name: str
    count: int
    tasks: Sequence[AnyRow]


def summarize_board(access: Access, board_id: str) -> dict[str, Any]:
    """A board with its columns, `blocked`, `late`, `in_review`, `people`, `unassigned_count` and sprints. Ten queries at most.

    Sprints are omitted for an access without sprints:read. Raises NotFound and Forbidden as `find` does.
    """
    require_scope(access, "boards:read", "tasks:read")
    board = read_board(access, board_id)
    values = {"board_id": board_id, "today": now().date()}
    with replica_reads(access) as connection:
        sprints = connection.execute(_OPEN_SPRINTS, values).all() if access.has_scope("sprints:read") else []
        return {
            **board,
            **_highlighted_tasks(connection, values),
            "active_sprint": next((sprint for sprint in sprints if sprint.state == "active"), None),
            "planned_sprints": [sprint for sprint in sprints if sprint.state == "planned"][:_MAX_PLANNED],
            "people": _workloads(connection.execute(_ASSIGNED, values).all()),
            "unassigned_count": connection.execute(_UNASSIGNED, values).scalar_one(),
        }


def _highlighted_tasks(connection: Reads, values: dict[str, Any]) -> dict[str, HighlightedTask]:
    rows = {name: connection.execute(statement, values).all() for name, statement in _HIGHLIGHTED.items()}
    tasks = iter(with_relations(connection, [row for found in rows.values() for row in found]))
    return {
        name: HighlightedTask(found[0].total if found else 0, list(islice(tasks, len(found)))) for name, found in rows.items()
    }


def _workloads(rows: Sequence[AnyRow]) -> list[Workload]:
    people = [list(tasks) for _, tasks in groupby(rows, lambda row: row.user_id)]
    return [Workload(tasks[0].user_id, tasks[0].name, tasks[0].total, tasks) for tasks in people[:_MAX_PEOPLE]]


_ON_BOARD = Task.board_id == bindparam("board_id")
_OPEN = Task.state != "done"
_IS_LATE = Task.due_date < bindparam("today", type_=Task.due_date.type)


def _first(*conditions: ColumnElement[bool], order: Sequence[Any]) -> AnySelect:
    statement: AnySelect = select(*COLUMNS, func.count().over().label("total")).where(_ON_BOARD, *conditions)
    return statement.order_by(*order).limit(_MAX_HIGHLIGHTED)


_HIGHLIGHTED = {
    "blocked": _first(Task.blocked.is_(True), _OPEN, order=(Task.blocked_at.asc().nulls_first(), Task.id)),
    "late": _first(_IS_LATE, _OPEN, order=(Task.due_date, Task.id)),
    "in_review": _first(Task.state == "review", order=(Task.rank,)),
}
_UNASSIGNED = select(func.count()).where(
    _ON_BOARD,
    Task.state.in_(("ready", "in_progress", "review")),
    ~select(TaskAssignee.task_id).where(TaskAssignee.task_id == Task.id).exists(),
)
_ASSIGNMENTS = (
    select(
        TaskAssignee.user_id,
        User.name,
        Task.id,
        Task.title,
        Task.state,
        Task.blocked,
        func.count().over(partition_by=TaskAssignee.user_id).label("total"),
        func.row_number().over(partition_by=TaskAssignee.user_id, order_by=(Task.state.desc(), Task.rank)).label("ordinal"),
    )
    .join(TaskAssignee, TaskAssignee.task_id == Task.id)
    .join(User, User.id == TaskAssignee.user_id)
    .where(_ON_BOARD, _OPEN)
    .subquery()
)
_ASSIGNED = (
    select(_ASSIGNMENTS)
    .where(_ASSIGNMENTS.c.ordinal <= _MAX_TASKS_EACH)
    .order_by(_ASSIGNMENTS.c.total.desc(), _ASSIGNMENTS.c.user_id, _ASSIGNMENTS.c.ordinal)
    .limit(_MAX_PEOPLE * _MAX_TASKS_EACH)
)
_OPEN_SPRINTS = (
    select(*SPRINT_COLUMNS)
    .where(Sprint.board_id == bindparam("board_id"), Sprint.state != "completed")
    .order_by(Sprint.state, Sprint.id)  # the active one first
    .limit(_MAX_PLANNED + 1)
)
