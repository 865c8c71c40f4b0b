"""Boards: how the work stands."""

from typing import Any

from api.mcp.calls import CallContext
from api.mcp.registry import tool
from api.mcp.shapes.answers import BoardSummary
from api.mcp.shapes.arguments import BoardNamed, ToolArguments
from api.mcp.tools.names import board_id_of
from calmboard.work.board_summary import summarize_board

# The view of a board that clients with MCP Apps show beside the answer.
_VIEW = {"ui": {"resourceUri": "ui://calmboard/board"}}


class GetBoard(ToolArguments, kw_only=True):
    board_id: BoardNamed


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
    hidden = [] if call.access.has_scope("sprints:read") else ["sprints"]
    return {**summarize_board(call.access, board_id_of(call.access, args.board_id)), "not_readable": hidden}
