"""Tasks: read, created, changed, moved, deleted."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, update

from calmboard.access.access import Access
from calmboard.access.permissions import find, find_for_update, find_place, require_role, require_scope
from calmboard.clock import now
from calmboard.db import AnyRow, db, retry_conflicts
from calmboard.events.activity import record
from calmboard.events.touched import touch
from calmboard.models import Board, Sprint, Task
from calmboard.models.columns import with_folded
from calmboard.preconditions import Precondition, no_precondition
from calmboard.prepared import insert_row, prepared_reads
from calmboard.work.tasks.changes import (
    MOVE_FIELDS,
    POSITION_FIELDS,
    assign_position,
    replace_assignees,
    replace_labels,
    require_known,
    resolve_references,
    set_progress_times,
    with_block,
)
from calmboard.work.tasks.numbers import next_number
from calmboard.work.tasks.positions import lock_boards
from calmboard.work.tasks.rows import COLUMNS, TaskRow, with_relations, without_relations
from calmboard.work.tasks.sprint_scope import move_to_sprint


def read_task(access: Access, task_id: str) -> TaskRow:
    """Raises NotFound where there is none, Forbidden without access."""
    require_scope(access, "tasks:read")
    row = find(access, Task, task_id, *COLUMNS)
    with prepared_reads() as connection:
        return with_relations(connection, [row])[0]


@retry_conflicts
def create_task(access: Access, board_id: str, new: Mapping[str, Any]) -> TaskRow:
    """Add a task to a board, at the bottom of its column or where `position`, `before` or `after` says.

    Raises NotFound, Forbidden without access and to viewers, and ValidationFailed where an
    assignee, label, sprint or neighbour is not of the same project and board.
    """
    task_id = add_task(access, board_id, new)
    db.session.commit()
    if new.get("assignees") or new.get("labels"):
        return read_task(access, task_id)
    return without_relations(find(access, Task, task_id, *COLUMNS))


@retry_conflicts
def change_task(
    access: Access, task_id: str, changes: Mapping[str, Any], precondition: Precondition = no_precondition
) -> TaskRow:
    """Change the fields that are given and leave the others; `state` and a position move the card.

    Raises as `create_task` does, and PreconditionFailed where the precondition fails.
    """
    apply_changes(access, task_id, changes, precondition)
    db.session.commit()
    return read_task(access, task_id)


@retry_conflicts
def delete_task(access: Access, task_id: str, precondition: Precondition = no_precondition) -> None:
    """Delete a task for good. Raises as `change_task` does."""
    remove_task(access, task_id, precondition)
    db.session.commit()


def add_task(access: Access, board_id: str, new: Mapping[str, Any]) -> str:
    """As `create_task`, for a caller that commits; returns the id."""
    board = find_for_update(access, Board, board_id)
    require_role(access, board.role, "tasks:write")
    new = resolve_references(access, board.in_project, new)
    values = with_block(new)
    require_known(board.in_project, board_id, values)
    assignees, labels, sprint_id = (values.pop(name, None) for name in ("assignees", "labels", "sprint_id"))
    assign_position(board_id, values)
    at = now()
    set_progress_times(values, None, None, at)
    number = next_number(board.in_project)
    own = {"board_id": board_id, "number": number, "created_by": access.user.id, "created_at": at, "updated_at": at}
    task_id: str = insert_row(Task, {**own, **values})["id"]
    _set_relations(task_id, assignees, labels)
    if sprint_id is not None:
        move_to_sprint([task_id], sprint_id, at)
    touch(Board, [board_id], at)
    record(access, "task.created", board.in_project, task_id, board_id=board_id, task_id=task_id, changes=new)
    return task_id


def apply_changes(access: Access, task_id: str, changes: Mapping[str, Any], precondition: Precondition = no_precondition) -> None:
    """As `change_task`, for a caller that commits."""
    if any(name in changes for name in MOVE_FIELDS):
        lock_boards(find_place(access, Task, task_id, Task.board_id).board_id)
    task = _lock_task(access, task_id, precondition)
    changes = resolve_references(access, task.in_project, changes)
    values = with_block(changes)
    sprint_id = values.pop("sprint_id", task.sprint_id)
    require_known(task.in_project, task.board_id, values if sprint_id == task.sprint_id else {**values, "sprint_id": sprint_id})
    assignees, labels = values.pop("assignees", None), values.pop("labels", None)
    at = now()
    if sprint_id != task.sprint_id:
        move_to_sprint([task_id], sprint_id, at)
    assign_position(task.board_id, values, task_id, task.state)
    values = {name: value for name, value in values.items() if name == "rank" or value != getattr(task, name)}
    new = {*values, *_set_relations(task_id, assignees, labels), *(["sprint_id"] if sprint_id != task.sprint_id else [])}
    if not new:
        return
    set_progress_times(values, task.state, task.started_at, at)
    db.session.execute(update(Task).where(Task.id == task_id).values(**with_folded(Task, values), updated_at=at))
    if "state" in new:
        _touch_counts(task.board_id, sprint_id, at)
    moved = "rank" in new
    recorded = {name: value for name, value in changes.items() if name in new or (moved and name in POSITION_FIELDS)}
    what = "task.moved" if moved else "task.changed"
    record(access, what, task.in_project, task_id, board_id=task.board_id, task_id=task_id, changes=recorded)


def remove_task(access: Access, task_id: str, precondition: Precondition = no_precondition) -> None:
    """As `delete_task`, for a caller that commits."""
    lock_boards(find_place(access, Task, task_id, Task.board_id).board_id)
    task = _lock_task(access, task_id, precondition)
    _touch_counts(task.board_id, task.sprint_id, now())
    db.session.execute(delete(Task).where(Task.id == task_id))
    title = {"title": task.title}
    record(access, "task.deleted", task.in_project, task_id, board_id=task.board_id, task_id=task_id, changes=title)


def _touch_counts(board_id: str, sprint_id: str | None, at: datetime) -> None:
    """Board and sprint tell how many tasks are in a column and how many are done."""
    touch(Board, [board_id], at)
    if sprint_id is not None:
        touch(Sprint, [sprint_id], at)


def _lock_task(access: Access, task_id: str, precondition: Precondition) -> AnyRow:
    """The task, locked until the commit, where this access may change it and the precondition holds."""
    task = find_for_update(access, Task, task_id, *COLUMNS, Task.started_at)
    require_role(access, task.role, "tasks:write")
    if precondition is not no_precondition:
        precondition(with_relations(db.session.connection(), [task])[0])
    return task


def _set_relations(task_id: str, assignees: list[str] | None, labels: list[str] | None) -> list[str]:
    """Put assignees and labels on a task where they are given; which of the two that changes."""
    has_other_assignees = assignees is not None and replace_assignees(task_id, assignees)
    has_other_labels = labels is not None and replace_labels(task_id, labels)
    return [name for name, is_new in (("assignees", has_other_assignees), ("labels", has_other_labels)) if is_new]
