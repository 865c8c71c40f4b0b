"""Sprints: planned, started, completed."""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType, field

from api.framework.bodies import given
from api.mcp.calls import CallContext
from api.mcp.quotes import quoted_title
from api.mcp.registry import tool
from api.mcp.shapes.answers import CompletedSprint, SprintSummary
from api.mcp.shapes.arguments import BoardNamed, DryRun, IdempotencyKey, SprintNamed, TaskNamed, ToolArguments
from api.mcp.tools.clearing import clear_meta, cleared
from api.mcp.tools.confirmation import declined_result, is_confirmed
from api.mcp.tools.names import board_id_of, sprint_id_of, task_ids_of
from api.shapes.values import about
from api.shapes.work.sprints import EndsOn, Goal, SprintName, StartsOn
from calmboard.errors import FieldError, PreconditionFailed, ValidationFailed
from calmboard.preconditions import Precondition
from calmboard.work.named import is_final
from calmboard.work.sprints import lifecycle, planning
from calmboard.work.sprints.lifecycle import SprintCompletion

_MAX_TASKS = 50
_PLANS = ("name", "goal", "starts_on", "ends_on")
_EMPTY = {"goal": "", "starts_on": None, "ends_on": None}
_ENDS = {"backlog": "which go back to Backlog", "keep": "which stay in their columns, in no sprint"}


class PlanSprint(ToolArguments, kw_only=True):
    board_id: Annotated[BoardNamed, Meta(description="The board of a new sprint; absent, to change one.")] | UnsetType = UNSET
    sprint_id: Annotated[SprintNamed, Meta(description="The sprint to change; leave it out to plan a new one.")] | UnsetType = (
        UNSET
    )
    name: Annotated[SprintName, Meta(description="Its name; a new sprint needs one.")] | UnsetType = UNSET
    goal: Goal | UnsetType = UNSET
    starts_on: StartsOn | UnsetType = UNSET
    ends_on: EndsOn | UnsetType = UNSET
    clear: Annotated[list[Literal["goal", "starts_on", "ends_on"]], clear_meta("its goal or days", "goal")] | UnsetType = UNSET
    add: Annotated[list[TaskNamed], about("Tasks of the board to put into it.", [], max_length=_MAX_TASKS)] = field(
        default_factory=list
    )
    remove: Annotated[list[TaskNamed], about("Tasks to take out of it.", [], max_length=_MAX_TASKS)] = field(default_factory=list)
    idempotency_key: IdempotencyKey | UnsetType = UNSET


class StartSprint(ToolArguments, kw_only=True):
    sprint_id: SprintNamed
    idempotency_key: IdempotencyKey | UnsetType = UNSET


class CompleteSprint(ToolArguments, kw_only=True):
    sprint_id: SprintNamed
    unfinished: (
        Annotated[
            Literal["backlog", "keep"],
            about(
                "`backlog`: tasks not done go back to that column; `keep`: they stay in theirs. Both leave the sprint.", "backlog"
            ),
        ]
        | UnsetType
    ) = UNSET
    move_to: (
        Annotated[
            SprintNamed, Meta(description="Instead of `unfinished`: tasks not done go on in this planned sprint of the board.")
        ]
        | UnsetType
    ) = UNSET
    dry_run: DryRun = False
    idempotency_key: IdempotencyKey | UnsetType = UNSET


@tool(
    "Plan a sprint",
    effect="adds or changes",
    scopes=("sprints:write", "tasks:write"),
    takes=PlanSprint,
    gives=SprintSummary,
)
def plan_sprint(call: CallContext, args: PlanSprint) -> Any:
    """Plan a new sprint on a board, or change one, and put tasks in and out of it in the same call.

    Send board_id and a name for a new one, sprint_id to change one. Tasks are added to the ones that are in it already; the
    board's tasks are named by list_tasks. It does not start the sprint: start_sprint does. For a single task, update_task with
    its sprint_id does too.
    """
    _require_one_sprint(args)
    add, remove = (task_ids_of(call.access, getattr(args, name), name) for name in ("add", "remove"))
    values = {name: value for name, value in given(args).items() if name in _PLANS} | cleared(args, _EMPTY)
    if args.sprint_id:
        return planning.replan_sprint(call.access, sprint_id_of(call.access, args.sprint_id), values, add, remove)
    return planning.plan_sprint(call.access, board_id_of(call.access, args.board_id or ""), values, add)


