"""Bad input gets the error body with the field named, and changes nothing."""

import json
from collections.abc import Callable
from io import BytesIO

import pytest
from flask import Flask
from sqlalchemy import literal, select

from calmboard.db import db
from tests.support.users import ProjectAndBoard, TestUser, add_project_and_board

NAMED = [
    ({"title": 5}, "/title"),
    ({"title": None}, "/title"),
    ({"title": ""}, "/title"),
    ({"title": " \n"}, "/title"),
    ({"title": "a\0b"}, "/title"),
    ({"title": "x" * 201}, "/title"),
    ({"title": ["a"]}, "/title"),
    ({"description": "x" * 20_001}, "/description"),
    ({"description": "\0"}, "/description"),
    ({"state": "doing"}, "/state"),
    ({"state": 0}, "/state"),
    ({"position": -1}, "/position"),
    ({"position": 1.5}, "/position"),
    ({"position": 10**40}, "/position"),
    ({"position": "0"}, "/position"),
    ({"position": True}, "/position"),
    ({"position": "V000000000\n"}, "/position"),
    ({"due_date": "2026-02-30"}, "/due_date"),
    ({"due_date": "0000-00-00"}, "/due_date"),
    ({"due_date": "2026-12-18T00:00:00Z"}, "/due_date"),
    ({"due_date": 20261218}, "/due_date"),
    ({"assignees": "me"}, "/assignees"),
    ({"assignees": [None]}, "/assignees/0"),
    ({"assignees": ["usr_01m86ffkj1eyt9k86t46h61k8b"]}, "/assignees/0"),
    ({"assignees": ["usr_01m86ffkj1eyt9k86t46h61k8b"] * 51}, "/assignees"),
    ({"sprint_id": "spr_01m86ffkj1eyt9k86t46h61k8b"}, "/sprint_id"),
    ({"sprint_id": "1; DROP TABLE tasks"}, "/sprint_id"),
    ({"blocked": "yes"}, "/blocked"),
    ({"blocked": False, "blocked_reason": "Waits"}, "/blocked_reason"),
    ({"pinned": None}, "/pinned"),
    ({"id": "tsk_01m86ffkj1eyt9k86t46h61k8b"}, "/id"),
    ({"a/b~c": 1}, "/a~1b~0c"),
]

UNREADABLE = [
    b"",
    b"{",
    b"{'title': 'a'}",
    b'{"title": "a"} x',
    b'{"title": "a", "title": "b"}',
    b'{"title": NaN}',
    b'{"title": Infinity}',
    b'{"title": "\xff\xfe"}',
    b'{"title": "\\ud800"}',
    b'\xef\xbb\xbf\xef\xbb\xbf{"title": "a"}',
    b'{"position": ' + b"9" * 5000 + b"}",
    b"[" * 10_000,
    b'{"title":' * 65 + b"1" + b"}" * 65,
    '{"title": "a"}'.encode("utf-16"),
]


@pytest.fixture
def project(app: Flask, owner: TestUser) -> ProjectAndBoard:
    return add_project_and_board(app, owner)


@pytest.mark.parametrize(("fields", "pointer"), NAMED, ids=[f"{pointer} {str(fields)[:30]}" for fields, pointer in NAMED])
def test_a_wrong_value_is_422_and_named(
    owner: TestUser, project: ProjectAndBoard, fields: dict[str, object], pointer: str
) -> None:
    answer = owner.api.post(f"/boards/{project.board_id}/tasks", json={"title": "Right", **fields})
    assert (answer.status_code, answer.json["code"]) == (422, "validation_failed"), answer.text
    assert pointer in [error["pointer"] for error in answer.json["errors"]]
    assert answer.content_type == "application/problem+json"
    assert _titles(owner, project) == []


@pytest.mark.parametrize(("fields", "pointer"), NAMED, ids=[f"{pointer} {str(fields)[:30]}" for fields, pointer in NAMED])
@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_a_wrong_change_changes_nothing(
    owner: TestUser, project: ProjectAndBoard, method: str, fields: dict[str, object], pointer: str
) -> None:
    task = owner.api.post(f"/boards/{project.board_id}/tasks", json={"title": "Before"}).json
    answer = owner.api.ask(method, f"/tasks/{task['id']}", json={"pinned": True, **fields})
    assert answer.status_code == 422
    assert owner.api.get(f"/tasks/{task['id']}").json == task


@pytest.mark.parametrize("body", UNREADABLE, ids=lambda body: str(body[:24]))
def test_an_unreadable_body_is_400(owner: TestUser, project: ProjectAndBoard, body: bytes) -> None:
    answer = owner.api.post(f"/boards/{project.board_id}/tasks", data=body, content_type="application/json")
    assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")
    assert _titles(owner, project) == []


