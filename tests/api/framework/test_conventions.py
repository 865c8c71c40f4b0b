"""Retries, ETags and chosen fields: what every endpoint offers."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from calmboard.access import idempotency
from calmboard.clock import now
from calmboard.db import db
from calmboard.ids import new_id
from calmboard.leases import LEASE
from calmboard.models import IdempotentRequest
from tests.api.resources.test_tasks import add, column
from tests.support.users import Answer, Api, ProjectAndBoard, TestUser, add_project_and_board


@pytest.fixture
def project(app: Flask, owner: TestUser, viewer: TestUser) -> ProjectAndBoard:
    return add_project_and_board(app, owner, viewer=viewer)


def post(caller: Api, project: ProjectAndBoard, key: str, **body: Any) -> Answer:
    return caller.post(f"/boards/{project.board_id}/tasks", json=body, headers={"Idempotency-Key": key})


def test_a_post_sent_again_does_its_work_once(owner: TestUser, project: ProjectAndBoard) -> None:
    key = new_id("try")
    first, again = (post(owner.api, project, key, title="Once") for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json == first.json
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["ETag"] == first.headers["ETag"]
    assert ("Idempotency-Replayed" in first.headers, again.headers["Idempotency-Replayed"]) == (False, "true")
    assert column(owner, project, "backlog") == ["Once"]


@pytest.mark.parametrize(("left_s", "sentence"), [(8, "under way"), (-1, "its answer was lost")])
def test_an_answer_is_lost_only_after_its_time(
    app: Flask, owner: TestUser, project: ProjectAndBoard, left_s: int, sentence: str
) -> None:
    """Between the commit of the work and the storing of its answer, a retry has to wait."""
    key = new_id("try")
    post(owner.api, project, key, title="Once")
    unfinished = {"status": None, "headers": None, "body": None, "leased_until": now() + timedelta(seconds=left_s)}
    with app.app_context():
        db.session.execute(update(IdempotentRequest).where(IdempotentRequest.key == key).values(**unfinished))
        db.session.commit()
    answer = post(owner.api, project, key, title="Once")
    assert answer.status_code == 409
    assert sentence in answer.json["detail"]
    assert column(owner, project, "backlog") == ["Once"]


def test_the_same_key_with_another_body_is_refused(owner: TestUser, project: ProjectAndBoard) -> None:
    key = new_id("try")
    post(owner.api, project, key, title="One")
    answer = post(owner.api, project, key, title="Two")
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "Idempotency-Key")
    assert column(owner, project, "backlog") == ["One"]


def test_a_key_belongs_to_its_credential(owner: TestUser, project: ProjectAndBoard, app: Flask) -> None:
    key, other = new_id("try"), Api(app, owner.new_key(new_id("key")))
    assert post(owner.api, project, key, title="One").json["id"] != post(other, project, key, title="One").json["id"]


def test_a_refusal_is_judged_again(app: Flask, owner: TestUser, new_user: Callable[..., TestUser]) -> None:
    person, key = new_user(), new_id("try")
    project = add_project_and_board(app, owner, viewer=person)
    assert post(person.api, project, key, title="One").status_code == 403
    owner.api.patch(f"/projects/{project.project_id}/members/{person.person.id}", json={"role": "member"})
    again = post(person.api, project, key, title="One")
    assert (again.status_code, "Idempotency-Replayed" in again.headers) == (201, False)


def test_a_change_that_changes_nothing_leaves_no_trace(owner: TestUser, project: ProjectAndBoard) -> None:
    task = owner.api.get(f"/tasks/{add(owner, project, 'One', due_date='2026-12-18')['id']}")
    for changes in ({}, {"title": "One"}, {"due_date": "2026-12-18", "state": "backlog", "blocked": False}):
        again = owner.api.patch(f"/tasks/{task.json['id']}", json=changes)
        assert (again.json, again.headers["ETag"]) == (task.json, task.headers["ETag"])


def test_if_match_is_no_condition_of_reading(owner: TestUser, project: ProjectAndBoard) -> None:
    path = f"/tasks/{add(owner, project, 'One')['id']}"
    assert owner.api.get(path, headers={"If-Match": '"other"'}).status_code == 200


def test_a_put_by_external_id_may_be_bound_to_what_is_there(owner: TestUser, project: ProjectAndBoard) -> None:
    path = f"/boards/{project.board_id}/tasks/by-external/jira/CB-1"
    body = {"title": "One"}
    assert owner.api.put(path, json=body, headers={"If-Match": '"x"'}).status_code == 412
    created = owner.api.put(path, json=body, headers={"If-None-Match": "*"})
    assert created.status_code == 201
    assert owner.api.put(path, json=body, headers={"If-None-Match": "*"}).status_code == 412
    assert owner.api.put(path, json=body, headers={"If-Match": created.headers["ETag"]}).status_code == 200


def test_a_body_that_was_never_readable_can_be_corrected(owner: TestUser, project: ProjectAndBoard) -> None:
    key = new_id("try")
    assert post(owner.api, project, key, title="").status_code == 422
    assert post(owner.api, project, key, title="Corrected").status_code == 201


@pytest.mark.parametrize("key", ["", " ", "a b", "ä", "x" * 256])
def test_a_key_that_cannot_be_one_is_named(owner: TestUser, project: ProjectAndBoard, key: str) -> None:
    answer = post(owner.api, project, key, title="One")
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (400, "Idempotency-Key")


def test_while_the_first_is_under_way_the_second_is_refused(app: Flask, owner: TestUser, project: ProjectAndBoard) -> None:
    key = new_id("try")
    claim = _claim_as_another(app, owner, project, key, title="One")
    answer = post(owner.api, project, key, title="One")
    assert (answer.status_code, answer.json["code"], answer.headers["Retry-After"]) == (409, "conflict", "1")
    claim = replace(claim, created_at=now() - timedelta(seconds=5))
    _change_request(app, key, created_at=claim.created_at, leased_until=now() + timedelta(seconds=5))
    assert post(owner.api, project, key, title="One").headers["Retry-After"] == "5", "it may have ended with its server"
    with app.app_context():
        idempotency.release(claim)
    assert post(owner.api, project, key, title="One").status_code == 201


def test_work_that_was_done_is_not_done_again_though_its_answer_is_lost(
    app: Flask, owner: TestUser, project: ProjectAndBoard
) -> None:
    key = new_id("try")
    post(owner.api, project, key, title="One")
    _change_request(app, key, status=None, body=None, leased_until=now() - timedelta(minutes=5))
    assert post(owner.api, project, key, title="One").status_code == 409
    assert column(owner, project, "backlog") == ["One"]


def test_a_request_that_died_half_way_may_be_tried_again(app: Flask, owner: TestUser, project: ProjectAndBoard) -> None:
    key = new_id("try")
    claim = _claim_as_another(app, owner, project, key, title="One")
    _change_request(app, key, leased_until=now() - timedelta(seconds=1))
    assert post(owner.api, project, key, title="One").status_code == 201
    with app.app_context():
        assert db.session.execute(select(IdempotentRequest.is_done).where(IdempotentRequest.key == key)).scalar() is True
        db.session.rollback()
    assert claim.key == key


def test_a_key_may_be_used_again_after_a_day(app: Flask, owner: TestUser, project: ProjectAndBoard) -> None:
    key = new_id("try")
    post(owner.api, project, key, title="One")
    _change_request(app, key, created_at=now() - idempotency.RETENTION - timedelta(seconds=1))
    assert post(owner.api, project, key, title="Two").status_code == 201
    _change_request(app, key, created_at=now() - idempotency.RETENTION - timedelta(seconds=1))
    with app.app_context():
        idempotency.delete_expired_idempotency_keys()
        assert db.session.execute(select(IdempotentRequest).where(IdempotentRequest.key == key)).first() is None
        db.session.rollback()


def test_a_reader_who_has_it_gets_no_body(owner: TestUser, project: ProjectAndBoard) -> None:
    task = owner.api.get(f"/tasks/{add(owner, project, 'One')['id']}")
    etag = task.headers["ETag"]
    unchanged = owner.api.get(f"/tasks/{task.json['id']}", headers={"If-None-Match": etag})
    assert (unchanged.status_code, unchanged.data, unchanged.headers["ETag"]) == (304, b"", etag)
    owner.api.patch(f"/tasks/{task.json['id']}", json={"title": "Two"})
    assert owner.api.get(f"/tasks/{task.json['id']}", headers={"If-None-Match": etag}).status_code == 200


def test_a_writer_overwrites_nothing_unseen(owner: TestUser, project: ProjectAndBoard) -> None:
    created = owner.api.post(f"/boards/{project.board_id}/tasks", json={"title": "One"})
    path, etag = f"/tasks/{created.json['id']}", created.headers["ETag"]
    changed = owner.api.patch(path, json={"title": "Two"}, headers={"If-Match": etag})
    assert changed.status_code == 200
    for method in ("PATCH", "PUT", "DELETE"):
        body = {} if method == "DELETE" else {"title": "Three"}
        late = owner.api.ask(method, path, json=body, headers={"If-Match": etag})
        assert (late.status_code, late.json["code"]) == (412, "precondition_failed")
    assert owner.api.get(path).json["title"] == "Two"
    assert owner.api.delete(path, headers={"If-Match": changed.headers["ETag"]}).status_code == 204


@pytest.mark.parametrize(
    ("value", "status"),
    [("*", 200), ('"nothing", {etag}', 200), ('W/"x"', 412), ('""', 412), ('"-", "", W/""', 412), ("garbage", 412), ("", 412)],
)
def test_if_match_takes_a_list_or_a_star(owner: TestUser, project: ProjectAndBoard, value: str, status: int) -> None:
    created = owner.api.post(f"/boards/{project.board_id}/tasks", json={"title": "One"})
    header = {"If-Match": value.format(etag=created.headers["ETag"])}
    assert owner.api.patch(f"/tasks/{created.json['id']}", json={"title": "Two"}, headers=header).status_code == status


def test_only_the_chosen_fields_are_answered(owner: TestUser, project: ProjectAndBoard) -> None:
    task = add(owner, project, "One")
    assert owner.api.get(f"/tasks/{task['id']}?fields=title,id").json == {"id": task["id"], "title": "One"}
    listed = owner.api.get(f"/boards/{project.board_id}/tasks?fields=title").json
    assert listed["data"] == [{"title": "One"}]


def test_a_part_and_the_whole_have_different_etags(owner: TestUser, project: ProjectAndBoard) -> None:
    path = f"/tasks/{add(owner, project, 'One')['id']}"
    paths = (path, f"{path}?fields=title", f"{path}?fields=id,title")
    etags = [owner.api.get(one).headers["ETag"] for one in paths]
    for one, etag in zip(paths, etags, strict=True):
        statuses = [owner.api.get(one, headers={"If-None-Match": other}).status_code for other in etags]
        assert statuses == [304 if other == etag else 200 for other in etags]
    assert owner.api.get(f"{path}?fields=title,id,title").headers["ETag"] == etags[2]


def test_the_etag_of_a_part_is_accepted_by_if_match(owner: TestUser, project: ProjectAndBoard) -> None:
    path = f"/tasks/{add(owner, project, 'One')['id']}"
    seen = owner.api.get(f"{path}?fields=title").headers["ETag"]
    assert owner.api.patch(path, json={"pinned": True}, headers={"If-Match": seen}).status_code == 200
    assert owner.api.patch(path, json={"title": "Two"}, headers={"If-Match": seen}).status_code == 412
    unseen = f'"{owner.api.get(path).headers["ETag"].strip(chr(34))}-whatever"'
    assert owner.api.patch(path, json={"title": "Two"}, headers={"If-Match": unseen}).status_code == 412
    assert owner.api.get(path).json["title"] == "One"


@pytest.mark.parametrize("fields", ["colour", "id,colour", "id,,title"])
def test_a_field_that_is_not_there_is_named(owner: TestUser, project: ProjectAndBoard, fields: str) -> None:
    answer = owner.api.get(f"/boards/{project.board_id}/tasks?fields={fields}")
    assert (answer.status_code, answer.json["errors"][0]["pointer"].split("/")[0]) == (400, "fields")


def test_a_browser_may_call_from_anywhere_but_without_a_cookie(app: Flask, owner: TestUser) -> None:
    preflight = Api(app, None).ask("OPTIONS", "/me", headers={"Origin": "https://elsewhere.example"})
    assert preflight.headers["Access-Control-Allow-Origin"] == "*"
    assert "Authorization" in preflight.headers["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in preflight.headers
    answer = owner.api.get("/me", headers={"Origin": "https://elsewhere.example"})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "X-Request-Id" in answer.headers["Access-Control-Expose-Headers"]


@pytest.mark.parametrize(
    ("sent", "is_accepted"), [("trace-0123456789", True), ("short", False), ("x" * 65, False), ("a\tb c;d,e", False)]
)
def test_a_request_id_that_can_be_one_is_echoed(owner: TestUser, sent: str, is_accepted: bool) -> None:
    assert (owner.api.get("/me", headers={"X-Request-Id": sent}).headers["X-Request-Id"] == sent) is is_accepted


def _claim_as_another(app: Flask, owner: TestUser, project: ProjectAndBoard, key: str, **body: Any) -> idempotency.Claim:
    """Claim the key as another process would that is still at work on the same request."""
    post(owner.api, project, key, **body)
    with app.app_context():
        row = db.session.execute(select(IdempotentRequest).where(IdempotentRequest.key == key)).scalar_one()
        claim = idempotency.Claim(row.credential_id, key, now())
        db.session.rollback()
    for task in owner.api.get(f"/boards/{project.board_id}/tasks").json["data"]:
        owner.api.delete(f"/tasks/{task['id']}")
    lease = {"created_at": claim.created_at, "leased_until": claim.created_at + LEASE}
    _change_request(app, key, is_done=False, status=None, headers=None, body=None, **lease)
    return claim


def _change_request(app: Flask, key: str, **values: Any) -> None:
    with app.app_context():
        db.session.execute(update(IdempotentRequest).where(IdempotentRequest.key == key).values(**values))
        db.session.commit()
