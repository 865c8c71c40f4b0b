"""The tools of an agent: few and strong, in the order in which they are listed."""

from api.mcp.registry import Tool
from api.mcp.tools.boards import get_board
from api.mcp.tools.hints import with_hints
from api.mcp.tools.projects import get_project, list_projects
from api.mcp.tools.search import search
from api.mcp.tools.tasks import get_task, list_tasks

TOOLS: tuple[Tool, ...] = tuple(
    with_hints(tool)
    for tool in (
        list_projects,
        get_project,
        get_board,
        list_tasks,
        get_task,
        search,
    )
)
