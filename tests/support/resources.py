"""One of everything that has an id, made through the API, for tests that run over every endpoint."""

import io
import json
from typing import Any

from api.docs.openapi import ID_PREFIXES
from api.shapes.values import EXAMPLE_TAIL
from calmboard.db import db
from calmboard.ids import new_id
from calmboard.models import Membership, User
from tests.support.users import Api, ProjectAndBoard

# Where a thing is created, and with what; in an order in which each finds its parents.
_MAKERS: dict[str, tuple[str, dict[str, Any]]] = {
    "invitation_id": ("/projects/{project_id}/invitations", {"email": "kai@harbour.example"}),
    "label_id": ("/projects/{project_id}/labels", {"name": "Optics"}),
    "task_id": ("/boards/{board_id}/tasks", {"title": "Measure the mirror"}),
    "attachment_id": ("/tasks/{task_id}/attachments", {"file": "Measured twice."}),
    "item_id": ("/tasks/{task_id}/checklist", {"text": "Clean the lens"}),
    "comment_id": ("/tasks/{task_id}/comments", {"body": "Clear sky **tonight**"}),
    "sprint_id": ("/boards/{board_id}/sprints", {"name": "First light"}),
}
# What has to be done with the things before an endpoint can do its work.
_BEFORE = {"complete_sprint": "/sprints/{sprint_id}/start"}


def create_resources(api: Api, place: ProjectAndBoard, operation: str = "") -> dict[str, str]:
    """Their ids; where an operation is named, in the state that it acts on."""
    things = {"project_id": place.project_id, "board_id": place.board_id}
    things |= {"user_id": _add_member(api, place), "key_id": api.get("/me").json["credential"]["id"]}
    for name, (path, body) in _MAKERS.items():
        made = api.post(path.format(**things), **as_sent(body, is_form=name == "attachment_id"))
        assert made.status_code == 201, made.text
        things[name] = made.json["id"]
    if operation in _BEFORE:
        assert api.post(_BEFORE[operation].format(**things)).status_code == 200
    return things | _make_external(api, things)


def as_sent(body: dict[str, Any] | None, *, is_form: bool) -> dict[str, Any]:
    """What the test client takes to send an example: as JSON, or its texts as files of a form."""
    if body is None or not is_form:
        return {"json": body}
    return {"data": {name: (io.BytesIO(text.encode()), "note.txt", "text/plain") for name, text in body.items()}}


def with_own_ids(body: Any, things: dict[str, str]) -> Any:
    """The body of an example, with ids of things that exist."""
    text = json.dumps(body)
    for name, prefix in ID_PREFIXES.items():
        text = text.replace(f"{prefix}_{EXAMPLE_TAIL}", things.get(name, ""))
    return json.loads(text)


def _add_member(api: Api, place: ProjectAndBoard) -> str:
    """Somebody who never signs in: a member is made by a mailed link, which no program opens."""
    with api.app.app_context():
        user = User(email=f"{new_id('usr')}@calmboard.test", name="Ines Vega", password_hash="none")
        db.session.add(user)
        db.session.flush()
        user_id = user.id
        db.session.add(Membership(user_id=user_id, project_id=place.project_id, role="member"))
        db.session.commit()
        return user_id


def _make_external(api: Api, things: dict[str, str]) -> dict[str, str]:
    names = {"source": "jira", "external_id": "CB-7/1"}
    path = "/boards/{board_id}/tasks/by-external/{source}/{external_id}".format(**things, **names)
    assert api.put(path, json={"title": "Polish the mirror"}).status_code == 201
    return names
