"""Tasks: changed, blocked, moved, given to people, deleted."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal, NoReturn

from msgspec import UNSET, Meta, UnsetType, field

from api.framework.bodies import given
from api.mcp.calls import CallContext
from api.mcp.quotes import quoted_title
from api.mcp.registry import tool
from api.mcp.shapes.answers import Deletion, TaskSummary
from api.mcp.shapes.arguments import DryRun, IdempotencyKey, Labels, People, Pin, SprintNamed, TaskNamed, ToolArguments
from api.mcp.tools.clearing import clear_meta, cleared
from api.mcp.tools.confirmation import declined_result, is_confirmed
from api.mcp.tools.names import board_of_task, task_id_of, values_by_id
from api.mcp.tools.tasks.outcomes import require_unchanged
from api.shapes.values import BlockedReason, Description, DueDate, State, Title, about
from calmboard.access.access import Access
from calmboard.errors import FieldError, ValidationFailed
from calmboard.preconditions import Precondition, no_precondition
from calmboard.work.named import is_final
from calmboard.work.tasks import lifecycle
from calmboard.work.tasks.detail import preview_deletion
from calmboard.work.tasks.rows import TaskRow

_CHANGES = ("title", "description", "due_date", "labels", "blocked_reason", "pinned", "sprint_id")
_EMPTY: dict[str, Any] = {
    "description": "",
    "due_date": None,
    "labels": [],
    "blocked_reason": None,
    "pinned": False,
    "sprint_id": None,
}
_POSITIONS = ("state", "before", "after", "position")
_ALTERNATIVES = {
    **dict.fromkeys(_POSITIONS, "move_task"),
    "assignees": "assign_task",
    "blocked": "blocked_reason",
    "checklist": "update_checklist",
    "comment": "add_comment",
}


UserIdsByArgument = Mapping[str, list[str]]
"""Ids of people, by the argument in which they were sent."""


class UpdateTask(ToolArguments, kw_only=True):
    task_id: TaskNamed
    title: Title | UnsetType = UNSET
    description: Annotated[Description, Meta(description="Details, in Markdown; replaces the one it has.")] | UnsetType = UNSET
    due_date: DueDate | UnsetType = UNSET
    labels: Labels | UnsetType = UNSET
    blocked_reason: Annotated[BlockedReason, Meta(description="What it waits for, which blocks it.")] | UnsetType = UNSET
    pinned: Pin | UnsetType = UNSET
    sprint_id: Annotated[SprintNamed, Meta(description="A sprint of its board, by id or exact name.")] | UnsetType = UNSET
    clear: (
        Annotated[
            list[Literal["description", "due_date", "labels", "blocked_reason", "pinned", "sprint_id"]],
            clear_meta("blocked_reason unblocks it, pinned unpins it, sprint_id takes it out of its sprint", "due_date"),
        ]
        | UnsetType
    ) = UNSET
    idempotency_key: IdempotencyKey | UnsetType = UNSET


class MoveTask(ToolArguments, kw_only=True):
    task_id: TaskNamed
    state: (
        Annotated[State, about("The column to move it to: backlog, ready, in_progress, review or done.", "review")] | UnsetType
    ) = UNSET
    before: Annotated[TaskNamed, Meta(description="Just above this task, in whose column it goes.")] | UnsetType = UNSET
    after: Annotated[TaskNamed, Meta(description="Just below this task, in whose column it goes.")] | UnsetType = UNSET
    position: Annotated[int, about("At this place of the column; 1 is the top.", 1, ge=1, le=1_000_000)] | UnsetType = UNSET
    idempotency_key: IdempotencyKey | UnsetType = UNSET


class AssignTask(ToolArguments, kw_only=True):
    task_id: TaskNamed
    add: Annotated[People, about("People to put on it, besides those who are.", ["me"])] = field(default_factory=list)
    remove: Annotated[People, about("People to take off it.", [])] = field(default_factory=list)
    only: Annotated[People, about("Instead of add and remove: exactly these people.", ["me"])] | UnsetType = UNSET
    clear: Annotated[list[Literal["assignees"]], clear_meta("assignees takes everybody off", "assignees")] | UnsetType = UNSET
    idempotency_key: IdempotencyKey | UnsetType = UNSET


class DeleteTask(ToolArguments, kw_only=True):
    task_id: TaskNamed
    dry_run: DryRun = False
    idempotency_key: IdempotencyKey | UnsetType = UNSET


@tool("Change a task", effect="changes", scopes=("tasks:write",), takes=UpdateTask, gives=TaskSummary, alternatives=_ALTERNATIVES)
def update_task(call: CallContext, args: UpdateTask) -> Any:
    """Change what a task says: title, description, due date, labels, what blocks it, pin, sprint. What is left out stays;
    clear empties.

    Labels replace those it has. To block a task, say in blocked_reason what it waits for, so that others can help: get_board
    shows it. Other changes have tools of their own: move_task for its column and place, assign_task for
    people, update_checklist, add_comment.
    """
    changes = {name: value for name, value in given(args).items() if name in _CHANGES and value is not False}
    task_id = task_id_of(call.access, args.task_id)
    changes = values_by_id(call.access, changes, board_of_task(call.access, task_id)) | cleared(args, _EMPTY)
    if changes.get("blocked_reason", "") is None:
        changes["blocked"] = False
    return lifecycle.change_task(call.access, task_id, changes)


@tool("Move a task", effect="changes", scopes=("tasks:write",), takes=MoveTask, gives=TaskSummary)
def move_task(call: CallContext, args: MoveTask) -> Any:
    """Move a task to another column, or to another place in its column; it goes to the bottom unless a place is given.

    Send state, or one of before, after and position, or state with position. Moving to in_progress starts the work, moving
    to done ends it: reports count from that. It stays on its board and in its sprint; for a sprint use update_task.
    """
    position = {name: value for name, value in given(args).items() if name in _POSITIONS}
    if args.position:
        position["position"] = args.position - 1
    if not position:
        raise ValidationFailed(errors=(FieldError("/state", "required", "Send a state, or one of before, after and position."),))
    task_id = task_id_of(call.access, args.task_id)
    return lifecycle.change_task(call.access, task_id, position | _neighbours(call.access, task_id, position))


def _neighbours(access: Access, task_id: str, position: Mapping[str, Any]) -> dict[str, str]:
    """The ids of the tasks beside which it goes; a number means one of its own project."""
    named = {name: position[name] for name in ("before", "after") if name in position}
    if is_final("task", named.values()):
        return named
    board_id = lifecycle.read_task(access, task_id).board_id
    return {name: task_id_of(access, value, name, board_id) for name, value in named.items()}


@tool("Assign a task", effect="changes", scopes=("tasks:write",), takes=AssignTask, gives=TaskSummary)
def assign_task(call: CallContext, args: AssignTask) -> Any:
    """Put people on a task and take people off it; `me` is the person you act for. Nobody receives a message unless you send one.

    Only members of the project, as get_project names them, can be put on a task.
    """
    sent = {name: getattr(args, name) or [] for name in ("add", "remove", "only")}
    task_id = task_id_of(call.access, args.task_id)
    people = values_by_id(call.access, sent, board_of_task(call.access, task_id))
    _require_one_way(args, people)
    if args.only or args.clear:
        return _assign(call, task_id, people, people["only"])
    task = lifecycle.read_task(call.access, task_id)
    assignees = [person.id for person in task.assignees if person.id not in people["remove"]]
    return _assign(call, task_id, people, list(dict.fromkeys([*assignees, *people["add"]])), require_unchanged(task.updated_at))


@tool("Delete a task", effect="destroys", scopes=("tasks:write",), takes=DeleteTask, gives=Deletion)
def delete_task(call: CallContext, args: DeleteTask) -> Any:
    """Delete a task for good, with its comments, checklist and files. This cannot be undone.

    Call it with dry_run first, show the person what would go, and go on only if they agree; where the client can, it asks the
    person itself. Work that is finished is moved to done with move_task, not deleted.
    """
    task_id = task_id_of(call.access, args.task_id)
    preview = preview_deletion(call.access, task_id)
    description = _describe_deletion(preview)
    if args.dry_run:
        return {**preview, "deleted": False, "message": f"Nothing was changed. This would delete {description}"}
    if not is_confirmed(call, f"This deletes {description}", "Delete it for good", _snapshot(preview)):
        return declined_result(
            Deletion, {**preview, "deleted": False, "message": "The person did not agree. Nothing was changed."}
        )
    lifecycle.delete_task(call.access, task_id, require_unchanged(preview["task"].updated_at))
    return {**preview, "deleted": True, "message": f"Deleted {description}"}


def _require_one_way(args: AssignTask, people: UserIdsByArgument) -> None:
    """Raises ValidationFailed where no change is given, or changes that exclude each other."""
    both = [user_id for user_id in people["add"] if user_id in people["remove"]]
    if both:
        _refuse("contradiction", f"{both[0]} is in add and in remove. Leave one of them out.", "add", "remove")
    ways = [name for name in ("only", "clear") if getattr(args, name)] + ["add"] * bool(args.add or args.remove)
    if len(ways) > 1:
        _refuse("contradiction", "Send only, or clear, or add and remove.", "add", "remove", "only", "clear")
    if not ways:
        _refuse("required", "Send add, remove, only or clear.", "add")


def _refuse(code: str, detail: str, *names: str) -> NoReturn:
    raise ValidationFailed(errors=tuple(FieldError(f"/{name}", code, detail) for name in names))


def _assign(
    call: CallContext,
    task_id: str,
    people: UserIdsByArgument,
    user_ids: list[str],
    precondition: Precondition = no_precondition,
) -> TaskRow:
    """Put exactly these people on the task; an error names the argument in which the person was sent."""
    try:
        return lifecycle.change_task(call.access, task_id, {"assignees": user_ids}, precondition)
    except ValidationFailed as problem:
        problem.errors = tuple(_at_argument(error, user_ids, people) for error in problem.errors)
        problem.hint = "Correct what is named above, and call again. get_project names the people of a project."
        raise


def _at_argument(error: FieldError, user_ids: list[str], people: UserIdsByArgument) -> FieldError:
    user_id = user_ids[int(error.pointer.removeprefix("/assignees/"))]
    pointers = [f"/{name}/{people[name].index(user_id)}" for name in ("only", "add") if user_id in people[name]]
    return replace(error, pointer=pointers[0]) if pointers else error


def _describe_deletion(preview: dict[str, Any]) -> str:
    counts = f"Comments: {preview['comments']}, checklist items: {preview['checklist_items']}, files: {preview['attachments']}."
    return f"{quoted_title(preview['task'].title)} for good, with all that is on it. {counts}"


def _snapshot(preview: dict[str, Any]) -> Any:
    """The state that was shown, so that what is confirmed is what is deleted."""
    return [preview["task"].updated_at.isoformat(), preview["comments"], preview["checklist_items"], preview["attachments"]]
