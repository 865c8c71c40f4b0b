"""An answer that was kept for a retry is given to those only who may still read what it tells of."""

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
from tests.support.resources import as_sent, create_resources, with_own_ids
from tests.support.users import Answer, TestUser, add_project_and_board, add_user

ResourceIds = dict[str, str]
POSTS = [operation for operation in OPERATIONS if operation.method == "POST"]


@pytest.fixture
def person(app: Flask) -> TestUser:
    return add_user(app)


@pytest.mark.parametrize("operation", POSTS, ids=lambda operation: operation.name)
def test_whoever_lost_sight_of_it_gets_no_kept_answer(
    app: Flask, owner: TestUser, person: TestUser, operation: Operation
) -> None:
    things = create_resources(owner.api, add_project_and_board(app, owner, admin=person), operation.name)
    key = new_id("try")
    first, again = (_post(person, operation, things, key) for _ in range(2))
    assert (first.status_code, again.json) == (operation.status, first.json)
    project_id = first.json["id"] if operation.name == "create_project" else things["project_id"]
    _leave(app, person, project_id)
    answer = _post(person, operation, things, key)
    assert (answer.status_code, answer.json["code"]) == (403, "forbidden")
    assert answer.json["detail"].startswith("This request was carried out")
    _join(app, person, project_id, "viewer")
    assert _post(person, operation, things, key).json == first.json


def test_an_answer_about_what_is_gone_goes_with_it(app: Flask, owner: TestUser) -> None:
    place, key = add_project_and_board(app, owner), {"Idempotency-Key": new_id("try")}
    path = f"/boards/{place.board_id}/tasks"
    made = owner.api.post(path, json={"title": "Once"}, headers=key)
    owner.api.delete(f"/tasks/{made.json['id']}")
    assert owner.api.post(path, json={"title": "Once"}, headers=key).json == made.json, "a retry is no second try"
    owner.api.delete(f"/boards/{place.board_id}")
    assert owner.api.post(path, json={"title": "Once"}, headers=key).status_code == 404


def test_an_answer_far_longer_than_a_request_is_not_kept(owner: TestUser, app: Flask) -> None:
    place, key = add_project_and_board(app, owner), {"Idempotency-Key": new_id("try")}
    long = [add(owner, place, title, description="x" * 20_000)["id"] for title in "abcdefghijklmnopqrstuvwxyzA"]
    create = {"op": "create", "board_id": place.board_id, "task": {"title": "Once"}}
    changes = [{"op": "change", "task_id": task_id, "changes": {}} for task_id in long]
    first, again = (
        owner.api.post("/tasks/bulk", json={"operations": [create, *changes]}, headers=key, buffered=True) for _ in range(2)
    )
    assert (first.status_code, len(first.json["results"])) == (200, 28)
    assert (again.status_code, again.json["code"]) == (409, "conflict")
    assert "too long to keep" in again.json["detail"]
    assert len(owner.api.get(f"/boards/{place.board_id}/tasks?q=Once").json["data"]) == 1


def _post(person: TestUser, operation: Operation, things: ResourceIds, key: str) -> Answer:
    takes = operation.description.takes
    example = with_own_ids(required_example_of(takes), things) if takes else None
    sent = as_sent(example, is_form=FORM in operation.description.media_types)
    return person.api.post(operation.path.format(**things), headers={"Idempotency-Key": key}, **sent)


def _leave(app: Flask, person: TestUser, project_id: str) -> None:
    with app.app_context():
        theirs = (Membership.user_id == person.person.id, Membership.project_id == project_id)
        db.session.execute(delete(Membership).where(*theirs))
        db.session.commit()


def _join(app: Flask, person: TestUser, project_id: str, role: str) -> None:
    with app.app_context():
        db.session.add(Membership(user_id=person.person.id, project_id=project_id, role=role))
        db.session.commit()
