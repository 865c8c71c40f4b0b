"""Tasks: created, one or many."""

from collections.abc import Generator
from contextlib import closing
from functools import partial
from typing import Annotated, Any

from msgspec import UNSET, Meta, UnsetType

from api.framework.bodies import given
from api.mcp.calls import CallContext
from api.mcp.registry import tool
from api.mcp.shapes import CreatedTasks, IdempotencyKey, LabelIds, People, Pin, TaskSummary, ToolArguments
from api.mcp.tools.people import person_ids
from api.shapes.values import BlockedReason, BoardId, Description, DueDate, SprintId, State, Title, about
from calmboard.access.access import Access
from calmboard.errors import Problem
from calmboard.work.tasks import bulk, lifecycle
from calmboard.work.tasks.bulk import MAX_OPERATIONS

TaskBoard = Annotated[BoardId, Meta(description="The board to add to, as list_projects names it.")]


class TaskToAdd(ToolArguments, kw_only=True):
    """A task as it is to be."""

    title: Title
    description: Description | UnsetType = UNSET
    state: (
        Annotated[State, about("The column: backlog (if absent), ready, in_progress, review or done.", "ready")] | UnsetType
    ) = UNSET
    assignees: Annotated[People, about("Who is to do it: ids of people of the project, or `me`.", ["me"])] | UnsetType = UNSET
    labels: LabelIds | UnsetType = UNSET
    due_date: DueDate | UnsetType = UNSET
    sprint_id: Annotated[SprintId, Meta(description="A sprint of the board, as get_board names it.")] | UnsetType = UNSET
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

    People and labels are named by id, from get_project. For several tasks at once use create_tasks; to see whether there is
    one already, search first.
    """
    return lifecycle.create_task(call.access, args.board_id, _values(call.access, args))


@tool("Create many tasks", effect="adds", scopes=("tasks:write",), takes=CreateTasks, gives=CreatedTasks)
def create_tasks(call: CallContext, args: CreateTasks) -> Generator[Any, None, dict[str, Any]]:
    """Add up to 100 tasks to one board, in their order, and report how far it is where the client asks for progress.

    A task whose people, labels or sprint are not there does not stop the others; the answer says of each what became of it.
    One that has not the form of a task, without a title or with a field that is none, refuses the call: then none is made.
    Use it for plans, imports and break-downs; for one task use create_task. A call holds at most 256 KiB, so send long
    descriptions in several.
    """
    results: list[dict[str, Any]] = []
    # Sent first, since nothing else is written to SQLite while the tasks are created.
    yield _progress(call, 0, len(args.tasks))
    new_tasks = [partial(_values, call.access, new_task) for new_task in args.tasks]
    with closing(bulk.create_each(call.access, args.board_id, new_tasks)) as outcomes:
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
    errors = [{"argument": error.pointer.removeprefix("/"), "detail": error.detail} for error in outcome.errors]
    return {"title": new_task.title, "problem": _describe(outcome), "faults": errors}


def _describe(problem: Problem) -> str:
    """The detail of a Problem, reworded where it holds for a whole request only."""
    return problem.detail if problem.detail != problem.meaning else "Some of its values cannot be used. This task was not made."


def _values(access: Access, new_task: TaskToAdd) -> dict[str, Any]:
    """The values that `calmboard` takes."""
    values = {name: value for name, value in given(new_task).items() if name in TaskToAdd.__struct_fields__}
    return {**values, "assignees": person_ids(access, values["assignees"], "/assignees")} if "assignees" in values else values
