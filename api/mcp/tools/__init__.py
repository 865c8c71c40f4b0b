"""The tools of an agent: few and strong, in the order in which they are listed."""

from api.mcp.registry import Tool
from api.mcp.tools.boards import get_board
from api.mcp.tools.discussion import add_comment, update_checklist
from api.mcp.tools.hints import with_hints
from api.mcp.tools.projects import get_project, list_projects
from api.mcp.tools.reports import get_report
from api.mcp.tools.search_tool import search
from api.mcp.tools.sprints import complete_sprint, plan_sprint, start_sprint
from api.mcp.tools.tasks.changes import assign_task, delete_task, move_task, update_task
from api.mcp.tools.tasks.creation import create_task, create_tasks
from api.mcp.tools.tasks.many import change_tasks
from api.mcp.tools.tasks.reading import get_task, list_tasks

TOOLS: tuple[Tool, ...] = tuple(
    with_hints(tool)
    for tool in (
        list_projects,
        get_project,
        get_board,
        list_tasks,
        get_task,
        search,
        create_task,
        update_task,
        move_task,
        assign_task,
        add_comment,
        update_checklist,
        create_tasks,
        change_tasks,
        delete_task,
        plan_sprint,
        start_sprint,
        complete_sprint,
        get_report,
    )
)
