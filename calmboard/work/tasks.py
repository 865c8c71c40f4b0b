"""Tasks: listed, read, made, changed, moved, deleted."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, select, update

from calmboard.access.access import Access
from calmboard.access.permissions import claim, find, need, need_scope
from calmboard.db import AnyRow, db, now, reading
from calmboard.errors import Fault, ValidationFailed
from calmboard.guards import Guard, let_through
from calmboard.models import Board, Membership, Sprint, Task, TaskAssignee
from calmboard.work.positions import rank_at
from calmboard.work.task_rows import COLUMNS, TaskRow, with_people


def read_task(access: Access, task_id: str) -> TaskRow:
    """Raises NotFound where there is none, Forbidden out of reach."""
    need_scope(access, "tasks:read")
    row = find(access, Task, task_id, *COLUMNS)
    with reading() as connection:
        return with_people(connection, [row])[0]


def create_task(access: Access, board_id: str, new: Mapping[str, Any]) -> TaskRow:
    """Add a task to a board, at the bottom of its column or above the one now at `position`.

    Raises NotFound, Forbidden out of reach and to viewers, and ValidationFailed where an
    assignee is not a member of the project or the sprint is not one of the board.
    """
    board = find(access, Board, board_id)
    need(access, board.role, "tasks:write")
    values = {"state": "backlog", **_blocking(new), **new}
    _need_known(board.in_project, board_id, values)
    rank = rank_at(board_id, values["state"], values.pop("position", None))
    assignees = values.pop("assignees", [])
    task = Task(board_id=board_id, rank=rank, created_by=access.user.id, **values)
    db.session.add(task)
    db.session.flush()
    task_id = task.id
    _assign(task_id, assignees)
    db.session.commit()
    return read_task(access, task_id)


def change_task(access: Access, task_id: str, changes: Mapping[str, Any], guard: Guard = let_through) -> TaskRow:
    """Change the fields that are given and leave the others; `state` and `position` move the card.

    Raises as `create_task` does, and PreconditionFailed where the guard does.
    """
    task = _claim(access, task_id, guard)
    values = {**changes, **_blocking(changes)}
    _need_known(task.in_project, task.board_id, values)
    values |= _place(task.board_id, task_id, task.state, values)
    assignees = values.pop("assignees", None)
    db.session.execute(update(Task).where(Task.id == task_id).values(**values, updated_at=now()))
    if assignees is not None:
        db.session.execute(delete(TaskAssignee).where(TaskAssignee.task_id == task_id))
        _assign(task_id, assignees)
    db.session.commit()
    return read_task(access, task_id)


def delete_task(access: Access, task_id: str, guard: Guard = let_through) -> None:
    """Delete a task for good. Raises as `change_task` does."""
    _claim(access, task_id, guard)
    db.session.execute(delete(Task).where(Task.id == task_id))
    db.session.commit()


def _claim(access: Access, task_id: str, guard: Guard) -> AnyRow:
    """The task, locked until the commit, where this access may change it and the guard lets it."""
    task = claim(access, Task, task_id, *COLUMNS)
    need(access, task.role, "tasks:write")
    if guard is not let_through:
        guard(with_people(db.session.connection(), [task])[0])
    return task


def _blocking(given: Mapping[str, Any]) -> dict[str, Any]:
    """Keep `blocked` and its reason in step: a reason blocks, unblocking forgets the reason."""
    if given.get("blocked") is False:
        if given.get("blocked_reason") is not None:
            fault = Fault("/blocked_reason", "contradiction", "Leave the reason out where blocked is false.")
            raise ValidationFailed(errors=(fault,))
        return {"blocked_reason": None}
    return {"blocked": True} if given.get("blocked_reason") is not None else {}


def _need_known(project_id: str, board_id: str, values: Mapping[str, Any]) -> None:
    faults = [*_strangers(project_id, values.get("assignees") or []), *_strange_sprint(board_id, values.get("sprint_id"))]
    if faults:
        raise ValidationFailed(errors=tuple(faults))


def _strangers(project_id: str, user_ids: list[str]) -> list[Fault]:
    if not user_ids:
        return []
    statement = select(Membership.user_id).where(Membership.project_id == project_id, Membership.user_id.in_(user_ids))
    with reading() as connection:
        members = set(connection.execute(statement).scalars())
    detail = "Nobody in this project has this id. GET /api/v1/projects/{project_id}/members lists who does."
    return [
        Fault(f"/assignees/{place}", "unknown_value", detail) for place, user_id in enumerate(user_ids) if user_id not in members
    ]


def _strange_sprint(board_id: str, sprint_id: str | None) -> list[Fault]:
    if sprint_id is None:
        return []
    with reading() as connection:
        known = connection.execute(select(Sprint.id).where(Sprint.id == sprint_id, Sprint.board_id == board_id)).first()
    return [] if known else [Fault("/sprint_id", "unknown_value", "This board has no sprint with this id.")]


def _place(board_id: str, task_id: str, state: str, values: dict[str, Any]) -> dict[str, Any]:
    """The new rank of a card that moves. It moves where a position is given or its state changes."""
    position = values.pop("position", None)
    target = values.get("state", state)
    if position is None and target == state:
        return {}
    return {"rank": rank_at(board_id, target, position, task_id)}


def _assign(task_id: str, user_ids: list[str]) -> None:
    db.session.add_all(TaskAssignee(task_id=task_id, user_id=user_id) for user_id in dict.fromkeys(user_ids))
