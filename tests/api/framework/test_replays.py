"""A stored answer is replayed only to those who may still read what it is about."""

import pytest
from flask import Flask
from sqlalchemy import delete

from api.docs.examples import required_example_of
from api.framework.describe import Operation
from api.framework.uploads import FORM
from calmboard.db import db
from calmboard.ids import new_id
from calmboard.models import Membership
from tests.api.framework.test_access_matrix import OPERATIONS
from tests.api.resources.test_tasks import add
from tests.support.resources import as_request, create_resources, with_ids
from tests.support.users import Answer, TestUser, add_project_and_board, add_user

ResourceIds = dict[str, str]
POSTS = [operation for operation in OPERATIONS if operation.method == "POST"]


@pytest.fixture
def person(app: Flask) -> TestUser:
    return add_user(app)


@pytest.mark.parametrize("operation", POSTS, ids=lambda operation: operation.name)
def test_whoever_lost_access_gets_no_stored_answer(app: Flask, owner: TestUser, person: TestUser, operation: Operation) -> None:
    resources = create_resources(owner.api, add_project_and_board(app, owner, admin=person), operation.name)
    key = new_id("try")
    first, again = (_post(person, operation, resources, key) for _ in range(2))
    assert (first.status_code, again.json) == (operation.status, first.json)
    project_id = first.json["id"] if operation.name == "create_project" else resources["project_id"]
    _leave(app, person, project_id)
    answer = _post(person, operation, resources, key)
    assert (answer.status_code, answer.json["code"]) == (403, "forbidden")
    assert answer.json["detail"].startswith("This request was carried out")
    _join(app, person, project_id, "viewer")
    assert _post(person, operation, resources, key).json == first.json


def test_an_answer_about_what_was_deleted_is_not_replayed(app: Flask, owner: TestUser) -> None:
    project, key = add_project_and_board(app, owner), {"Idempotency-Key": new_id("try")}
    path = f"/boards/{project.board_id}/tasks"
    created = owner.api.post(path, json={"title": "Once"}, headers=key)
    owner.api.delete(f"/tasks/{created.json['id']}")
    assert owner.api.post(path, json={"title": "Once"}, headers=key).json == created.json, "a retry is no second try"
    owner.api.delete(f"/boards/{project.board_id}")
    assert owner.api.post(path, json={"title": "Once"}, headers=key).status_code == 404


def test_an_answer_far_longer_than_a_request_is_not_stored(owner: TestUser, app: Flask) -> None:
    project, key = add_project_and_board(app, owner), {"Idempotency-Key": new_id("try")}
    long = [add(owner, project, title, description="x" * 20_000)["id"] for title in "abcdefghijklmnopqrstuvwxyzA"]
    create = {"op": "create", "board_id": project.board_id, "task": {"title": "Once"}}
    changes = [{"op": "change", "task_id": task_id, "changes": {}} for task_id in long]
    first, again = (
        owner.api.post("/tasks/bulk", json={"operations": [create, *changes]}, headers=key, buffered=True) for _ in range(2)
    )
    assert (first.status_code, len(first.json["results"])) == (200, 28)
    assert (again.status_code, again.json["code"]) == (409, "conflict")
    assert "too long to store" in again.json["detail"]
    assert len(owner.api.get(f"/boards/{project.board_id}/tasks?q=Once").json["data"]) == 1


def _post(person: TestUser, operation: Operation, resources: ResourceIds, key: str) -> Answer:
    takes = operation.description.takes
    example = with_ids(required_example_of(takes), resources) if takes else None
    sent = as_request(example, is_form=FORM in operation.description.media_types)
    return person.api.post(operation.path.format(**resources), headers={"Idempotency-Key": key}, **sent)


def _leave(app: Flask, person: TestUser, project_id: str) -> None:
    with app.app_context():
        theirs = (Membership.user_id == person.person.id, Membership.project_id == project_id)
        db.session.execute(delete(Membership).where(*theirs))
        db.session.commit()


def _join(app: Flask, person: TestUser, project_id: str, role: str) -> None:
    with app.app_context():
        db.session.add(Membership(user_id=person.person.id, project_id=project_id, role=role))
        db.session.commit()
