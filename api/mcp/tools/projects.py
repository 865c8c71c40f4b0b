"""Projects, where an agent starts."""

from collections.abc import Sequence
from typing import Annotated, Any

from msgspec import UNSET, Meta, UnsetType

from api.mcp.calls import CallContext
from api.mcp.registry import tool
from api.mcp.shapes.answers import ProjectDetail, Projects
from api.mcp.shapes.arguments import Cursor, ProjectNamed, ToolArguments
from api.mcp.tools.cursors import next_cursor, read_page_request
from api.shapes.values import NamePart, about
from calmboard.pagination import DEFAULT_LIMIT, MAX_LIMIT, Page, PageRequest
from calmboard.work import boards, labels, members, projects
from calmboard.work.named import resolve_name

_MAX_BOARDS = 50
_MAX_PAGE = PageRequest(MAX_LIMIT)


class ListProjects(ToolArguments, kw_only=True):
    name: Annotated[NamePart, Meta(description="Only projects whose name holds this, whatever the case.")] | UnsetType = UNSET
    limit: Annotated[int, about("How many projects at most; 25 if absent.", 25, ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT
    cursor: Cursor | UnsetType = UNSET


class GetProject(ToolArguments, kw_only=True):
    project_id: ProjectNamed


@tool("List projects and boards", effect="reads", scopes=("projects:read",), takes=ListProjects, gives=Projects)
def list_projects(call: CallContext, args: ListProjects) -> dict[str, Any]:
    """Start here: every project you may see, with your role in it and the ids and names of its boards.

    Use the ids with get_board, list_tasks, create_task and get_project. To find something by its words, use search instead.
    """
    page = projects.list_projects(call.access, read_page_request(args), args.name or None)
    hidden = [] if call.access.has_scope("boards:read") else ["boards"]
    return {"projects": _with_boards(call, page), "next_cursor": next_cursor(args, page.after), "not_readable": hidden}


@tool("Read a project", effect="reads", scopes=("projects:read",), takes=GetProject, gives=ProjectDetail)
def get_project(call: CallContext, args: GetProject) -> dict[str, Any]:
    """One project: its description, its people with their roles, its labels and its boards, each with its id.

    Use it to learn who can be assigned, and which labels there are. For how the work stands, use get_board.
    """
    project_id = resolve_name(call.access, "project", args.project_id, "/project_id")
    project = projects.read_project(call.access, project_id)
    lists = {"people": members.list_members, "labels": labels.list_labels, "boards": boards.list_boards}
    scopes = {"people": "members:read", "labels": "tasks:read", "boards": "boards:read"}
    held = {name: read for name, read in lists.items() if call.access.has_scope(scopes[name])}
    parts = {name: read(call.access, project.id, _MAX_PAGE).rows for name, read in held.items()}
    hidden = [name for name in lists if name not in held]
    return {**project._mapping, **dict.fromkeys(lists), **parts, "not_readable": hidden}


def _with_boards(call: CallContext, page: Page[Any]) -> Sequence[dict[str, Any]]:
    """Each project with its boards, or with None where those may not be read."""
    if not call.access.has_scope("boards:read"):
        return [{**project._mapping, "boards": None} for project in page.rows]
    found = projects.boards_of(call.access, [project.id for project in page.rows], _MAX_BOARDS)
    return [{**project._mapping, "boards": found.get(project.id, [])} for project in page.rows]
