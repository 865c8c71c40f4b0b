"""The parts of a change to a task: its position, its times, its assignees and labels. Nothing here commits."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import InstrumentedAttribute

from calmboard.access.access import Access
from calmboard.db import AnySelect, db
from calmboard.errors import FieldError, ValidationFailed
from calmboard.models import Label, Membership, Sprint, TaskAssignee, TaskLabel
from calmboard.models.columns import STATES
from calmboard.work.named import Kind, Within, resolve_names
from calmboard.work.tasks.positions import rank_at, rank_beside

POSITION_FIELDS = ("position", "before", "after")
MOVE_FIELDS = ("state", *POSITION_FIELDS, "sprint_id")
_NAMED: dict[str, Kind] = {"assignees": "person", "labels": "label"}
_STARTED = STATES[STATES.index("in_progress") :]


def resolve_references(access: Access, project_id: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values with the ids of the people and labels that they name; raises ValidationFailed for each that is unclear."""
    resolved = dict(values)
    errors: list[FieldError] = []
    for name, kind in _NAMED.items():
        try:
            if values.get(name):
                resolved[name] = resolve_names(access, kind, values[name], f"/{name}", Within(project_id))
        except ValidationFailed as problem:
            errors += problem.errors
    if errors:
        raise ValidationFailed(errors=tuple(errors))
    return resolved


def require_known(project_id: str, board_id: str, values: Mapping[str, Any]) -> None:
    """Raises ValidationFailed for people, labels and a sprint that are not of this project and board.

    Those that are stay until the commit: their rows are locked.
    """
    errors = [
        *_assignee_errors(project_id, values.get("assignees")),
        *_label_errors(project_id, values.get("labels")),
        *_sprint_errors(board_id, values.get("sprint_id")),
    ]
    if errors:
        raise ValidationFailed(errors=tuple(errors))


def with_block(values: Mapping[str, Any]) -> dict[str, Any]:
    """Keep `blocked` and its reason consistent: a reason blocks, unblocking clears the reason."""
    if values.get("blocked") is not False:
        return {**values, "blocked": True} if values.get("blocked_reason") is not None else dict(values)
    if values.get("blocked_reason") is not None:
        error = FieldError("/blocked_reason", "contradiction", "Leave the reason out where blocked is false.")
        raise ValidationFailed(errors=(error,))
    return {**values, "blocked_reason": None}


def assign_position(board_id: str, values: dict[str, Any], task_id: str | None = None, state: str | None = None) -> None:
    """Replace `position`, `before` and `after` by a state and a rank; locks the board until the commit.

    A card moves where one of these is given or its state changes, and it is not there already; `state` None: it is new.
    """
    fields = [name for name in POSITION_FIELDS if name in values]
    if len(fields) > 1:
        detail = f"Send one of {', '.join(fields)}."
        raise ValidationFailed(errors=tuple(FieldError(f"/{name}", "contradiction", detail) for name in fields))
    position, before, after = (values.pop(name, None) for name in POSITION_FIELDS)
    if before is not None or after is not None:
        values["state"], rank = _beside(board_id, before, after, values.get("state"), task_id)
    else:
        target = values.setdefault("state", state or "backlog")
        rank = rank_at(board_id, target, position, task_id) if position is not None or target != state else None
    if rank is not None:
        values["rank"] = rank


def set_progress_times(values: dict[str, Any], state: str | None, started_at: datetime | None, at: datetime) -> None:
    """Set when a task was first started, last became done and was blocked, if that is now. `state` is the one before."""
    if "blocked" in values:
        values["blocked_at"] = at if values["blocked"] else None
    target = values.get("state", state)
    if target == state:
        return
    if target in _STARTED and started_at is None:
        values["started_at"] = at
    values["done_at"] = at if target == "done" else None


def replace_assignees(task_id: str, user_ids: Sequence[str]) -> bool:
    """Put these people on a task and no others; whether that changes anything."""
    current = select(TaskAssignee.user_id).where(TaskAssignee.task_id == task_id)
    if set(db.session.execute(current).scalars()) == set(user_ids):
        return False
    db.session.execute(delete(TaskAssignee).where(TaskAssignee.task_id == task_id))
    db.session.add_all(TaskAssignee(task_id=task_id, user_id=user_id) for user_id in dict.fromkeys(user_ids))
    return True


def replace_labels(task_id: str, label_ids: Sequence[str]) -> bool:
    """Put these labels on a task and no others; whether that changes anything."""
    current = select(TaskLabel.label_id).where(TaskLabel.task_id == task_id)
    if set(db.session.execute(current).scalars()) == set(label_ids):
        return False
    db.session.execute(delete(TaskLabel).where(TaskLabel.task_id == task_id))
    db.session.add_all(TaskLabel(task_id=task_id, label_id=label_id) for label_id in dict.fromkeys(label_ids))
    return True


def _beside(
    board_id: str, before: str | None, after: str | None, state: str | None, task_id: str | None
) -> tuple[str, str | None]:
    name, other_id = ("before", before) if before is not None else ("after", after)
    position = rank_beside(board_id, other_id or "", task_id, above=name == "before")
    if position is None:
        raise ValidationFailed(errors=(FieldError(f"/{name}", "unknown_value", "This board has no other task with this id."),))
    if state not in (None, position[0]):
        detail = f"That task is in {position[0]}. Leave the state out, or name a task of {state}."
        raise ValidationFailed(errors=(FieldError(f"/{name}", "contradiction", detail),))
    return position


def _assignee_errors(project_id: str, user_ids: list[str] | None) -> list[FieldError]:
    if not user_ids:
        return []
    members = select(Membership.user_id).where(Membership.project_id == project_id, Membership.user_id.in_(user_ids))
    known = _lock_in_order(members, Membership.user_id)
    return _unknown_id_errors("assignees", user_ids, known, "Nobody in this project has this id.")


def _label_errors(project_id: str, label_ids: list[str] | None) -> list[FieldError]:
    if not label_ids:
        return []
    labels = select(Label.id).where(Label.project_id == project_id, Label.id.in_(label_ids))
    known = _lock_in_order(labels, Label.id)
    return _unknown_id_errors("labels", label_ids, known, "This project has no label with this id.")


def _lock_in_order(referred: AnySelect, row_id: InstrumentedAttribute[str]) -> set[str]:
    """The ids of rows that a task is to refer to; nobody removes them until the commit."""
    locked = referred.order_by(row_id).with_for_update(read=True, key_share=True)
    return set(db.session.execute(locked).scalars())


def _unknown_id_errors(field: str, row_ids: list[str], known: set[str], detail: str) -> list[FieldError]:
    return [
        FieldError(f"/{field}/{index}", "unknown_value", detail) for index, row_id in enumerate(row_ids) if row_id not in known
    ]


def _sprint_errors(board_id: str, sprint_id: str | None) -> list[FieldError]:
    if sprint_id is None:
        return []
    sprint = select(Sprint.state).where(Sprint.id == sprint_id, Sprint.board_id == board_id)
    state = db.session.execute(sprint.with_for_update(read=True, key_share=True)).scalar()
    if state is None:
        return [FieldError("/sprint_id", "unknown_value", "This board has no sprint with this id.")]
    return [FieldError("/sprint_id", "completed", "This sprint is completed. Choose another.")] if state == "completed" else []
