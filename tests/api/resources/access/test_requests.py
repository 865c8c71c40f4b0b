"""The log of requests: each call of a credential, the step that refused it, and what would have helped."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests.support.users import Api, ProjectAndBoard, TestUser, add_project_and_board


@pytest.fixture
def person(new_user: Callable[..., TestUser]) -> TestUser:
    return new_user()


@pytest.fixture
def project(app: Flask, person: TestUser) -> ProjectAndBoard:
    return add_project_and_board(app, person)


def log(person: TestUser, **wanted: Any) -> list[dict[str, Any]]:
    """As the page of the log shows it, oldest first; each look is logged as well, and left out."""
    rows = person.api.get("/requests", query_string={**wanted, "limit": 100}).json["data"]
    return [row for row in reversed(rows) if row["route"] != "/api/v1/requests"]


def test_a_call_is_logged_with_all_that_was_decided(person: TestUser, project: ProjectAndBoard) -> None:
    answer = person.api.post(f"/boards/{project.board_id}/tasks", json={"title": "Seen"}, headers={"User-Agent": "stand-up/2.1"})
    (row,) = log(person)
    key_id = person.api.get("/me").json["credential"]["id"]
    assert (row["method"], row["route"], row["tool"]) == ("POST", "/api/v1/boards/<board_id>/tasks", None)
    assert (row["status"], row["code"], row["refused_by"], row["hint"]) == (201, None, None, None)
    assert (row["credential_id"], row["user_agent"], row["network"]) == (key_id, "stand-up/2.1", "127.0.0.1")
    assert row["request_id"] == row["id"] == answer.headers["X-Request-Id"]
    assert 0 < row["duration_ms"] < 10_000


def test_what_a_client_calls_its_request_is_found(person: TestUser) -> None:
    person.api.get("/me", headers={"X-Request-Id": "build-4711-step-3"})
    person.api.get("/me", headers={"X-Request-Id": "build-4711-step-3"})
    first, second = log(person, request_id="build-4711-step-3")
    assert first["id"].startswith("req_")
    assert first["id"] < second["id"]


@pytest.mark.parametrize(
    ("status", "step", "code", "hint"),
    [
        (403, "scope", "insufficient_scope", "tasks:write"),
        (403, "project", "forbidden", ""),
        (404, "input", "not_found", ""),
        (422, "input", "validation_failed", "title: required"),
    ],
)
def test_a_refusal_names_its_step_and_what_would_help(
    app: Flask,
    person: TestUser,
    outsider: TestUser,
    project: ProjectAndBoard,
    status: int,
    step: str,
    code: str,
    hint: str,
) -> None:
    path = f"/boards/{project.board_id}/tasks"
    sent = {
        403: lambda: Api(app, person.new_key("Reads", "tasks:read")).post(path, json={"title": "No"}),
        "forbidden": lambda: person.api.get(f"/boards/{add_project_and_board(app, outsider).board_id}"),
        404: lambda: person.api.get("/boards/brd_01m86ffkj1eyt9k86t46h61k8b"),
        422: lambda: person.api.post(path, json={}),
    }
    sent["forbidden" if code == "forbidden" else status]()
    (row,) = log(person)
    assert (row["status"], row["code"], row["refused_by"]) == (status, code, step)
    assert hint in row["hint"]


def test_nothing_that_was_sent_is_kept(app: Flask, person: TestUser, project: ProjectAndBoard) -> None:
    secret = "hunter2-in-a-body"
    path = f"/boards/{project.board_id}/tasks"
    person.api.post(path, json={"title": secret, secret: 1})
    person.api.get(f"{path}?q={secret}&colour={secret}")
    person.api.get(f"/boards/{secret}")
    person.api.patch(f"/tasks/{secret}", json={"state": secret})
    assert len(log(person)) == 4
    assert secret not in str(log(person))
    assert person.key[4:-4] not in str(log(person))


def test_a_tool_of_an_agent_is_named(person: TestUser) -> None:
    call = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": "list_projects", "arguments": {"colour": "red"}},
    }
    person.api._client.post("/mcp", json=call, headers={**person.by_key, "Accept": "application/json, text/event-stream"})
    (row,) = log(person)
    assert (row["tool"], row["method"], row["route"]) == ("list_projects", "POST", "/mcp")
    assert row["code"] is not None


def test_filters_find_what_they_name(app: Flask, person: TestUser) -> None:
    other = Api(app, person.new_key("Another"))
    other_id = other.get("/me").json["credential"]["id"]
    person.api.get("/projects")
    person.api.get("/projects/nothing")
    person.api.get("/me", headers={"User-Agent": "cron"})
    assert [row["route"] for row in log(person, credential_id=other_id)] == ["/api/v1/me"]
    assert [row["route"] for row in log(person, route="/api/v1/projects")] == ["/api/v1/projects"]
    assert [row["status"] for row in log(person, refused="true")] == [404]
    assert [row["status"] for row in log(person, refused="false")] == [200, 200, 200]
    assert [row["status"] for row in log(person, status=404)] == [404]
    assert [row["code"] for row in log(person, code="not_found")] == ["not_found"]
    assert [row["user_agent"] for row in log(person, user_agent="cron")] == ["cron"]
    assert log(person, method="DELETE") == log(person, tool="nothing") == log(person, network="203.0.113.9") == []
    times = [row["at"] for row in log(person)]
    assert len(log(person, since=times[2])) == 2
    assert len(log(person, until=times[2])) == 2


def test_the_log_is_paged_newest_first(person: TestUser) -> None:
    for _ in range(5):
        person.api.get("/me")
    first = person.api.get("/requests", query_string={"limit": 3, "route": "/api/v1/me"}).json
    second = person.api.get("/requests", query_string={"limit": 3, "route": "/api/v1/me", "cursor": first["next_cursor"]}).json
    assert (len(first["data"]), len(second["data"]), second["has_more"]) == (3, 2, False)
    ids = [row["id"] for row in (*first["data"], *second["data"])]
    assert ids == sorted(set(ids), reverse=True)


def test_nobody_reads_the_log_of_another(person: TestUser, outsider: TestUser) -> None:
    person.api.get("/me")
    key_id = person.api.get("/me").json["credential"]["id"]
    assert log(outsider, credential_id=key_id) == []


def test_a_key_limited_to_projects_sees_its_own_calls(app: Flask, person: TestUser, project: ProjectAndBoard) -> None:
    limited = Api(app, person.new_key("Limited", "keys:read", project_ids=frozenset([project.project_id])))
    person.api.get("/projects")
    limited.get("/me")
    assert [row["route"] for row in limited.get("/requests").json["data"]] == ["/api/v1/me"]


def test_without_the_scope_the_log_stays_closed(app: Flask, person: TestUser) -> None:
    answer = Api(app, person.new_key("Tasks", "tasks:read")).get("/requests")
    assert (answer.status_code, answer.json["code"]) == (403, "insufficient_scope")


def test_a_revoked_key_of_ours_is_told_to_its_owner(app: Flask, person: TestUser) -> None:
    lost = Api(app, person.new_key("Lost"))
    key_id = lost.get("/me").json["credential"]["id"]
    lost.delete(f"/keys/{key_id}")
    assert lost.get("/projects").status_code == 401
    row = log(person, credential_id=key_id)[-1]
    assert (row["status"], row["code"], row["refused_by"]) == (401, "api_key_revoked", "credential")


def test_a_mistyped_key_is_told_to_the_one_whose_it_may_be(app: Flask, person: TestUser) -> None:
    secret = person.new_key("Typed by hand")
    key_id = Api(app, secret).get("/me").json["credential"]["id"]
    swapped = f"{secret[:10]}{secret[11]}{secret[10]}{secret[12:]}"
    swapped = swapped if swapped != secret else f"{secret[:10]}{'a' if secret[10] != 'a' else 'b'}{secret[11:]}"
    assert Api(app, swapped).get("/projects").status_code == 401
    row = log(person, credential_id=key_id)[-1]
    assert (row["code"], row["refused_by"]) == ("invalid_api_key", "credential")


def test_who_sends_no_credential_is_not_logged(app: Flask, person: TestUser) -> None:
    Api(app, None).get("/projects")
    app.test_client().get("/api/openapi.json")
    assert log(person) == []
