"""The API as plain data, for the page that shows it."""

from itertools import groupby
from typing import Any

from flask import Flask

from api.describe import Operation, operations
from api.examples import example_of, needed_example_of

NOUNS = {
    "me": ("Who am I", "/me"),
    "projects": ("Projects", "/projects"),
    "members": ("Members", "/projects/{project_id}/members"),
    "boards": ("Boards", "/boards"),
    "tasks": ("Tasks", "/tasks"),
    "checklists": ("Checklists", "/checklist-items"),
    "comments": ("Comments", "/comments"),
    "attachments": ("Attachments", "/attachments"),
    "labels": ("Labels", "/labels"),
    "sprints": ("Sprints", "/sprints"),
    "reports": ("Reports", "/boards/{board_id}/reports"),
    "activity": ("Activity", "/projects/{project_id}/activity"),
    "keys": ("Keys", "/keys"),
}


def catalogue(app: Flask) -> list[dict[str, Any]]:
    """Nouns with their endpoints: name, method, path, summary, scope, parameters, body, status and response."""
    by_noun = groupby(operations(app), key=lambda operation: operation.noun)
    return [
        {"name": NOUNS[noun][0], "path": NOUNS[noun][1], "endpoints": [_endpoint(one) for one in group]}
        for noun, group in by_noun
    ]


def _endpoint(operation: Operation) -> dict[str, Any]:
    about = operation.description
    return {
        "name": operation.name,
        "method": operation.method,
        "path": operation.path,
        "summary": about.summary,
        "detail": about.detail,
        "scope": about.scope,
        "parameters": operation.parameters,
        "body": needed_example_of(about.takes) if about.takes else None,
        "status": operation.status,
        "response": _response(operation),
    }


def _response(operation: Operation) -> Any:
    if operation.description.gives is None:
        return None
    one = example_of(operation.description.gives)
    return {"data": [one], "has_more": False, "next_cursor": None} if operation.is_list else one
