"""Tasks: listed and read."""

from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

from msgspec import UNSET, Meta, UnsetType

from api.mcp.calls import CallContext
from api.mcp.registry import tool
from api.mcp.shapes import Cursor, PersonOrMe, TaskDetail, Tasks, ToolArguments
from api.mcp.tools.cursors import next_cursor, read_page_request
from api.mcp.tools.people import person_id
from api.resources.work.task_query import Sort
from api.shapes.values import BoardId, LabelId, SprintId, State, TaskId, TextPart, about
from calmboard.errors import FieldError, ValidationFailed
from calmboard.pagination import DEFAULT_LIMIT, MAX_LIMIT, Page
from calmboard.work.tasks import rows
from calmboard.work.tasks.conditions import TaskFilters
from calmboard.work.tasks.detail import read_task_detail
from calmboard.work.tasks.filters import require_fitting_filters

KnownTask = Annotated[TaskId, Meta(description="The task, as list_tasks or search names it.")]


class ListTasks(ToolArguments, kw_only=True):
    board_id: (
        Annotated[BoardId, Meta(description="On this board, as list_projects names it; if absent, on every board you may see.")]
        | UnsetType
    ) = UNSET
    state: (
        Annotated[
            list[State],
            about("In one of these columns: backlog, ready, in_progress, review, done.", ["ready", "in_progress"], min_length=1),
        ]
        | UnsetType
    ) = UNSET
    assignee: Annotated[PersonOrMe, Meta(description="With this person on it: an id, or `me`.")] | UnsetType = UNSET
    sprint_id: Annotated[SprintId, Meta(description="In this sprint; get_board names them.")] | UnsetType = UNSET
    label: Annotated[LabelId, Meta(description="With this label on it; get_project names them.")] | UnsetType = UNSET
    blocked: Annotated[bool, about("true: only blocked ones; false: only the others.", True)] | UnsetType = UNSET
    pinned: Annotated[bool, about("true: only pinned ones; false: only the others.", True)] | UnsetType = UNSET
    due_before: Annotated[date, about("Due before this day.", "2026-12-18")] | UnsetType = UNSET
    due_after: Annotated[date, about("Due after this day.", "2026-11-24")] | UnsetType = UNSET
    updated_since: Annotated[datetime, about("Changed at this time or later.", "2026-11-23T09:00:00Z", tz=True)] | UnsetType = (
        UNSET
    )
    q: TextPart | UnsetType = UNSET
    sort: Annotated[
        Sort,
        about(
            "`-` turns the order around; `position` goes board by board, column by column, top to bottom. Absent: position.",
            "-updated_at",
        ),
    ] = "position"
    limit: Annotated[int, about("How many tasks at most; 25 if absent.", 25, ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT
    cursor: Cursor | UnsetType = UNSET


class GetTask(ToolArguments, kw_only=True):
    task_id: KnownTask


@tool("List tasks", effect="reads", scopes=("tasks:read",), takes=ListTasks, gives=Tasks)
def list_tasks(call: CallContext, args: ListTasks) -> dict[str, Any]:
    """The tasks of one board, or of every board you may see, without their descriptions, narrowed by column, person, sprint,
    label, dates or words.

    All filters given must fit. What is on somebody's plate is one call: no board_id, their id or `me` as assignee, and the
    columns that are not done as state. So is what is late: those columns, and today as due_before. For an overview of a board
    use get_board, to find words anywhere search, and for all that is on one task get_task. Where next_cursor is not null there
    are more: send it as cursor.
    """
    _require_days_between(args)
    filters, page_request = _filters(call, args), read_page_request(args)
    if args.board_id:
        page: Page[Any] = rows.list_tasks(call.access, args.board_id, filters, args.sort, page_request)
    else:
        page = rows.list_visible_tasks(call.access, filters, args.sort, page_request)
    if not page.rows and page_request.after is None:
        require_fitting_filters(call.access, filters, args.board_id or None)
    return {"tasks": page.rows, "next_cursor": next_cursor(args, page.after)}


@tool("Read a task", effect="reads", scopes=("tasks:read",), takes=GetTask, gives=TaskDetail)
def get_task(call: CallContext, args: GetTask) -> dict[str, Any]:
    """Everything on one task: description, column, people, labels, dates, what blocks it, its checklist with the ids of the
    items, its files by name, and its latest comments.

    Use it before you change a task or answer a question about it. For many tasks at once use list_tasks.
    """
    return read_task_detail(call.access, args.task_id)


def _require_days_between(args: ListTasks) -> None:
    if args.due_after and args.due_before and args.due_before - args.due_after <= timedelta(days=1):
        detail = f"No day lies between {args.due_after} and {args.due_before}. Both of them are left out."
        raise ValidationFailed(
            errors=tuple(FieldError(f"/{name}", "contradiction", detail) for name in ("due_after", "due_before"))
        )


def _filters(call: CallContext, args: ListTasks) -> TaskFilters:
    given = {field.name: value for field in fields(TaskFilters) if (value := getattr(args, field.name, UNSET)) is not UNSET}
    given |= {name: (given[name],) for name in ("sprint_id", "label") if name in given}
    if args.assignee:
        given["assignee"] = (person_id(call.access, args.assignee, "/assignee"),)
    if args.updated_since:
        given["updated_since"] = _in_utc(args.updated_since)
    return TaskFilters(**given)


def _in_utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError:
        detail = "This time lies before the first day or after the last one that can be told. Send another."
        raise ValidationFailed(errors=(FieldError("/updated_since", "out_of_range", detail),)) from None
