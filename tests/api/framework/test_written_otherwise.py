"""The same request in other bytes: what clients, libraries and proxies change on the way changes nothing of its meaning."""

import json
from typing import Any

import pytest

from tests.support.users import Answer, ProjectAndBoard, TestUser

_TASK: dict[str, Any] = {"title": "Réfund", "state": "ready"}
_WRITTEN = [
    json.dumps(_TASK, indent=2),
    json.dumps(_TASK, separators=(",", ":"), ensure_ascii=False),
    json.dumps(dict(reversed(_TASK.items()))),
    json.dumps(_TASK).replace("ready", "\\u0072eady") + " \r\n\t",
]


@pytest.fixture
def project(app: Any, owner: TestUser, new_project: Any) -> ProjectAndBoard:
    created: ProjectAndBoard = new_project(owner)
    return created


def create(owner: TestUser, project: ProjectAndBoard, body: bytes | str, **headers: str) -> Answer:
    sent = body.encode() if isinstance(body, str) else body
    content_type = headers.pop("content_type", "application/json")
    return owner.api.post(f"/boards/{project.board_id}/tasks", data=sent, content_type=content_type, headers=headers)


@pytest.mark.parametrize("written", _WRITTEN)
def test_a_retry_written_otherwise_is_the_same_request(owner: TestUser, project: ProjectAndBoard, written: str) -> None:
    key = {"Idempotency-Key": f"retry-{project.board_id}"}
    first, again = create(owner, project, json.dumps(_TASK), **key), create(owner, project, written, **key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert (again.json["id"], again.headers["Idempotency-Replayed"]) == (first.json["id"], "true")


def test_a_retry_with_another_value_is_another_request(owner: TestUser, project: ProjectAndBoard) -> None:
    key = {"Idempotency-Key": f"other-{project.board_id}"}
    assert create(owner, project, json.dumps(_TASK), **key).status_code == 201
    assert create(owner, project, json.dumps({**_TASK, "title": "Refund"}), **key).status_code == 422


@pytest.mark.database("sqlite")
@pytest.mark.parametrize("quoted", ['"quoted-{}"', '"quoted-{}" '])
def test_a_quoted_key_is_the_key_itself(owner: TestUser, project: ProjectAndBoard, quoted: str) -> None:
    first = create(owner, project, json.dumps(_TASK), **{"Idempotency-Key": f"quoted-{project.board_id}"})
    again = create(owner, project, json.dumps(_TASK), **{"Idempotency-Key": quoted.format(project.board_id)})
    assert again.json["id"] == first.json["id"]


@pytest.mark.database("sqlite")
@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/json;charset=utf-8",
        'application/json; charset="UTF-8"',
        "Application/JSON; Charset=utf8",
        "application/json;",
    ],
)
@pytest.mark.parametrize("prefix", [b"", b"\xef\xbb\xbf", b" \n"])
def test_a_byte_order_mark_blanks_and_charsets_are_read_over(
    owner: TestUser, project: ProjectAndBoard, content_type: str, prefix: bytes
) -> None:
    answer = create(owner, project, prefix + json.dumps(_TASK).encode() + b" \n", content_type=content_type)
    assert (answer.status_code, answer.json.get("title")) == (201, "Réfund"), answer.text


@pytest.mark.database("sqlite")
def test_a_second_byte_order_mark_is_none(owner: TestUser, project: ProjectAndBoard) -> None:
    assert create(owner, project, b"\xef\xbb\xbf\xef\xbb\xbf{}").status_code == 400


@pytest.mark.database("sqlite")
@pytest.mark.parametrize("form", ['"{}-gzip"', '"{}--gzip"', '"{};gzip"', '"{}-br"', '"0123", "{}"', '"0123","{}-gzip"', "*"])
def test_a_tag_that_a_proxy_wrote_on_still_matches(owner: TestUser, project: ProjectAndBoard, form: str) -> None:
    task = create(owner, project, json.dumps(_TASK))
    path, etag = f"/tasks/{task.json['id']}", task.headers["ETag"].strip('"')
    assert owner.api.get(path, headers={"If-None-Match": form.format(etag)}).status_code == 304
    assert owner.api.patch(path, json={"pinned": True}, headers={"If-Match": form.format(etag)}).status_code == 200


@pytest.mark.database("sqlite")
def test_a_weak_tag_is_fresh_for_readers_and_never_for_writers(owner: TestUser, project: ProjectAndBoard) -> None:
    task = create(owner, project, json.dumps(_TASK))
    path, weak = f"/tasks/{task.json['id']}", f"W/{task.headers['ETag']}"
    assert owner.api.get(path, headers={"If-None-Match": weak}).status_code == 304
    refusal = owner.api.patch(path, json={"pinned": True}, headers={"If-Match": weak})
    assert (refusal.status_code, "without W/" in refusal.json["detail"]) == (412, True)


@pytest.mark.database("sqlite")
def test_a_refusal_names_what_was_compared(owner: TestUser, project: ProjectAndBoard) -> None:
    task = create(owner, project, json.dumps(_TASK))
    path, etag = f"/tasks/{task.json['id']}", task.headers["ETag"].strip('"')
    refusal = owner.api.patch(path, json={"pinned": True}, headers={"If-Match": '"0123-gzip"'})
    assert refusal.status_code == 412
    assert '"0123-gzip"' in refusal.json["detail"]
    assert etag in refusal.json["detail"]


@pytest.mark.database("sqlite")
def test_of_thousands_of_errors_the_first_hundred_are_named(owner: TestUser, project: ProjectAndBoard) -> None:
    unknown = {f"unknown_{number}": number for number in range(9_000)}
    answer = create(owner, project, json.dumps({"title": "T", **unknown}))
    assert (answer.status_code, len(answer.json["errors"]), answer.json["errors_total"]) == (422, 100, 9_000)
    assert len(answer.data) < 100_000
