"""Search, over everything the caller may see."""

from typing import Annotated, Any

from msgspec import UNSET, UnsetType

from api.mcp.calls import CallContext
from api.mcp.registry import tool
from api.mcp.shapes.answers import Kind, SearchResults
from api.mcp.shapes.arguments import ToolArguments
from api.shapes.values import VISIBLE, about
from calmboard.work import search as work_search


class Search(ToolArguments, kw_only=True):
    q: Annotated[
        str,
        about(
            "Words, of which the first eight count; what is found holds all of these, whatever the case and order. "
            "Parts of words will do.",
            "refund capture",
            min_length=1,
            max_length=100,
            pattern=VISIBLE,
        ),
    ]
    kinds: Annotated[list[Kind], about("Only these kinds; if absent, all.", ["task", "comment"], min_length=1)] | UnsetType = (
        UNSET
    )
    limit: Annotated[int, about("How many hits at most; 20 if absent.", 20, ge=1, le=50)] = 20


@tool("Search", effect="reads", scopes=("tasks:read",), takes=Search, gives=SearchResults)
def search(call: CallContext, args: Search) -> Any:
    """Find projects, boards, tasks, comments and sprints by words, across everything you may see, with their ids.

    Looks in names and titles, descriptions, goals and comments; hits in titles come first, then the newest. Use it when you
    know words but not where they are. To go through a board by column, person, date or label, use list_tasks instead; to read
    what a hit says in full, get_task.
    """
    return work_search.search(call.access, args.q, args.kinds or None, args.limit)
