"""Projects, boards and tasks as documents that an agent can read, and the list of the caller's own."""

from collections.abc import Callable
from typing import Any

from itsdangerous import BadSignature

from api.mcp.calls import CallContext
from api.mcp.content.completions import id_completion
from api.mcp.content.documents import board_document, project_document, task_document
from api.mcp.protocol.listings import usable
from api.mcp.protocol.revisions import invalid_cursor
from api.mcp.quotes import quoted_title
from api.mcp.registry import Resource
from calmboard.access.access import Access
from calmboard.access.signing import signer
from calmboard.db import AnyRow
from calmboard.pagination import MAX_LIMIT, PageRequest
from calmboard.work.visible_resources import list_projects_and_boards

MARKDOWN = "text/markdown"
_CURSOR = "mcp-resources"


def list_resources(access: Access, cursor: str | None) -> tuple[list[dict[str, Any]], str | None]:
    """A page of the visible projects and boards, as far as this access may read them, and the next cursor."""
    after = None if cursor is None else _read_cursor(cursor)
    kinds = [kind for kind in ("project", "board") if usable(access, _SCOPES[kind])]
    if not kinds:
        return [], None
    page = list_projects_and_boards(access, kinds, PageRequest(MAX_LIMIT, after))
    return [_entry(row) for row in page.rows], signer(_CURSOR).dumps(page.after) if page.after else None


def _entry(row: AnyRow) -> dict[str, Any]:
    kind, row_id = ("board", row.board_id) if row.board_id else ("project", row.project_id)
    parent = f" of the project {quoted_title(row.project_name)}" if row.board_id and row.project_name else ""
    about = {"name": row.name, "title": row.name, "description": f"A {kind}{parent}."}
    return {"uri": f"calmboard://{kind}s/{row_id}", **about, "mimeType": MARKDOWN}


def _read_cursor(cursor: str) -> tuple[str, ...]:
    try:
        return tuple(signer(_CURSOR).loads(cursor))
    except BadSignature:
        raise invalid_cursor() from None


def _template(kind: str, title: str, description: str, render: Callable[[Access, str], str]) -> Resource:
    variable = f"{kind}_id"

    def read(call: CallContext, variables: dict[str, str]) -> dict[str, str]:
        return {"text": render(call.access, variables[variable])}

    uri = f"calmboard://{kind}s/{{{variable}}}"
    return Resource(uri, kind, title, description, MARKDOWN, read, _SCOPES[kind], {variable: id_completion(kind)})


_SCOPES = {"project": ("projects:read",), "board": ("boards:read", "tasks:read"), "task": ("tasks:read",)}

RESOURCES = (
    _template("project", "Project", "What a project is about, its boards, its people and its labels.", project_document),
    _template(
        "board",
        "Board",
        "How a board stands: columns, sprints, what is blocked, late and in review, and who has what.",
        board_document,
    ),
    _template("task", "Task", "A task with everything on it: facts, description, checklist, files, comments.", task_document),
)
