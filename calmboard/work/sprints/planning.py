"""Sprints with the tasks in them: planned in one call, and what completing a sprint would do."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, func, select

from calmboard.access.access import Access
from calmboard.access.permissions import find, find_for_update, require_role, require_scope
from calmboard.db import AnyRow, autocommit, db, retry_conflicts
from calmboard.errors import FieldError, ValidationFailed
from calmboard.events.activity import record
from calmboard.models import Board, Sprint, Task
from calmboard.work.sprints.lifecycle import (
    COLUMNS,
    add_sprint,
    apply_changes,
    lock_sprint,
    read_sprint,
    require_completable,
    require_one_destination,
)
from calmboard.work.tasks.sprint_scope import move_to_sprint

_MAX_TASKS = 100


@retry_conflicts
def plan_sprint(access: Access, board_id: str, new: Mapping[str, Any], added_ids: Sequence[str]) -> AnyRow:
    """Plan a sprint with tasks of the board in it, all or nothing.

    Raises as `create_sprint` does, and ValidationFailed where the board has not all of the tasks.
    """
    board = find_for_update(access, Board, board_id)
    require_role(access, board.role, "sprints:write")
    if added_ids:
        require_role(access, board.role, "tasks:write")
    _lock_tasks(board_id, added_ids, (), None)
    sprint_id = add_sprint(access, board_id, new)
    _move(access, board.in_project, board_id, added_ids, sprint_id)
    db.session.commit()
    return read_sprint(access, sprint_id)


@retry_conflicts
def replan_sprint(
    access: Access, sprint_id: str, changes: Mapping[str, Any], added_ids: Sequence[str], removed_ids: Sequence[str]
) -> AnyRow:
    """Change a sprint, put tasks into it and take others out, all or nothing.

    Raises as `change_sprint` does, and ValidationFailed for a task to put in that the board has not, one to take out that the
    sprint has not, and one that is both.
    """
    sprint = lock_sprint(access, sprint_id)
    if added_ids or removed_ids:
        require_role(access, sprint.role, "tasks:write")
    sprint_of = _lock_tasks(sprint.board_id, added_ids, removed_ids, sprint)
    apply_changes(access, sprint, changes)
    entering_ids = [task_id for task_id in added_ids if sprint_of[task_id] != sprint_id]
    _move(access, sprint.in_project, sprint.board_id, entering_ids, sprint_id)
    _move(access, sprint.in_project, sprint.board_id, removed_ids, None)
    db.session.commit()
    return read_sprint(access, sprint_id)


def preview_completion(access: Access, sprint_id: str, unfinished: str | None, move_to: str | None) -> dict[str, Any]:
    """The `sprint` that `complete_sprint` would complete, how many tasks would leave it, and the first of them.

    Those are None to an access without tasks:read. Raises as `complete_sprint` does.
    """
    require_scope(access, "sprints:read")
    require_one_destination(unfinished, move_to)
    sprint = find(access, Sprint, sprint_id, *COLUMNS)
    require_role(access, sprint.role, "sprints:write")
    with autocommit() as connection:
        require_completable(connection, sprint, move_to)
        rows = connection.execute(_UNFINISHED, {"sprint_id": sprint_id}).all()
    tasks = rows if access.has_scope("tasks:read") else None
    return {"sprint": sprint, "unfinished_count": rows[0].total if rows else 0, "unfinished": tasks}


def _lock_tasks(
    board_id: str, added_ids: Sequence[str], removed_ids: Sequence[str], sprint: AnyRow | None
) -> Mapping[str, str | None]:
    """The sprint of each task, the tasks locked until the commit. Raises ValidationFailed for what cannot be added or removed."""
    rows = db.session.execute(_SOME_TASKS, {"board_id": board_id, "task_ids": [*added_ids, *removed_ids]}).all()
    sprint_of = {row.id: row.sprint_id for row in rows}
    unknown = [index for index, task_id in enumerate(added_ids) if task_id not in sprint_of]
    not_in_sprint = [index for index, task_id in enumerate(removed_ids) if sprint is None or sprint_of.get(task_id) != sprint.id]
    both = [index for index, task_id in enumerate(removed_ids) if task_id in added_ids and index not in not_in_sprint]
    errors = [FieldError(f"/add/{index}", "unknown_value", "This board has no task with this id.") for index in unknown]
    errors += [
        FieldError(f"/remove/{index}", "unknown_value", "This sprint has no task with this id.") for index in not_in_sprint
    ]
    errors += [
        FieldError(f"/remove/{index}", "contradiction", "This task cannot be added and removed at once.") for index in both
    ]
    if added_ids and sprint is not None and sprint.state == "completed":
        errors.append(FieldError("/sprint_id", "completed", "This sprint is completed. Choose another."))
    if errors:
        raise ValidationFailed(errors=tuple(errors))
    return sprint_of


def _move(access: Access, project_id: str, board_id: str, task_ids: Sequence[str], sprint_id: str | None) -> None:
    move_to_sprint(task_ids, sprint_id)
    for task_id in dict.fromkeys(task_ids):
        changes = {"sprint_id": sprint_id}
        record(access, "task.changed", project_id, task_id, board_id=board_id, task_id=task_id, changes=changes)


_SOME_TASKS = (
    select(Task.id, Task.sprint_id)
    .where(Task.board_id == bindparam("board_id"), Task.id.in_(bindparam("task_ids", expanding=True)))
    .order_by(Task.id)
    .with_for_update(key_share=True)
)
_UNFINISHED = (
    select(Task.id, Task.title, Task.state, func.count().over().label("total"))
    .where(Task.sprint_id == bindparam("sprint_id"), Task.state != "done")
    .order_by(Task.state, Task.rank)
    .limit(_MAX_TASKS)
)
