"""Sending the forms of a page as a browser without scripts does."""

from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support.users import csrf_token

HTMX = {"HX-Request": "true"}


def send(client: FlaskClient, page: str, action: str, **fields: Any) -> TestResponse:
    """Open a page, and send the form on it that goes to `action`."""
    token = csrf_token(client.get(page))
    return client.post(action, data={"csrf_token": token, **fields})


def open_created(client: FlaskClient, form: dict[str, Any]) -> TestResponse:
    """Send the form for a new key; the page that it leads to, or the answer where that is none."""
    answer = send(client, "/integrations/keys/new", "/integrations/keys", **form)
    return client.get(answer.location) if answer.location else answer


def key_form(name: str, **changes: Any) -> dict[str, Any]:
    """What the form for a new key sends, with Jira chosen."""
    rights = {"projects": "read", "boards": "read", "tasks": "write", "members": "none"}
    return {"integration": "jira", "name": name, **rights, "reach": "all", "lifetime": "90", **changes}
