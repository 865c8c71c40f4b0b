"""Boards: how the work stands."""

from typing import Annotated, Any

from msgspec import Meta

from api.mcp.calls import CallContext
from api.mcp.registry import tool
from api.mcp.shapes import BoardSummary, ToolArguments
from api.shapes.values import BoardId
from calmboard.work.board_summary import summarize_board

# The view of a board that clients with MCP Apps show beside the answer.
_VIEW = {"ui": {"resourceUri": "ui://calmboard/board"}}


class GetBoard(ToolArguments, kw_only=True):
    board_id: Annotated[BoardId, Meta(description="The board, as list_projects names it.")]


@tool(
    "See how a board stands",
    effect="reads",
    scopes=("boards:read", "tasks:read"),
    takes=GetBoard,
    gives=BoardSummary,
    meta=_VIEW,
)
def get_board(call: CallContext, args: GetBoard) -> dict[str, Any]:
    """How a board stands, in one call: the number of tasks in each column, the active sprint and the planned ones, what is
    blocked and by what, what is late, what waits in review, who has what, and how much nobody has.

    Use it for stand-ups, status and risk, and to learn the ids of sprints. It lists the tasks that ask for attention, not all:
    for every task of a column, person, label or sprint use list_tasks.
    """
    return summarize_board(call.access, args.board_id)
