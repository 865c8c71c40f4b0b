"""Tasks: changed, blocked, moved, given to people, deleted."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, NoReturn

from msgspec import UNSET, Meta, UnsetType, field

from api.framework.bodies import given
from api.mcp.calls import Call
from api.mcp.content.quotes import named
from api.mcp.registry import tool
from api.mcp.shapes import Deletion, DryRun, IdempotencyKey, LabelIds, People, TaskInShort, ToolArguments
from api.mcp.tools.confirmation import is_agreed, unchanged
from api.mcp.tools.people import person_ids
from api.mcp.tools.tasks import KnownTask
from api.shapes.values import BlockedReason, Description, DueDate, Pinned, Position, SprintId, State, TaskId, Title, about
from calmboard.errors import FieldError, PreconditionFailed, ValidationFailed
from calmboard.preconditions import Precondition, no_precondition
from calmboard.work.tasks import lifecycle
from calmboard.work.tasks.detail import count_what_goes
from calmboard.work.tasks.rows import TaskRow

_CHANGES = ("title", "description", "due_date", "labels", "blocked_reason", "pinned", "sprint_id")
_PLACES = ("state", "before", "after", "position")
_OTHER_CHANGES = {
    **dict.fromkeys(_PLACES, "move_task"),
    "assignees": "assign_task",
    "blocked": "blocked_reason",
    "checklist": "update_checklist",
    "comment": "add_comment",
}


Sent = Mapping[str, list[str]]
"""Ids of people, by the argument in which they were sent."""


class UpdateTask(ToolArguments, kw_only=True):
    task_id: KnownTask
    title: Title | UnsetType = UNSET
    description: Annotated[Description, Meta(description="Details, in Markdown; replaces the one it has.")] | UnsetType = UNSET
    due_date: Annotated[DueDate | None, about("The day it is due; null: none.", "2026-12-18")] | UnsetType = UNSET
    labels: LabelIds | UnsetType = UNSET
    blocked_reason: (
        Annotated[BlockedReason | None, Meta(description="What it waits for, which blocks it; null: it can go on.")] | UnsetType
    ) = UNSET
    pinned: Pinned | UnsetType = UNSET
    sprint_id: (
        Annotated[SprintId | None, Meta(description="A sprint of its board, as get_board names it; null: none.")] | UnsetType
    ) = UNSET
    idempotency_key: IdempotencyKey | UnsetType = UNSET


class MoveTask(ToolArguments, kw_only=True):
    task_id: KnownTask
    state: (
        Annotated[State, about("The column to move it to: backlog, ready, in_progress, review or done.", "review")] | UnsetType
    ) = UNSET
    before: Annotated[TaskId, Meta(description="Just above this task, in whose column it goes.")] | UnsetType = UNSET
    after: Annotated[TaskId, Meta(description="Just below this task, in whose column it goes.")] | UnsetType = UNSET
    position: Annotated[Position, Meta(description="At this place of the column; 0 is the top.")] | UnsetType = UNSET
    idempotency_key: IdempotencyKey | UnsetType = UNSET


class AssignTask(ToolArguments, kw_only=True):
    task_id: KnownTask
    add: Annotated[People, about("People to put on it, besides those who are.", ["me"])] = field(default_factory=list)
    remove: Annotated[People, about("People to take off it.", [])] = field(default_factory=list)
    only: (
        Annotated[People, about("Instead of add and remove: exactly these people; an empty list takes everybody off.", ["me"])]
        | UnsetType
    ) = UNSET
    idempotency_key: IdempotencyKey | UnsetType = UNSET


class DeleteTask(ToolArguments, kw_only=True):
    task_id: KnownTask
    dry_run: DryRun = False
    idempotency_key: IdempotencyKey | UnsetType = UNSET


@tool("Change a task", effect="changes", scopes=("tasks:write",), takes=UpdateTask, gives=TaskInShort, elsewhere=_OTHER_CHANGES)
def update_task(call: Call, asked: UpdateTask) -> Any:
    """Change what a task says: title, description, due date, labels, what blocks it, pin, sprint. What is left out stays.

    Labels replace those it has. To block a task, say in blocked_reason what it waits for, so that others can help: get_board
    shows it; null unblocks it. Other changes have tools of their own: move_task for its column and place, assign_task for
    people, update_checklist, add_comment.
    """
    changes = {name: value for name, value in given(asked).items() if name in _CHANGES}
    if asked.blocked_reason is None:
        changes["blocked"] = False
    return lifecycle.change_task(call.access, asked.task_id, changes)


@tool("Move a task", effect="changes", scopes=("tasks:write",), takes=MoveTask, gives=TaskInShort)
def move_task(call: Call, asked: MoveTask) -> Any:
    """Move a task to another column, or to another place in its column; it goes to the bottom unless a place is given.

    Send state, or one of before, after and position, or state with position. Moving to in_progress starts the work, moving
    to done ends it: reports count from that. It stays on its board and in its sprint; for a sprint use update_task.
    """
    places = {name: value for name, value in given(asked).items() if name in _PLACES}
    if not places:
        raise ValidationFailed(errors=(FieldError("/state", "required", "Send a state, or one of before, after and position."),))
    return lifecycle.change_task(call.access, asked.task_id, places)


@tool("Assign a task", effect="changes", scopes=("tasks:write",), takes=AssignTask, gives=TaskInShort)
def assign_task(call: Call, asked: AssignTask) -> Any:
    """Put people on a task and take people off it; `me` is the person you act for. Nobody is told unless you do.

    People are named by id, from get_project; only members of the project can be put on a task.
    """
    people = {name: person_ids(call.access, getattr(asked, name) or [], f"/{name}") for name in ("add", "remove", "only")}
    _need_one_way(asked, people)
    if asked.only is not UNSET:
        return _give(call, asked, people, people["only"])
    task = lifecycle.read_task(call.access, asked.task_id)
    assignees = [person.id for person in task.assignees if person.id not in people["remove"]]
    return _give(call, asked, people, list(dict.fromkeys([*assignees, *people["add"]])), _while_unchanged(task.updated_at))


@tool("Delete a task", effect="destroys", scopes=("tasks:write",), takes=DeleteTask, gives=Deletion)
def delete_task(call: Call, asked: DeleteTask) -> Any:
    """Delete a task for good, with its comments, checklist and files. This cannot be undone.

    Call it with dry_run first, show the person what would go, and go on only if they agree; where the client can, it asks the
    person itself. Work that is finished is moved to done with move_task, not deleted.
    """
    seen = count_what_goes(call.access, asked.task_id)
    what = _what_goes(seen)
    if asked.dry_run:
        return {**seen, "deleted": False, "told": f"Nothing was changed. This would delete {what}"}
    if not is_agreed(call, f"This deletes {what}", "Delete it for good", _state(seen)):
        return unchanged(Deletion, {**seen, "deleted": False, "told": "The person did not agree. Nothing was changed."})
    lifecycle.delete_task(call.access, asked.task_id, _while_unchanged(seen["task"].updated_at))
    return {**seen, "deleted": True, "told": f"Deleted {what}"}


def _need_one_way(asked: AssignTask, people: Sent) -> None:
    """Raises ValidationFailed where nothing is asked for, or two things that exclude each other."""
    both = [user_id for user_id in people["add"] if user_id in people["remove"]]
    if both:
        _refuse("contradiction", f"{both[0]} is in add and in remove. Leave one of them out.", "add", "remove")
    if asked.only is not UNSET and (asked.add or asked.remove):
        _refuse("contradiction", "Send only, or add and remove.", "add", "remove", "only")
    if asked.only is UNSET and not asked.add and not asked.remove:
        _refuse("required", "Send add, remove or only.", "add")


def _refuse(code: str, detail: str, *names: str) -> NoReturn:
    raise ValidationFailed(errors=tuple(FieldError(f"/{name}", code, detail) for name in names))


def _give(
    call: Call, asked: AssignTask, people: Sent, user_ids: list[str], precondition: Precondition = no_precondition
) -> TaskRow:
    """Put exactly these people on the task; whoever cannot be is told by the argument in which they were sent."""
    try:
        return lifecycle.change_task(call.access, asked.task_id, {"assignees": user_ids}, precondition)
    except ValidationFailed as problem:
        problem.errors = tuple(_as_sent(fault, user_ids, people) for fault in problem.errors)
        problem.hint = "Correct what is named above, and call again. get_project names the people of a project with their ids."
        raise


def _as_sent(fault: FieldError, user_ids: list[str], people: Sent) -> FieldError:
    user_id = user_ids[int(fault.pointer.removeprefix("/assignees/"))]
    places = [f"/{name}/{people[name].index(user_id)}" for name in ("only", "add") if user_id in people[name]]
    return replace(fault, pointer=places[0]) if places else fault


def _while_unchanged(updated_at: datetime) -> Precondition:
    """Lets a change through only while the task is as it was read."""

    def precondition(task: TaskRow) -> None:
        if task.updated_at != updated_at:
            raise PreconditionFailed("Somebody changed the task just now.", hint="Read it with get_task, and decide again.")

    return precondition


def _what_goes(seen: dict[str, Any]) -> str:
    counts = f"Comments: {seen['comments']}, checklist items: {seen['checklist_items']}, files: {seen['attachments']}."
    return f"{named(seen['task'].title)} for good, with all that is on it. {counts}"


def _state(seen: dict[str, Any]) -> Any:
    """What was shown, so that what is agreed to is what is deleted."""
    return [seen["task"].updated_at.isoformat(), seen["comments"], seen["checklist_items"], seen["attachments"]]
