"""Many tasks changed by one call: those that are named, or those that fit a filter once the caller has seen them."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import msgspec
from itsdangerous import BadData, URLSafeTimedSerializer
from msgspec import UNSET, Meta, UnsetType

from api.framework.bodies import given
from api.mcp.calls import CallContext
from api.mcp.registry import tool
from api.mcp.shapes.answers import ChangedTasks
from api.mcp.shapes.arguments import IdempotencyKey, LabelNamed, People, Pin, SprintNamed, TaskNamed, ToolArguments
from api.mcp.tools.clearing import clear_meta, cleared
from api.mcp.tools.names import board_id_of, task_ids_of, values_by_id
from api.mcp.tools.tasks.filters import TaskFilter, read_filters
from api.mcp.tools.tasks.outcomes import describe, errors_of, require_unchanged
from api.shapes.values import BlockedReason, DueDate, State, about
from calmboard.access.access import Access
from calmboard.access.signing import timed_signer
from calmboard.errors import FieldError, Problem, ValidationFailed
from calmboard.pagination import Page, PageRequest
from calmboard.preconditions import no_precondition
from calmboard.work.tasks import rows
from calmboard.work.tasks.bulk import MAX_OPERATIONS, BulkOperation, BulkOperationError, BulkResult, change_all, change_each
from calmboard.work.tasks.rows import TaskRow

_MAX_AGE_S = 600
_SET = ("state", "due_date", "sprint_id", "blocked_reason", "pinned")
_LISTS = {"assignees": ("add_assignees", "remove_assignees"), "labels": ("add_labels", "remove_labels")}
_EMPTY: dict[str, Any] = {
    "assignees": [],
    "labels": [],
    "due_date": None,
    "sprint_id": None,
    "blocked_reason": None,
    "pinned": False,
}

_SomeLabels = Annotated[list[LabelNamed], Meta(max_length=50)]


class ChangeTasks(ToolArguments, kw_only=True):
    task_ids: Annotated[list[TaskNamed], about("The tasks.", max_length=MAX_OPERATIONS)] | UnsetType = UNSET
    filter: Annotated[TaskFilter, Meta(description="Instead of task_ids: all that fit, at most 100.")] | UnsetType = UNSET
    state: Annotated[State, about("The column to move them to.", "done")] | UnsetType = UNSET
    add_assignees: Annotated[People, about("People to put on them.", ["me"])] | UnsetType = UNSET
    remove_assignees: Annotated[People, about("People to take off them.", ["me"])] | UnsetType = UNSET
    add_labels: Annotated[_SomeLabels, about("Labels to put on them.", ["bug"])] | UnsetType = UNSET
    remove_labels: Annotated[_SomeLabels, about("Labels to take off them.", ["bug"])] | UnsetType = UNSET
    sprint_id: Annotated[SprintNamed, Meta(description="The sprint to put them in.")] | UnsetType = UNSET
    due_date: DueDate | UnsetType = UNSET
    blocked_reason: Annotated[BlockedReason, Meta(description="What they wait for, which blocks them.")] | UnsetType = UNSET
    pinned: Pin | UnsetType = UNSET
    clear: (
        Annotated[
            list[Literal["assignees", "labels", "due_date", "sprint_id", "blocked_reason", "pinned"]],
            clear_meta("blocked_reason unblocks them", "sprint_id"),
        ]
        | UnsetType
    ) = UNSET
    all_or_none: Annotated[bool, about("true: one that cannot be changed stops all; absent: each for itself.", True)] = False
    token: Annotated[str, about("With filter: as the answer before gave it.", "MA.aSu9.x", max_length=200)] | UnsetType = UNSET
    idempotency_key: IdempotencyKey | UnsetType = UNSET

    @property
    def dry_run(self) -> bool:
        """Whether the call only shows what it would change."""
        return bool(self.filter) and not self.token


@tool("Change many tasks", effect="changes", scopes=("tasks:write",), takes=ChangeTasks, gives=ChangedTasks)
def change_tasks(call: CallContext, args: ChangeTasks) -> dict[str, Any]:
    """Change up to 100 tasks alike: move, assign, label, plan into a sprint, set or clear what they have.

    Name them by task_ids, which changes them at once; or by filter: the first call shows which ones it would change and gives a
    token, the same call with that token does it. What is left out stays. For one task, update_task and move_task say more.
    """
    _require_one_choice(args)
    board_id = board_id_of(call.access, args.filter.board_id) if args.filter and args.filter.board_id else None
    tasks = _fitting(call.access, args.filter, board_id) if args.filter else _named(call.access, _task_ids(call.access, args))
    changes = _changes(call.access, args, tasks, board_id)
    if args.filter and not args.token:
        return _preview(call.access, args, tasks)
    if args.filter:
        _require_token(call.access, args, tasks)
    operations = [_operation(task_id, task, changes) for task_id, task in tasks.items()]
    return _outcome(tasks, _run(call.access, operations, list(tasks.values()), all_or_none=args.all_or_none))


def _require_one_choice(args: ChangeTasks) -> None:
    if bool(args.filter) == bool(args.task_ids):
        raise ValidationFailed(errors=(FieldError("/task_ids", "required", "Send either task_ids or a filter."),))
    if args.token and not args.filter:
        raise ValidationFailed(errors=(FieldError("/token", "contradiction", "Send it with the filter that it was given for."),))


def _task_ids(access: Access, args: ChangeTasks) -> list[str]:
    return task_ids_of(access, args.task_ids or [], "task_ids")


def _named(access: Access, task_ids: Sequence[str]) -> dict[str, TaskRow | None]:
    """The tasks in this order; None for one that cannot be read, which is refused when it is changed."""
    found = rows.read_tasks(access, set(task_ids))
    return {task_id: found.get(task_id) for task_id in task_ids}


def _fitting(access: Access, args: TaskFilter, board_id: str | None) -> dict[str, TaskRow | None]:
    filters = read_filters(access, args, board_id)
    page_request = PageRequest(MAX_OPERATIONS)
    if board_id:
        page: Page[Any] = rows.list_tasks(access, board_id, filters, "position", page_request)
        task_ids = [task.id for task in page.rows]
    else:
        page = rows.list_visible_tasks(access, filters, "position", page_request)
        task_ids = [task["id"] for task in page.rows]
    if page.after is not None:
        detail = f"More than {MAX_OPERATIONS} tasks fit. Narrow the filter, and change the others by another call."
        raise ValidationFailed(errors=(FieldError("/filter", "too_many", detail),))
    return _named(access, task_ids)


def _changes(access: Access, args: ChangeTasks, tasks: Mapping[str, TaskRow | None], board_id: str | None) -> dict[str, Any]:
    """What the call changes, with ids for names, which are looked up on the one board of the tasks, or else everywhere."""
    lists = [name for pair in _LISTS.values() for name in pair]
    sent = {name: value for name, value in given(args).items() if name in (*_SET, *lists) and value not in (False, [])}
    boards = {task.board_id for task in tasks.values() if task}
    one_board = board_id or (next(iter(boards)) if len(boards) == 1 else None)
    changes = values_by_id(access, sent, lambda: one_board) | cleared(args, _EMPTY)
    if not changes:
        raise ValidationFailed(errors=(FieldError("/state", "required", "Send what to change: a state, or another argument."),))
    if changes.get("blocked_reason", "") is None:
        changes["blocked"] = False
    return changes


def _operation(task_id: str, task: TaskRow | None, changes: Mapping[str, Any]) -> BulkOperation:
    """What is added to what a task has holds for the task as it was read."""
    adds = task is not None and any(name.startswith(("add_", "remove_")) for name in changes)
    unchanged = require_unchanged(task.updated_at) if task is not None and adds else no_precondition
    return BulkOperation("change", task_id, _values(changes, task), unchanged)


def _values(changes: Mapping[str, Any], task: TaskRow | None) -> dict[str, Any]:
    """The values of one task: people and labels are added to those that it has."""
    values = {name: value for name, value in changes.items() if not name.startswith(("add_", "remove_"))}
    for field, (add, remove) in _LISTS.items():
        if task is not None and (add in changes or remove in changes):
            has = [one.id for one in getattr(task, field) if one.id not in changes.get(remove, ())]
            values[field] = list(dict.fromkeys([*values.get(field, has), *changes.get(add, ())]))
    return values


def _run(
    access: Access, operations: Sequence[BulkOperation], tasks: Sequence[TaskRow | None], *, all_or_none: bool
) -> list[BulkResult]:
    if not all_or_none:
        return change_each(access, operations)
    try:
        return change_all(access, operations)
    except BulkOperationError as error:
        task = tasks[error.index]
        title = f" “{task.title}”" if task else ""
        problem = error.problem
        problem.detail = f"Nothing was changed: {operations[error.index].where}{title} cannot be. {describe(problem)}"
        raise problem from error


def _outcome(tasks: Mapping[str, TaskRow | None], results: Sequence[BulkResult]) -> dict[str, Any]:
    """What became of each; raises the one problem that all of them have."""
    problems = [result.problem for result in results if result.problem is not None]
    if len(problems) == len(results) and len({type(problem) for problem in problems}) == 1:
        raise problems[0]
    failed = len(problems)
    each = [_result_of(task_id, task, result.problem) for (task_id, task), result in zip(tasks.items(), results, strict=True)]
    message = f"Changed: {len(results) - failed}." + (f" Not changed: {failed}." if failed else "")
    return {"message": message, "changed_count": len(results) - failed, "failed_count": failed, "tasks": each}


def _result_of(task_id: str, task: TaskRow | None, problem: Problem | None) -> dict[str, Any]:
    about_task = {"id": task_id, "title": task.title if task else None}
    return about_task if problem is None else {**about_task, "problem": describe(problem), "faults": errors_of(problem)}


def _preview(access: Access, args: ChangeTasks, tasks: Mapping[str, TaskRow | None]) -> dict[str, Any]:
    if not tasks:
        return {"message": "No task fits, so there is nothing to change.", "changed_count": 0, "failed_count": 0, "tasks": []}
    return {
        "message": f"Nothing was changed yet. Tasks that would be: {len(tasks)}. Call again with this token to do it.",
        "changed_count": 0,
        "failed_count": 0,
        "tasks": [{"id": task.id, "title": task.title, "state": task.state} for task in tasks.values() if task],
        "token": _signer(access, args, tasks).dumps(0),
    }


def _require_token(access: Access, args: ChangeTasks, tasks: Mapping[str, TaskRow | None]) -> None:
    try:
        _signer(access, args, tasks).loads(args.token or "", max_age=_MAX_AGE_S)
    except BadData:
        detail = (
            "This token was given for another filter, change or set of tasks, or more than ten minutes ago. Call again without "
            "it to see which tasks would be changed now."
        )
        raise ValidationFailed(errors=(FieldError("/token", "strange_token", detail),)) from None


def _signer(access: Access, args: ChangeTasks, tasks: Mapping[str, TaskRow | None]) -> URLSafeTimedSerializer:
    """Signs for this person, filter, change and exactly these tasks."""
    request = msgspec.structs.replace(args, token=UNSET, idempotency_key=UNSET)
    return timed_signer("mcp-change-tasks", [access.user.id, request, sorted(tasks)])
