"""What a change to a task comes down to: its place, its dates, the people and labels on it. Nothing here commits."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select

from calmboard.db import db, now, reading
from calmboard.errors import FieldError, ValidationFailed
from calmboard.models import Label, Membership, Sprint, TaskAssignee, TaskLabel
from calmboard.models.columns import STATES
from calmboard.work.tasks.positions import rank_at, rank_beside

PLACES = ("position", "before", "after")
MOVES = ("state", *PLACES, "sprint_id")
_STARTED = STATES[STATES.index("in_progress") :]


def require_known(project_id: str, board_id: str, values: Mapping[str, Any]) -> None:
    """Raises ValidationFailed for people, labels and a sprint that are not of this project and board."""
    faults = [
        *_strangers(project_id, values.get("assignees")),
        *_strange_labels(project_id, values.get("labels")),
        *_strange_sprint(board_id, values.get("sprint_id")),
    ]
    if faults:
        raise ValidationFailed(errors=tuple(faults))


def with_block(values: Mapping[str, Any]) -> dict[str, Any]:
    """Keep `blocked` and its reason in step: a reason blocks, unblocking forgets the reason."""
    if values.get("blocked") is not False:
        return {**values, "blocked": True} if values.get("blocked_reason") is not None else dict(values)
    if values.get("blocked_reason") is not None:
        fault = FieldError("/blocked_reason", "contradiction", "Leave the reason out where blocked is false.")
        raise ValidationFailed(errors=(fault,))
    return {**values, "blocked_reason": None}


def take_place(board_id: str, values: dict[str, Any], task_id: str | None = None, state: str | None = None) -> None:
    """Replace `position`, `before` and `after` by a state and a rank; locks the board until the commit.

    A card moves where one of these is given or its state changes, and it is not there already; `state` None: it is new.
    """
    places = [name for name in PLACES if name in values]
    if len(places) > 1:
        detail = f"Send one of {', '.join(places)}."
        raise ValidationFailed(errors=tuple(FieldError(f"/{name}", "contradiction", detail) for name in places))
    position, before, after = (values.pop(name, None) for name in PLACES)
    if before is not None or after is not None:
        values["state"], rank = _beside(board_id, before, after, values.get("state"), task_id)
    else:
        target = values.setdefault("state", state or "backlog")
        rank = rank_at(board_id, target, position, task_id) if position is not None or target != state else None
    if rank is not None:
        values["rank"] = rank


def date_progress(values: dict[str, Any], state: str | None, started_at: datetime | None) -> None:
    """Note when a task was first started, last became done and was blocked. `state` is the one before."""
    if "blocked" in values:
        values["blocked_at"] = now() if values["blocked"] else None
    target = values.get("state", state)
    if target == state:
        return
    if target in _STARTED and started_at is None:
        values["started_at"] = now()
    values["done_at"] = now() if target == "done" else None


def replace_people(task_id: str, user_ids: Sequence[str]) -> bool:
    """Put these people on a task and no others; whether that changes anything."""
    there = select(TaskAssignee.user_id).where(TaskAssignee.task_id == task_id)
    if set(db.session.execute(there).scalars()) == set(user_ids):
        return False
    db.session.execute(delete(TaskAssignee).where(TaskAssignee.task_id == task_id))
    db.session.add_all(TaskAssignee(task_id=task_id, user_id=user_id) for user_id in dict.fromkeys(user_ids))
    return True


def replace_labels(task_id: str, label_ids: Sequence[str]) -> bool:
    """Put these labels on a task and no others; whether that changes anything."""
    there = select(TaskLabel.label_id).where(TaskLabel.task_id == task_id)
    if set(db.session.execute(there).scalars()) == set(label_ids):
        return False
    db.session.execute(delete(TaskLabel).where(TaskLabel.task_id == task_id))
    db.session.add_all(TaskLabel(task_id=task_id, label_id=label_id) for label_id in dict.fromkeys(label_ids))
    return True


def _beside(
    board_id: str, before: str | None, after: str | None, state: str | None, task_id: str | None
) -> tuple[str, str | None]:
    name, other_id = ("before", before) if before is not None else ("after", after)
    place = rank_beside(board_id, other_id or "", task_id, above=name == "before")
    if place is None:
        raise ValidationFailed(errors=(FieldError(f"/{name}", "unknown_value", "This board has no other task with this id."),))
    if state not in (None, place[0]):
        detail = f"That task is in {place[0]}. Leave the state out, or name a task of {state}."
        raise ValidationFailed(errors=(FieldError(f"/{name}", "contradiction", detail),))
    return place


def _strangers(project_id: str, user_ids: list[str] | None) -> list[FieldError]:
    if not user_ids:
        return []
    members = select(Membership.user_id).where(Membership.project_id == project_id, Membership.user_id.in_(user_ids))
    with reading() as connection:
        known = set(connection.execute(members).scalars())
    return _unknown("assignees", user_ids, known, "Nobody in this project has this id.")


def _strange_labels(project_id: str, label_ids: list[str] | None) -> list[FieldError]:
    """Those that the project has not; those that it has stay until the commit, so that none goes while it is put on."""
    if not label_ids:
        return []
    labels = select(Label.id).where(Label.project_id == project_id, Label.id.in_(label_ids)).order_by(Label.id)
    known = set(db.session.execute(labels.with_for_update(read=True, key_share=True)).scalars())
    return _unknown("labels", label_ids, known, "This project has no label with this id.")


def _unknown(field: str, given: list[str], known: set[str], detail: str) -> list[FieldError]:
    return [FieldError(f"/{field}/{place}", "unknown_value", detail) for place, one in enumerate(given) if one not in known]


def _strange_sprint(board_id: str, sprint_id: str | None) -> list[FieldError]:
    if sprint_id is None:
        return []
    with reading() as connection:
        statement = select(Sprint.state).where(Sprint.id == sprint_id, Sprint.board_id == board_id)
        state = connection.execute(statement).scalar()
    if state is None:
        return [FieldError("/sprint_id", "unknown_value", "This board has no sprint with this id.")]
    return [FieldError("/sprint_id", "completed", "This sprint is completed. Choose another.")] if state == "completed" else []
