"""Sprints and the tasks in them: put in and taken out together, and what completing a sprint would do."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, func, select

from calmboard.access.access import Access
from calmboard.access.permissions import find, need, need_scope
from calmboard.db import reading
from calmboard.errors import Fault, ValidationFailed
from calmboard.models import Board, Sprint, Task
from calmboard.work.bulk import Step, StepRefused, change_all
from calmboard.work.sprints import COLUMNS, need_completable, need_one_end

_MOST_TASKS = 100


def need_tasks(access: Access, board_id: str, put_in: Sequence[str], take_out: Sequence[str], sprint_id: str | None) -> None:
    """Raises ValidationFailed for tasks to put in that the board has not, and tasks to take out that the sprint has not."""
    need_scope(access, "tasks:read")
    find(access, Board, board_id)
    with reading() as connection:
        rows = connection.execute(_SOME_TASKS, {"board_id": board_id, "task_ids": [*put_in, *take_out]}).all()
    sprint_of = {row.id: row.sprint_id for row in rows}
    strange = [place for place, task_id in enumerate(put_in) if task_id not in sprint_of]
    outside = [place for place, task_id in enumerate(take_out) if sprint_id is None or sprint_of.get(task_id) != sprint_id]
    faults = [Fault(f"/add/{place}", "unknown_value", "This board has no task with this id.") for place in strange]
    faults += [Fault(f"/remove/{place}", "unknown_value", "This sprint has no task with this id.") for place in outside]
    if faults:
        raise ValidationFailed(errors=tuple(faults))


def fill_sprint(access: Access, sprint_id: str, put_in: Sequence[str], take_out: Sequence[str]) -> None:
    """Put tasks into a sprint and take others out of theirs, all or none. Raises as `change_task` does."""
    steps = [
        *(Step("change", task_id, {"sprint_id": sprint_id}) for task_id in put_in),
        *(Step("change", task_id, {"sprint_id": None}) for task_id in take_out),
    ]
    try:
        change_all(access, steps)
    except StepRefused as refused:
        raise refused.problem from None


def preview_completion(access: Access, sprint_id: str, unfinished: str | None, move_to: str | None) -> dict[str, Any]:
    """The `sprint` that `complete_sprint` would complete, how many tasks would leave it, and the first of them.

    Those are None to an access without tasks:read. Raises as `complete_sprint` does.
    """
    need_scope(access, "sprints:read")
    need_one_end(unfinished, move_to)
    sprint = find(access, Sprint, sprint_id, *COLUMNS)
    need(access, sprint.role, "sprints:write")
    need_completable(sprint, move_to)
    with reading() as connection:
        rows = connection.execute(_UNFINISHED, {"sprint_id": sprint_id}).all()
    tasks = rows if access.holds("tasks:read") else None
    return {"sprint": sprint, "unfinished_count": rows[0].total if rows else 0, "unfinished": tasks}


_SOME_TASKS = select(Task.id, Task.sprint_id).where(
    Task.board_id == bindparam("board_id"), Task.id.in_(bindparam("task_ids", expanding=True))
)
_UNFINISHED = (
    select(Task.id, Task.title, Task.state, func.count().over().label("total"))
    .where(Task.sprint_id == bindparam("sprint_id"), Task.state != "done")
    .order_by(Task.state, Task.rank)
    .limit(_MOST_TASKS)
)
