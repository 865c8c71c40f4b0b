"""Tasks."""

from typing import Annotated, Any, ClassVar

from msgspec import UNSET, Meta, Struct, UnsetType

from api.shapes.values import (
    ALTERNATIVE,
    Assignees,
    Blocked,
    BlockedReason,
    BoardId,
    Description,
    DueDate,
    LabelOnTask,
    Labels,
    Number,
    Person,
    Pinned,
    Rank,
    SprintChoice,
    State,
    TargetPosition,
    TaskId,
    TaskUrl,
    Time,
    Title,
    UserId,
    about,
)


class Task(Struct):
    """A task on a board."""

    id: TaskId
    board_id: BoardId
    number: Number
    title: Title
    description: Description
    state: State
    position: Rank
    assignees: Annotated[list[Person], Meta(description="The people on it.")]
    labels: Annotated[list[LabelOnTask], Meta(description="The labels on it.")]
    due_date: DueDate | None
    blocked: Blocked
    blocked_reason: Annotated[str | None, about("What it waits for.", "Waits for the bank's test account.")]
    blocked_at: Annotated[Time | None, Meta(description="Since when it is blocked; null: it is not.")]
    pinned: Pinned
    sprint_id: SprintChoice
    done_at: Annotated[Time | None, Meta(description="When it last became done; null: it is not.")]
    created_by: UserId | None
    created_at: Time
    updated_at: Time
    url: TaskUrl


class TaskValues(Struct, kw_only=True, forbid_unknown_fields=True):
    """The fields of a task that any writer may send; what is left out stays as it is."""

    title: Title | UnsetType = UNSET
    state: State | UnsetType = UNSET
    position: TargetPosition | UnsetType = UNSET
    before: Annotated[TaskId, about("Move it just above this task.", extra=ALTERNATIVE)] | UnsetType = UNSET
    after: Annotated[TaskId, about("Move it just below this task.", extra=ALTERNATIVE)] | UnsetType = UNSET
    assignees: Assignees | UnsetType = UNSET
    labels: Labels | UnsetType = UNSET
    blocked: Blocked | UnsetType = UNSET
    blocked_reason: BlockedReason | UnsetType | None = UNSET
    pinned: Pinned | UnsetType = UNSET
    sprint_id: SprintChoice | UnsetType = UNSET

    # In JSON Schema, since msgspec's types cannot say it: no reason without a block, and one target position at most.
    contradictions: ClassVar[list[dict[str, Any]]] = [
        {
            "required": ["blocked", "blocked_reason"],
            "properties": {"blocked": {"const": False}, "blocked_reason": {"type": "string"}},
        },
        {"required": ["position", "before"]},
        {"required": ["position", "after"]},
        {"required": ["before", "after"]},
    ]


class TaskChanges(TaskValues, kw_only=True, forbid_unknown_fields=True):
    """The fields to change; the others stay as they are."""

    description: Description | UnsetType = UNSET
    due_date: DueDate | UnsetType | None = UNSET


class NewTask(TaskChanges, kw_only=True, forbid_unknown_fields=True):
    """A task to add."""

    title: Title
