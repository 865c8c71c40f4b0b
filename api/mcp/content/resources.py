"""Projects, boards and tasks as documents that an agent can open, and the list of what the caller has."""

import hashlib
from collections.abc import Callable
from typing import Any

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer

from api.mcp.calls import Call
from api.mcp.content.completions import completing
from api.mcp.content.documents import board_document, project_document, task_document
from api.mcp.content.quotes import named
from api.mcp.listings import usable
from api.mcp.protocol.revisions import strange_cursor
from api.mcp.registry import Resource
from calmboard.access.access import Access
from calmboard.db import AnyRow
from calmboard.pagination import MAX_LIMIT, PageRequest
from calmboard.work.visible_places import list_places

MARKDOWN = "text/markdown"


def list_resources(access: Access, cursor: str | None) -> tuple[list[dict[str, Any]], str | None]:
    """A page of the projects and boards in reach, as far as this access could read them, and the next cursor."""
    after = None if cursor is None else _read_cursor(cursor)
    kinds = [kind for kind in ("project", "board") if usable(access, _SCOPES[kind])]
    if not kinds:
        return [], None
    page = list_places(access, kinds, PageRequest(MAX_LIMIT, after))
    return [_listed(row) for row in page.rows], _serializer().dumps(page.after) if page.after else None


def _listed(place: AnyRow) -> dict[str, Any]:
    kind, place_id = ("board", place.board_id) if place.board_id else ("project", place.project_id)
    home = f" of the project {named(place.project_name)}" if place.board_id and place.project_name else ""
    about = {"name": place.name, "title": place.name, "description": f"A {kind}{home}."}
    return {"uri": f"calmboard://{kind}s/{place_id}", **about, "mimeType": MARKDOWN}


def _read_cursor(cursor: str) -> tuple[str, ...]:
    try:
        return tuple(_serializer().loads(cursor))
    except BadSignature:
        raise strange_cursor() from None


def _serializer() -> URLSafeSerializer:
    key: str = current_app.config["CALMBOARD"].secret_key
    return URLSafeSerializer(key, salt="mcp-resources", signer_kwargs={"digest_method": hashlib.sha256})


def _template(kind: str, title: str, description: str, write: Callable[[Access, str], str]) -> Resource:
    variable = f"{kind}_id"

    def read(call: Call, variables: dict[str, str]) -> dict[str, str]:
        return {"text": write(call.access, variables[variable])}

    uri = f"calmboard://{kind}s/{{{variable}}}"
    return Resource(uri, kind, title, description, MARKDOWN, read, _SCOPES[kind], {variable: completing(kind)})


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
