"""One of each resource that has an id, created through the API, for tests that run over every endpoint."""

import io
import json
from typing import Any

from sqlalchemy import delete

from api.docs.nouns import ID_PREFIXES
from api.shapes.values import EXAMPLE_ID_SUFFIX
from calmboard.db import db
from calmboard.ids import new_id
from calmboard.models import Membership, OutboxMessage, User
from tests.support.users import Api, ProjectAndBoard

# The path and body that create each resource, parents first.
_CREATE_REQUESTS: dict[str, tuple[str, dict[str, Any]]] = {
    "invitation_id": ("/projects/{project_id}/invitations", {"email": "kai@harbour.example"}),
    "label_id": ("/projects/{project_id}/labels", {"name": "Optics"}),
    "task_id": ("/boards/{board_id}/tasks", {"title": "Measure the mirror"}),
    "attachment_id": ("/tasks/{task_id}/attachments", {"file": "Measured twice."}),
    "item_id": ("/tasks/{task_id}/checklist", {"text": "Clean the lens"}),
    "comment_id": ("/tasks/{task_id}/comments", {"body": "Clear sky **tonight**"}),
    "sprint_id": ("/boards/{board_id}/sprints", {"name": "First light"}),
}
# The request that has to precede an operation.
PREPARATION = {"complete_sprint": "/sprints/{sprint_id}/start"}


def create_resources(api: Api, project: ProjectAndBoard, operation: str = "") -> dict[str, str]:
    """Their ids; where an operation is named, in the state that it requires."""
    _forget_messages(api)
    ids = {"project_id": project.project_id, "board_id": project.board_id}
    ids |= {"user_id": _add_member(api, project), "key_id": api.get("/me").json["credential"]["id"]}
    for name, (path, body) in _CREATE_REQUESTS.items():
        created = api.post(path.format(**ids), **as_request(body, is_form=name == "attachment_id"))
        assert created.status_code == 201, created.text
        ids[name] = created.json["id"]
    if operation in PREPARATION:
        assert api.post(PREPARATION[operation].format(**ids)).status_code == 200
    return ids | _create_external_task(api, ids)


def as_request(body: dict[str, Any] | None, *, is_form: bool) -> dict[str, Any]:
    """The arguments with which the test client sends an example: as JSON, or its texts as files of a form."""
    if body is None or not is_form:
        return {"json": body}
    return {"data": {name: (io.BytesIO(text.encode()), "note.txt", "text/plain") for name, text in body.items()}}


def with_ids(body: Any, ids: dict[str, str]) -> Any:
    """The body of an example, with ids of existing resources."""
    text = json.dumps(body)
    for name, prefix in ID_PREFIXES.items():
        text = text.replace(f"{prefix}_{EXAMPLE_ID_SUFFIX}", ids.get(name, ""))
    return json.loads(text)


def _forget_messages(api: Api) -> None:
    """So many tests as run over every endpoint invite more people than anybody may."""
    with api.app.app_context():
        db.session.execute(delete(OutboxMessage))
        db.session.commit()


def _add_member(api: Api, project: ProjectAndBoard) -> str:
    """A user who never signs in: a member is added by a mailed link, which no program opens."""
    with api.app.app_context():
        user = User(email=f"{new_id('usr')}@calmboard.test", name="Ines Vega", password_hash="none")
        db.session.add(user)
        db.session.flush()
        user_id = user.id
        db.session.add(Membership(user_id=user_id, project_id=project.project_id, role="member"))
        db.session.commit()
        return user_id


def _create_external_task(api: Api, ids: dict[str, str]) -> dict[str, str]:
    names = {"source": "jira", "external_id": "CB-7/1"}
    path = "/boards/{board_id}/tasks/by-external/{source}/{external_id}".format(**ids, **names)
    assert api.put(path, json={"title": "Polish the mirror"}).status_code == 201
    return names
