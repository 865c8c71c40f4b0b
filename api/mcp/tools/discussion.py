"""Comments and checklists of a task."""

from typing import Annotated, Any

from msgspec import UNSET, Meta, UnsetType, field

from api.mcp.calls import CallContext
from api.mcp.registry import tool
from api.mcp.shapes.answers import Checklist, CommentSummary
from api.mcp.shapes.arguments import IdempotencyKey, TaskNamed, ToolArguments
from api.mcp.tools.names import task_id_of
from api.shapes.values import ItemId, about
from api.shapes.work.checklists import Text
from api.shapes.work.comments import Body
from calmboard.work.discussion import checklists, comments

_MAX_ITEMS = 50


class AddComment(ToolArguments, kw_only=True):
    task_id: TaskNamed
    body: Body
    idempotency_key: IdempotencyKey | UnsetType = UNSET


class UpdateChecklist(ToolArguments, kw_only=True):
    task_id: TaskNamed
    add: Annotated[list[Text], Meta(description="Lines to add at the bottom, not ticked.", max_length=_MAX_ITEMS)] = field(
        default_factory=list
    )
    tick: Annotated[list[ItemId], about("Ids of items that are done, as get_task names them.", [], max_length=_MAX_ITEMS)] = (
        field(default_factory=list)
    )
    untick: Annotated[list[ItemId], about("Ids of items that are not done after all.", [], max_length=_MAX_ITEMS)] = field(
        default_factory=list
    )
    idempotency_key: IdempotencyKey | UnsetType = UNSET


@tool("Comment on a task", effect="adds", scopes=("comments:write",), takes=AddComment, gives=CommentSummary)
def add_comment(call: CallContext, args: AddComment) -> dict[str, Any]:
    """Write a comment on a task, in Markdown, in the name of the person you act for; everybody in the project sees it.

    Use it to report, ask or hand over. For what is to be done, use update_task's description or update_checklist instead.
    """
    comment = comments.write_comment(call.access, task_id_of(call.access, args.task_id), args.body)
    author_name = comment.author.name if comment.author else None
    return {"id": comment.id, "author_name": author_name, "body": comment.body, "created_at": comment.created_at}


@tool(
    "Tick off and add to a checklist", effect="adds or changes", scopes=("tasks:write",), takes=UpdateChecklist, gives=Checklist
)
def update_checklist(call: CallContext, args: UpdateChecklist) -> dict[str, Any]:
    """Tick and untick items of a task's checklist, and add lines to it; gives the whole checklist as it is then.

    The ids of the items are in get_task. It does not move the task: when all is done, use move_task.
    """
    task_id = task_id_of(call.access, args.task_id)
    items = checklists.change_checklist(call.access, task_id, args.add, args.tick, args.untick)
    return {"task_id": task_id, "items": items}
