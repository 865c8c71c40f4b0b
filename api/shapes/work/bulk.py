"""Many changes to tasks in one call."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from api.shapes.problems import Problem
from api.shapes.values import ALTERNATIVE, EXAMPLE_ID_SUFFIX, NO_NUL, BoardId, TaskId, about
from api.shapes.work.tasks import NewTask, Task, TaskChanges
from calmboard.work.tasks.bulk import MAX_OPERATIONS

IfMatch = Annotated[
    str,
    about(
        "Only while the task has this ETag, as it was read and as the header If-Match has it; else this operation is 412.",
        '"5d41402abc4b2a76b9719d911017c592"',
        max_length=500,
        pattern=NO_NUL,
        extra=ALTERNATIVE,
    ),
]


class CreateTask(Struct, tag_field="op", tag="create", forbid_unknown_fields=True):
    """Add a task to a board."""

    board_id: BoardId
    task: NewTask


class ChangeTask(Struct, tag_field="op", tag="change", forbid_unknown_fields=True):
    """Change a task."""

    task_id: TaskId
    changes: TaskChanges
    if_match: IfMatch | UnsetType = UNSET


class DeleteTask(Struct, tag_field="op", tag="delete", forbid_unknown_fields=True):
    """Delete a task."""

    task_id: TaskId
    if_match: IfMatch | UnsetType = UNSET


_EXAMPLE = [
    {"op": "create", "board_id": "brd_" + EXAMPLE_ID_SUFFIX, "task": {"title": "Refund partial captures"}},
    {"op": "change", "task_id": "tsk_" + EXAMPLE_ID_SUFFIX, "changes": {"state": "review"}},
]


class Bulk(Struct, forbid_unknown_fields=True):
    """Changes to make, in their order."""

    operations: Annotated[
        list[CreateTask | ChangeTask | DeleteTask],
        Meta(min_length=1, max_length=MAX_OPERATIONS, description="What to do.", examples=[_EXAMPLE]),
    ]
    atomic: Annotated[bool, about("All or none; with false, each for itself.", True)] = True


class BulkResult(Struct, omit_defaults=True):
    """What became of one operation."""

    op: Annotated[Literal["create", "change", "delete"], about("What was requested.", "create")]
    status: Annotated[int, about("The HTTP status it would have had alone.", 201)]
    task: Task | UnsetType = UNSET
    problem: Problem | UnsetType = UNSET


class BulkAnswer(Struct):
    """What became of every operation, in their order."""

    results: list[BulkResult]