@pytest.mark.parametrize(
    "body",
    [b"[" * 65 + b'"' + b'\\"' * 100_000, b"{" + b",".join(b'"%d":0' % (n // 2) for n in range(24_000)) + b"}"],
    ids=("a text without an end", "keys that all occur twice"),
)
def test_a_long_unreadable_body_is_400(owner: TestUser, project: ProjectAndBoard, body: bytes) -> None:
    """Where the time grows with the square of the length, this takes minutes."""
    answer = owner.api.post(f"/boards/{project.board_id}/tasks", data=body, content_type="application/json")
    assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")


@pytest.mark.parametrize("body", [b"[]", b"null", b'"title"', b"1"])
def test_a_body_that_is_no_object_is_422(owner: TestUser, project: ProjectAndBoard, body: bytes) -> None:
    answer = owner.api.post(f"/boards/{project.board_id}/tasks", data=body, content_type="application/json")
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "")


def test_all_errors_are_named_at_once(owner: TestUser, project: ProjectAndBoard) -> None:
    answer = owner.api.post(
        f"/boards/{project.board_id}/tasks", json={"colour": 1, "state": "x", "pinned": 1, "due_date": "soon"}
    )
    assert {error["pointer"] for error in answer.json["errors"]} == {"/colour", "/title", "/state", "/pinned", "/due_date"}
    choices = next(error for error in answer.json["errors"] if error["pointer"] == "/state")["allowed_values"]
    assert choices == ["backlog", "ready", "in_progress", "review", "done"]


def test_a_body_of_10_mb_is_413(owner: TestUser, project: ProjectAndBoard) -> None:
    body = json.dumps({"title": "a", "description": "x" * 10_000_000})
    answer = owner.api.post(f"/boards/{project.board_id}/tasks", data=body, content_type="application/json")
    assert (answer.status_code, answer.json["code"]) == (413, "payload_too_large")
    assert " 262144 bytes" in answer.json["detail"]


@pytest.mark.parametrize("size", [256 * 1024 + 1, 10_000_000])
def test_a_body_in_chunks_is_neither_cut_nor_accepted(owner: TestUser, project: ProjectAndBoard, size: int) -> None:
    body = b'{"title": "cut"}'.ljust(size)
    environment = {"wsgi.input": BytesIO(body), "wsgi.input_terminated": True}
    answer = owner.api.post(f"/boards/{project.board_id}/tasks", content_type="application/json", environ_overrides=environment)
    assert (answer.status_code, answer.json["code"]) == (413, "payload_too_large")
    assert " 262144 bytes" in answer.json["detail"]
    assert _titles(owner, project) == []


def test_a_body_that_broke_off_is_400(owner: TestUser, project: ProjectAndBoard) -> None:
    environment = {"wsgi.input": BytesIO(b'{"title": "half"}'), "CONTENT_LENGTH": "50"}
    answer = owner.api.post(f"/boards/{project.board_id}/tasks", content_type="application/json", environ_overrides=environment)
    assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")
    assert _titles(owner, project) == []


def test_where_no_body_is_expected_only_an_empty_one_is_allowed(owner: TestUser, project: ProjectAndBoard) -> None:
    task = owner.api.post(f"/boards/{project.board_id}/tasks", json={"title": "One"}).json
    assert owner.api.delete(f"/tasks/{task['id']}", json={"x": 1}).status_code == 422
    assert owner.api.delete(f"/tasks/{task['id']}", json={}).status_code == 204


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/x-www-form-urlencoded", "application/jsonp"])
def test_a_body_not_declared_as_json_is_415(owner: TestUser, project: ProjectAndBoard, content_type: str | None) -> None:
    answer = owner.api.post(f"/boards/{project.board_id}/tasks", data=b'{"title": "a"}', content_type=content_type)
    assert (answer.status_code, answer.json["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize(
    ("headers", "content_type"),
    [({"Content-Encoding": "gzip"}, "application/json"), ({}, "application/json; charset=iso-8859-1")],
)
def test_a_body_that_is_not_plain_utf8_is_415(
    owner: TestUser, project: ProjectAndBoard, headers: dict[str, str], content_type: str
) -> None:
    path = f"/boards/{project.board_id}/tasks"
    answer = owner.api.post(path, data=b'{"title": "a"}', content_type=content_type, headers=headers)
    assert (answer.status_code, answer.json["code"]) == (415, "unsupported_media_type")


def test_a_body_may_say_that_it_is_utf8(owner: TestUser, project: ProjectAndBoard) -> None:
    path = f"/boards/{project.board_id}/tasks"
    answer = owner.api.post(path, data='{"title": "Größe"}'.encode(), content_type="application/json; charset=UTF-8")
    assert (answer.status_code, answer.json["title"]) == (201, "Größe")


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=ten", "limit"),
        ("limit=+5", "limit"),
        ("limit=1%D9%A3", "limit"),
        ("limit=5&limit=6", "limit"),
        ("sort=title&sort=created_at", "sort"),
        ("state=done,,review", "state/1"),
        ("state=done&state=doing", "state/1"),
        ("updated_since=2026-02-30", "updated_since"),
        ("updated_since=2026-11-24T09:30:00 2:00", "updated_since"),
        ("limit=" + "9" * 5000, "limit"),
        ("cursor=abc", "cursor"),
        ("cursor=" + "A" * 60, "cursor"),
        ("state=doing", "state/0"),
        ("blocked=1", "blocked"),
        ("assignee=you", "assignee/0"),
        ("assignee=me,you", "assignee/1"),
        ("assignee=me%00", "assignee/0"),
        ("label_all=none", "label_all/0"),
        *((f"{name}={','.join(map(str, range(51)))}", name) for name in ("assignee", "label", "label_all", "sprint_id")),
        ("due_date=2026-02-30", "due_date"),
        ("due_date=20261218", "due_date"),
        ("due_before=2026-02-30", "due_before"),
        ("updated_since=2026-11-24T09:30:00", "updated_since"),
        ("updated_since=0001-01-01T00:00:00%2B14:00", "updated_since"),
        ("q=%00", "q"),
        ("sort=colour", "sort"),
        ("State=done", "State"),
    ],
)
def test_a_wrong_parameter_is_400_and_named(owner: TestUser, project: ProjectAndBoard, query: str, name: str) -> None:
    answer = owner.api.get(f"/boards/{project.board_id}/tasks?{query}")
    assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")
    assert [error["pointer"] for error in answer.json["errors"]] == [name]


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("due_before=soon", "Send a day such as 2026-12-18, or none."),
        ("q=%00", "Use at least one visible character, and no NUL."),
    ],
)
def test_a_wrong_format_is_answered_with_the_right_one(
    owner: TestUser, project: ProjectAndBoard, query: str, detail: str
) -> None:
    answer = owner.api.get(f"/boards/{project.board_id}/tasks?{query}")
    assert [(error["code"], error["detail"]) for error in answer.json["errors"]] == [("wrong_form", detail)]


