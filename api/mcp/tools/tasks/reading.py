"""Tasks: listed and read."""

from typing import Annotated, Any

from msgspec import UNSET, UnsetType

from api.mcp.calls import CallContext
from api.mcp.registry import tool
from api.mcp.shapes.answers import TaskDetail, Tasks
from api.mcp.shapes.arguments import Cursor, TaskNamed, ToolArguments
from api.mcp.tools.cursors import next_cursor, read_page_request
from api.mcp.tools.names import board_id_of, task_id_of
from api.mcp.tools.tasks.filters import TaskFilter, read_filters
from api.resources.work.task_query import Sort
from api.shapes.values import about
from calmboard.pagination import DEFAULT_LIMIT, MAX_LIMIT, Page
from calmboard.work.tasks import rows
from calmboard.work.tasks.conditions import NONE, TaskFilters
from calmboard.work.tasks.counts import GroupBy, count_tasks
from calmboard.work.tasks.detail import read_task_detail
from calmboard.work.tasks.filters import require_fitting_filters


class ListTasks(TaskFilter, kw_only=True):
    """The tasks that are asked for; all of what is given has to fit."""

    count_by: (
        Annotated[GroupBy, about("Instead of the tasks, only how many there are in each group.", "assignee")] | UnsetType
    ) = UNSET
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
    task_id: TaskNamed


@tool("List tasks", effect="reads", scopes=("tasks:read",), takes=ListTasks, gives=Tasks)
def list_tasks(call: CallContext, args: ListTasks) -> dict[str, Any]:
    """The tasks of one board, or of every board you may see, without their descriptions; or with count_by only how many there
    are. Narrowed by column, person, sprint, label, dates or words.

    Overdue and whose is one call: the columns that are not done as state, and today as due_before. For an overview of a board
    use get_board, to find words anywhere search, for all that is on one task get_task, and to change many change_tasks. Where
    there is a next_cursor there are more: send it as cursor.
    """
    board_id = board_id_of(call.access, args.board_id) if args.board_id else None
    filters = read_filters(call.access, args, board_id)
    if args.count_by:
        return _counts(call, args.count_by, filters, board_id)
    page_request = read_page_request(args)
    page: Page[Any]
    if board_id:
        page = rows.list_tasks(call.access, board_id, filters, args.sort, page_request)
    else:
        page = rows.list_visible_tasks(call.access, filters, args.sort, page_request)
    if not page.rows and page_request.after is None:
        require_fitting_filters(call.access, filters, board_id)
    return {"tasks": page.rows, "next_cursor": next_cursor(args, page.after)}


@tool("Read a task", effect="reads", scopes=("tasks:read",), takes=GetTask, gives=TaskDetail)
def get_task(call: CallContext, args: GetTask) -> dict[str, Any]:
    """Everything on one task: description, column, people, labels, dates, what blocks it, its checklist with the ids of the
    items, its files by name, and its latest comments.

    Use it before you change a task or answer a question about it. For many tasks at once use list_tasks.
    """
    detail = read_task_detail(call.access, task_id_of(call.access, args.task_id))
    return {**detail, "not_readable": [name for name in ("board_name", "comments") if detail[name] is None]}


def _counts(call: CallContext, group: GroupBy, filters: TaskFilters, board_id: str | None) -> dict[str, Any]:
    counts = count_tasks(call.access, filters, group, board_id)
    if not counts:
        require_fitting_filters(call.access, filters, board_id)
    return {"tasks": [], "counts": [{"id": one.id or NONE, "name": one.name, "count": one.count} for one in counts]}