@tool("Start a sprint", effect="changes", scopes=("sprints:write",), takes=StartSprint, gives=SprintSummary)
def start_sprint(call: CallContext, args: StartSprint) -> Any:
    """Make a planned sprint the active one of its board. Without days of its own it runs from today for two weeks.

    A board has one active sprint at most; where there is one, complete_sprint comes first. To plan one, use plan_sprint.
    """
    return lifecycle.start_sprint(call.access, sprint_id_of(call.access, args.sprint_id))


@tool("Complete a sprint", effect="destroys", scopes=("sprints:write",), takes=CompleteSprint, gives=CompletedSprint)
def complete_sprint(call: CallContext, args: CompleteSprint) -> Any:
    """End the active sprint for good. Done tasks stay in it, which is what reports are made of; the others leave it.

    Say where those go: `unfinished` or `move_to`, one of them. Call it with dry_run first and show the person which tasks
    that is about; where the client can, it asks the person itself. For the next sprint, use plan_sprint and start_sprint.
    """
    sprint_id, unfinished = sprint_id_of(call.access, args.sprint_id), args.unfinished or None
    move_to = _next_sprint_id(call, sprint_id, args.move_to) if args.move_to else None
    preview = planning.preview_completion(call.access, sprint_id, unfinished, move_to)
    preview["not_readable"] = ["unfinished"] if preview["unfinished"] is None else []
    outcome = f"Tasks not done, {_ENDS.get(unfinished or '', 'which go on in the other sprint')}: {preview['unfinished_count']}."
    if args.dry_run:
        return {**preview, "completed": False, "message": f"Nothing was changed. The sprint would end for good. {outcome}"}
    name = quoted_title(preview["sprint"].name)
    if not is_confirmed(
        call, f"Complete the sprint {name}? It ends for good. {outcome}", "Complete the sprint", _snapshot(preview)
    ):
        return declined_result(
            CompletedSprint, {**preview, "completed": False, "message": "The person did not agree. Nothing was changed."}
        )
    sprint = lifecycle.complete_sprint(call.access, sprint_id, unfinished, move_to, _require_unchanged(preview))
    return {**preview, "sprint": sprint, "completed": True, "message": f"The sprint is completed. {outcome}"}


def _require_one_sprint(args: PlanSprint) -> None:
    """Raises ValidationFailed unless the call names either a board for a new sprint or a sprint to change."""
    if bool(args.board_id) == bool(args.sprint_id):
        detail = "Send board_id and a name to plan a new sprint, or sprint_id alone to change one."
        code = "contradiction" if args.board_id else "required"
        raise ValidationFailed(errors=tuple(FieldError(f"/{name}", code, detail) for name in ("board_id", "sprint_id")))
    errors = []
    if args.board_id and not args.name:
        errors.append(FieldError("/name", "required", "Send a name; a new sprint needs one."))
    if args.board_id and args.remove:
        errors.append(FieldError("/remove", "contradiction", "Leave it out; a new sprint has no tasks to take out."))
    if errors:
        raise ValidationFailed(errors=tuple(errors))


def _next_sprint_id(call: CallContext, sprint_id: str, name: str) -> str:
    """The sprint of the same board, since names return on every board."""
    if is_final("sprint", [name]):
        return name
    return sprint_id_of(call.access, name, "move_to", lifecycle.read_sprint(call.access, sprint_id).board_id)


def _require_unchanged(preview: dict[str, Any]) -> Precondition:
    """Require that the sprint, and the tasks that leave it, have not changed since they were read."""
    shown = None if preview["unfinished"] is None else [row.id for row in preview["unfinished"]]

    def precondition(completion: SprintCompletion) -> None:
        same_tasks = shown is None or completion.task_ids[: len(shown)] == shown
        same_count = len(completion.task_ids) == preview["unfinished_count"]
        if not (same_tasks and same_count and completion.sprint.updated_at == preview["sprint"].updated_at):
            hint = "Call again with dry_run to see how it stands, and decide again."
            raise PreconditionFailed("Somebody changed the sprint just now. Nothing was changed.", hint=hint)

    return precondition


def _snapshot(preview: dict[str, Any]) -> Any:
    """The state that was shown, so that what is confirmed is what is done."""
    return [
        preview["sprint"].updated_at.isoformat(),
        preview["unfinished_count"],
        [row.id for row in preview["unfinished"] or ()],
    ]
