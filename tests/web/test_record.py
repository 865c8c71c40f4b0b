"""The record of a request, as its log line tells it: who asked for what, and which step refused it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from calmboard.settings import RateLimit
from tests.support.clients.agent import Agent
from tests.support.users import Seeded, TestUser

pytestmark = pytest.mark.database("sqlite")


@dataclass
class Log:
    """The last line that was written."""

    capture: pytest.CaptureFixture[str]

    def last(self) -> dict[str, Any]:
        line: dict[str, Any] = json.loads(self.capture.readouterr().out.strip().splitlines()[-1])
        return line


@pytest.fixture
def log(capsys: pytest.CaptureFixture[str]) -> Log:
    return Log(capsys)


def test_an_answered_request_is_told_by_its_template(client: FlaskClient, owner: TestUser, seeded: Seeded, log: Log) -> None:
    path = f"/api/v1/tasks/{seeded.owner.task_id}"
    client.get(path, headers={"Authorization": f"Bearer {owner.key}", "X-Request-Id": "req-of-the-test"})
    line = log.last()
    assert (line["method"], line["route"], line["status"]) == ("GET", "/api/v1/tasks/<task_id>", 200)
    assert (line["request_id"], line["refused_by"], line["code"], line["tool"]) == ("req-of-the-test", None, None, None)
    assert line["credential"].startswith("key_")
    assert line["ms"] > 0


def test_each_step_that_refuses_names_itself(
    client: FlaskClient, owner: TestUser, outsider: TestUser, free: TestUser, seeded: Seeded, log: Log
) -> None:
    task, little = f"/api/v1/tasks/{seeded.owner.task_id}", owner.new_key("Little", "projects:read")
    cases: list[tuple[str, str, dict[str, Any], tuple[str, str]]] = [
        ("", "/api/v1/me", {}, ("credential", "missing_api_key")),
        ("cbk_wrong", "/api/v1/me", {}, ("credential", "invalid_api_key")),
        (free.key, "/api/v1/me", {}, ("plan", "paid_plan_required")),
        (little, task, {}, ("scope", "insufficient_scope")),
        (outsider.key, task, {}, ("project", "forbidden")),
        (owner.key, "/api/v1/projects?limit=0", {}, ("input", "invalid_request")),
        (owner.key, "/api/v1/nowhere", {}, ("input", "not_found")),
    ]
    for secret, path, options, refusal in cases:
        client.get(path, headers={"Authorization": f"Bearer {secret}"} if secret else {}, **options)
        line = log.last()
        assert (line["refused_by"], line["code"]) == refusal, path


def test_a_full_window_is_a_step_of_its_own(make_app: Callable[..., Flask], owner: TestUser, log: Log) -> None:
    narrow = make_app(rates=dict.fromkeys(("pro", "business"), RateLimit(1, 60)))
    headers = {"Authorization": f"Bearer {owner.new_key('Narrow', 'projects:read')}"}
    for _ in range(2):
        narrow.test_client().get("/api/v1/me", headers=headers)
    line = log.last()
    assert (line["refused_by"], line["code"], line["status"]) == ("limit", "rate_limit_exceeded", 429)


def test_a_tool_is_named_and_so_is_what_refused_it(
    app: Flask, owner: TestUser, outsider: TestUser, seeded: Seeded, log: Log
) -> None:
    Agent(app, owner.key).structured("list_projects")
    assert log.last()["tool"] == "list_projects"
    Agent(app, outsider.key).refusal("get_task", task_id=seeded.owner.task_id)
    line = log.last()
    assert (line["tool"], line["status"], line["refused_by"], line["code"]) == ("get_task", 200, "project", "forbidden")


def test_a_refusal_of_oauth_has_its_own_code(client: FlaskClient, log: Log) -> None:
    client.post("/api/oauth/token", data={"grant_type": "authorization_code", "client_id": "cli_unknown"})
    line = log.last()
    assert (line["route"], line["status"]) == ("/api/oauth/token", 401)
    assert (line["refused_by"], line["code"]) == ("credential", "invalid_client")