def test_a_format_of_its_own_is_shown_by_an_example(owner: TestUser, project: ProjectAndBoard) -> None:
    body = {"title": "One", "due_date": "soon"}
    answer = owner.api.put(f"/boards/{project.board_id}/tasks/by-external/jira/CB-1", json=body)
    assert [error["detail"] for error in answer.json["errors"]] == ["Send a value such as 2026-12-18."]


def test_an_address_that_is_not_utf8_is_400(owner: TestUser, project: ProjectAndBoard) -> None:
    assert owner.api.get(f"/boards/{project.board_id}/tasks?q=%ff").status_code == 400


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/v1/nothing", 404, "not_found"),
        ("GET", "/api/v2/me", 404, "not_found"),
        ("GET", "/api/v1/projects/", 404, "not_found"),
        ("GET", "/api/v1//projects", 404, "not_found"),
        ("GET", "/api/../etc/passwd", 404, "not_found"),
        ("DELETE", "/api/v1/me", 405, "method_not_allowed"),
        ("TRACE", "/api/v1/me", 405, "method_not_allowed"),
        ("BREW", "/api/v1/me", 405, "method_not_allowed"),
    ],
)
def test_the_frameworks_own_errors_have_the_body(owner: TestUser, method: str, path: str, status: int, code: str) -> None:
    answer = owner.api.ask(method, path)
    assert (answer.status_code, answer.json["code"], answer.json["error"]["code"]) == (status, code, code)
    assert answer.json["request_id"] == answer.headers["X-Request-Id"]
    assert ("Allow" in answer.headers) == (status == 405)


def _titles(owner: TestUser, project: ProjectAndBoard) -> list[str]:
    return [task["title"] for task in owner.api.get(f"/boards/{project.board_id}/tasks").json["data"]]


@pytest.mark.database("postgresql")
def test_what_only_the_database_refuses_is_400(make_app: Callable[..., Flask]) -> None:
    app = make_app()
    app.add_url_rule("/api/odd", view_func=lambda: db.session.execute(select(literal("a\0b"))).scalar_one())
    answer = app.test_client().get("/api/odd")
    assert (answer.status_code, answer.get_json()["code"]) == (400, "invalid_request")
