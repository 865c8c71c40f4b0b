"""Tasks: created, one or many."""

from collections.abc import Generator
from contextlib import closing
from functools import partial
from typing import Annotated, Any

from msgspec import UNSET, Meta, UnsetType

from api.framework.bodies import given
from api.mcp.calls import CallContext
from api.mcp.registry import tool
from api.mcp.shapes.answers import CreatedTasks, TaskSummary
from api.mcp.shapes.arguments import BoardNamed, IdempotencyKey, Labels, People, Pin, SprintNamed, ToolArguments
from api.mcp.tools.names import board_id_of, on_board, values_by_id
from api.mcp.tools.tasks.outcomes import describe, errors_of
from api.shapes.values import BlockedReason, Description, DueDate, State, Title, about
from calmboard.access.access import Access
from calmboard.errors import Problem
from calmboard.work.tasks import bulk, lifecycle
from calmboard.work.tasks.bulk import MAX_OPERATIONS

TaskBoard = Annotated[BoardNamed, Meta(description="The board to add to, by id or exact name.")]


class TaskToAdd(ToolArguments, kw_only=True):
    """A task as it is to be."""

    title: Title
    description: Description | UnsetType = UNSET
    state: (
        Annotated[State, about("The column: backlog (if absent), ready, in_progress, review or done.", "ready")] | UnsetType
    ) = UNSET
    assignees: Annotated[People, about("Who is to do it, of the people of the project.", ["me"])] | UnsetType = UNSET
    labels: Labels | UnsetType = UNSET
    due_date: DueDate | UnsetType = UNSET
    sprint_id: Annotated[SprintNamed, Meta(description="A sprint of the board, by id or exact name.")] | UnsetType = UNSET
    blocked_reason: BlockedReason | UnsetType = UNSET
    pinned: Pin | UnsetType = UNSET


class CreateTask(TaskToAdd, kw_only=True):
    board_id: TaskBoard
    idempotency_key: IdempotencyKey | UnsetType = UNSET


class CreateTasks(ToolArguments, kw_only=True):
    board_id: TaskBoard
    tasks: Annotated[list[TaskToAdd], Meta(description="The tasks, in their order.", min_length=1, max_length=MAX_OPERATIONS)]
    idempotency_key: IdempotencyKey | UnsetType = UNSET


@tool("Create a task", effect="adds", scopes=("tasks:write",), takes=CreateTask, gives=TaskSummary)
def create_task(call: CallContext, args: CreateTask) -> Any:
    """Add one task to a board, at the bottom of its column; gives the task with its id.

    get_project names the people and labels that it can have. For several tasks at once use create_tasks; to see whether there is
    one already, search first.
    """
    board_id = board_id_of(call.access, args.board_id)
    return lifecycle.create_task(call.access, board_id, _values(call.access, board_id, args))


@tool("Create many tasks", effect="adds", scopes=("tasks:write",), takes=CreateTasks, gives=CreatedTasks)
def create_tasks(call: CallContext, args: CreateTasks) -> Generator[Any, None, dict[str, Any]]:
    """Add up to 100 tasks to one board, in their order, and report how far it is where the client asks for progress.

    A task whose people, labels or sprint are not there does not stop the others; the answer says of each what became of it.
    One that has not the form of a task, without a title or with a field that is none, refuses the call: then none is made.
    Use it for plans, imports and break-downs; for one task use create_task. A call holds at most 256 KiB, so send long
    descriptions in several.
    """
    results: list[dict[str, Any]] = []
    board_id = board_id_of(call.access, args.board_id)
    # Sent first, since nothing else is written to SQLite while the tasks are created.
    yield _progress(call, 0, len(args.tasks))
    new_tasks = [partial(_values, call.access, board_id, new_task) for new_task in args.tasks]
    with closing(bulk.create_each(call.access, board_id, new_tasks)) as outcomes:
        for outcome, new_task in zip(outcomes, args.tasks, strict=True):
            results.append(_result_of(new_task, outcome))
            yield _progress(call, len(results), len(args.tasks))
    created = sum("id" in task for task in results)
    return {"created_count": created, "failed_count": len(results) - created, "tasks": results}


def _progress(call: CallContext, done: int, total: int) -> dict[str, Any] | None:
    """At most about ten notifications, so that no client that reads slowly blocks the board."""
    if done < total and done % max(1, total // 10):
        return None
    return call.progress(done, total, f"{done} of {total} tasks")


def _result_of(new_task: TaskToAdd, outcome: str | Problem) -> dict[str, Any]:
    """The id of the new task, or what was wrong."""
    if isinstance(outcome, str):
        return {"title": new_task.title, "id": outcome}
    return {"title": new_task.title, "problem": describe(outcome), "faults": errors_of(outcome)}


def _values(access: Access, board_id: str, new_task: TaskToAdd) -> dict[str, Any]:
    """The values that `calmboard` takes."""
    values = {name: value for name, value in given(new_task).items() if name in TaskToAdd.__struct_fields__}
    return values_by_id(access, values, on_board(access, board_id))
