"""Bulk changes to tasks in one call: atomic, or each for itself."""

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import or_, select

from calmboard.access.access import Access
from calmboard.access.permissions import access_params, find_for_update, require_role, require_scope, visible
from calmboard.access.project_locks import lock_projects
from calmboard.db import db, retry_conflicts
from calmboard.errors import Problem
from calmboard.models import Board, Task
from calmboard.preconditions import Precondition, no_precondition
from calmboard.work.tasks.lifecycle import add_task, apply_changes, remove_task
from calmboard.work.tasks.numbers import lock_numbers
from calmboard.work.tasks.positions import lock_boards
from calmboard.work.tasks.rows import TaskRow, read_tasks

MAX_OPERATIONS = 100


@dataclass(frozen=True, slots=True)
class BulkOperation:
    """One change: `where` is the board of a new task, else the task, which the precondition is called with."""

    kind: Literal["create", "change", "delete"]
    where: str
    values: Mapping[str, Any] = field(default_factory=dict)
    precondition: Precondition = no_precondition


@dataclass(frozen=True, slots=True)
class BulkResult:
    """The result of an operation: the task, nothing where it was deleted, or the problem."""

    kind: str
    task: TaskRow | None = None
    problem: Problem | None = None


class BulkOperationError(Exception):
    """The operation that stopped a call of all or none."""

    def __init__(self, index: int, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.index = index
        self.problem = problem


@retry_conflicts
def change_all(access: Access, operations: Sequence[BulkOperation]) -> list[BulkResult]:
    """Carry out every operation, or none: raises BulkOperationError for the first that cannot be."""
    require_scope(access, "tasks:write")
    _lock(access, operations)
    task_ids: list[str | Problem] = []
    for index, operation in enumerate(operations):
        try:
            task_ids.append(_ACTIONS[operation.kind](access, operation))
        except Problem as problem:
            db.session.rollback()
            raise BulkOperationError(index, problem) from problem
    db.session.commit()
    return _results(access, operations, task_ids)


def change_each(access: Access, operations: Sequence[BulkOperation]) -> list[BulkResult]:
    """Carry out every operation for itself; one that is rejected leaves the others unchanged."""
    require_scope(access, "tasks:write")
    return _results(access, operations, [_run(access, operation) for operation in operations])


def create_each(
    access: Access, board_id: str, new_tasks: Iterable[Callable[[], Mapping[str, Any]]]
) -> Generator[str | Problem, None, None]:
    """Add tasks in one commit, and yield for each its id, or why it was not created; that leaves the others unchanged.

    Each returns its values when called, or raises a Problem. All are committed after the last; stopping earlier commits none.
    Raises NotFound where there is no such board, Forbidden without access and to viewers.
    """
    board = find_for_update(access, Board, board_id)
    require_role(access, board.role, "tasks:write")
    try:
        for values_of in new_tasks:
            yield _add(access, board_id, values_of)
        db.session.commit()
    finally:
        db.session.rollback()


@retry_conflicts
def _run(access: Access, operation: BulkOperation) -> str | Problem:
    try:
        task_id = _ACTIONS[operation.kind](access, operation)
        db.session.commit()
    except Problem as problem:
        db.session.rollback()
        return problem
    return task_id


def _results(access: Access, operations: Sequence[BulkOperation], results: Sequence[str | Problem]) -> list[BulkResult]:
    """The result of each operation, by its task's id or its problem: tasks in their final state, all read at once.

    One that a later operation, or somebody else, deleted is left out.
    """
    tasks = read_tasks(access, {result for result in results if isinstance(result, str)})
    return [
        BulkResult(operation.kind, problem=result)
        if isinstance(result, Problem)
        else BulkResult(operation.kind, tasks.get(result))
        for operation, result in zip(operations, results, strict=True)
    ]


def _add(access: Access, board_id: str, values_of: Callable[[], Mapping[str, Any]]) -> str | Problem:
    try:
        with db.session.begin_nested():
            return add_task(access, board_id, values_of())
    except Problem as problem:
        return problem


def _lock(access: Access, operations: Sequence[BulkOperation]) -> None:
    """Lock every visible project, its boards, their numbers and tasks, in one order, so that there are no deadlocks."""
    board_ids = [operation.where for operation in operations if operation.kind == "create"]
    tasks = Task.id.in_([operation.where for operation in operations if operation.kind != "create"])
    affected = or_(Board.id.in_(board_ids), Board.id.in_(select(Task.board_id).where(tasks)))
    visible_boards = visible(access, select(Board.id, Board.project_id).where(affected), Board.project_id)
    project_of = {row.id: row.project_id for row in db.session.execute(visible_boards, access_params(access))}
    boards = list(project_of)
    lock_projects(project_of.values())
    lock_boards(*boards)
    lock_numbers(project_of[board_id] for board_id in board_ids if board_id in project_of)
    task_rows = select(Task.id).where(tasks, Task.board_id.in_(boards))
    db.session.execute(task_rows.order_by(Task.id).with_for_update(key_share=True))


def _create(access: Access, operation: BulkOperation) -> str:
    return add_task(access, operation.where, operation.values)


def _change(access: Access, operation: BulkOperation) -> str:
    apply_changes(access, operation.where, operation.values, operation.precondition)
    return operation.where


def _delete(access: Access, operation: BulkOperation) -> str:
    remove_task(access, operation.where, operation.precondition)
    return operation.where


_ACTIONS: dict[str, Callable[[Access, BulkOperation], str]] = {"create": _create, "change": _change, "delete": _delete}
