"""Whether the peers that ours is measured against do the same: the same bytes for the same request, and the same refusals."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import requests
from flask import Flask
from sqlalchemy import update

from bench.side_by_side.servers import Server
from bench.side_by_side.works import tool_call
from calmboard.access.secret_format import digest
from calmboard.clock import now
from calmboard.db import db
from calmboard.models import ApiKey
from tests.bench.conftest import REQUESTS_EACH, Workspace
from tests.support.clients.agent import Agent
from tests.support.users import Api, TestUser

pytestmark = [pytest.mark.database("postgresql"), pytest.mark.processes]

WITH_TASKS = ("fastapi", "fastify", "go")
ALL = (*WITH_TASKS, "django_rest_framework")
USAGE_HEADERS = ("RateLimit-Policy", "RateLimit", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")

StartPeer = Callable[[str], Server]


def ask(server: Server, path: str, key: str | None, **request: Any) -> requests.Response:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    method = "POST" if "json" in request else "GET"
    return requests.request(method, f"http://127.0.0.1:{server.port}/api/v1{path}", headers=headers, timeout=20, **request)


def call_tool(server: Server, key: str) -> requests.Response:
    call = tool_call(key)
    return requests.post(f"http://127.0.0.1:{server.port}{call.path}", call.body, headers=call.headers, timeout=20)


@pytest.mark.parametrize("name", ALL)
def test_a_peer_lists_projects_with_the_same_bytes(name: str, start_peer: StartPeer, workspace: Workspace) -> None:
    key = workspace.new_key()
    theirs = ask(start_peer(name), "/projects", key)
    assert theirs.content == workspace.person.api.get("/projects").data
    assert all(header in theirs.headers for header in USAGE_HEADERS)


@pytest.mark.parametrize("name", WITH_TASKS)
def test_a_peer_lists_and_reads_tasks_with_the_same_bytes(name: str, start_peer: StartPeer, workspace: Workspace) -> None:
    server, key, list_path = start_peer(name), workspace.new_key(), f"/boards/{workspace.first.board_id}/tasks"
    ours = workspace.person.api.get(list_path)
    assert ask(server, list_path, key).content == ours.data
    for task in ours.json["data"]:
        path = f"/tasks/{task['id']}"
        assert ask(server, path, key).content == workspace.person.api.get(path).data


@pytest.mark.parametrize("name", ALL)
def test_a_peer_goes_on_with_the_next_page(name: str, start_peer: StartPeer, workspace: Workspace) -> None:
    server, key = start_peer(name), workspace.new_key()
    ours = workspace.person.api.get("/projects").json["data"]
    first = ask(server, "/projects?limit=2", key).json()
    second = ask(server, f"/projects?limit=2&cursor={first['next_cursor']}", key).json()
    assert (first["data"], first["has_more"]) == (ours[:2], True)
    assert second == {"data": ours[2:], "has_more": False, "next_cursor": None}


def test_what_fastapi_creates_is_read_here_with_the_same_bytes(start_peer: StartPeer, workspace: Workspace) -> None:
    new = {"title": "From there", "description": "Größe", "state": "ready", "due_date": "2026-12-18"}
    theirs = ask(start_peer("fastapi"), workspace.path_to_create, workspace.new_key(), json=new)
    assert theirs.status_code == 201, theirs.text
    assert theirs.content == workspace.person.api.get(f"/tasks/{theirs.json()['id']}").data


def test_what_fastapi_creates_is_numbered_placed_and_logged_as_here(start_peer: StartPeer, workspace: Workspace) -> None:
    path, api, new = workspace.path_to_create, workspace.person.api, {"title": "From there", "state": "review"}
    before = api.post(path, json=new).json
    theirs = ask(start_peer("fastapi"), path, workspace.new_key(), json=new).json()
    after = api.post(path, json=new).json
    assert [before["number"] + 1, after["number"] - 1] == [theirs["number"]] * 2
    assert before["position"] < theirs["position"] < after["position"]
    entries = api.get(f"/projects/{workspace.last.project_id}/activity").json["data"][:3]
    assert [(entry["what"], entry["changes"]) for entry in entries] == [("task.created", new)] * 3


@pytest.mark.parametrize("name", ALL)
def test_a_peer_refuses_what_is_refused_here(
    name: str, start_peer: StartPeer, workspace: Workspace, free: TestUser, app: Flask
) -> None:
    server, path = start_peer(name), "/projects"
    keys = {state: workspace.new_key() for state in ("revoked_at", "paused_at", "expires_at")}
    for state, key in keys.items():
        _set(app, key, **{state: now() - timedelta(seconds=1)})
    without_scope = workspace.new_key("tasks:read")
    refused = {"none": None, "unknown": "cbk_unknown", **keys, "free plan": free.new_key(f"peer {name}"), "scope": without_scope}
    theirs = {why: ask(server, path, key).status_code for why, key in refused.items()}
    assert theirs == {why: Api(app, key).get(path).status_code for why, key in refused.items()}
    assert set(theirs.values()) == {401, 403}


@pytest.mark.parametrize("name", WITH_TASKS)
def test_a_peer_knows_who_may_see_a_board(name: str, start_peer: StartPeer, workspace: Workspace, outsider: TestUser) -> None:
    server, unknown = start_peer(name), "brd_00000000000000000000000000"
    paths = [f"/boards/{board_id}/tasks" for board_id in (workspace.first.board_id, unknown)]
    theirs = [ask(server, path, outsider.new_key(f"{name} {path}"[:80])).status_code for path in paths]
    assert theirs == [outsider.api.get(path).status_code for path in paths] == [403, 404]


@pytest.mark.parametrize("name", ALL)
def test_a_peer_counts_the_requests_of_a_key(name: str, start_peer: StartPeer, workspace: Workspace) -> None:
    server, key = start_peer(name), workspace.new_key()
    statuses = [ask(server, "/projects?limit=1", key).status_code for _ in range(REQUESTS_EACH + 1)]
    assert statuses == [200] * REQUESTS_EACH + [429]


def test_the_sdk_gives_the_same_structured_content(start_peer: StartPeer, workspace: Workspace, app: Flask) -> None:
    key = workspace.new_key()
    left_out_here: dict[str, Any] = {"next_cursor": None, "not_readable": []}
    theirs = call_tool(start_peer("mcp_sdk"), key).json()["result"]["structuredContent"]
    assert theirs == left_out_here | Agent(app, key).structured("list_projects")


def test_the_sdk_refuses_a_revoked_key(start_peer: StartPeer, workspace: Workspace, app: Flask) -> None:
    key = workspace.new_key()
    _set(app, key, revoked_at=now())
    assert call_tool(start_peer("mcp_sdk"), key).status_code == 401


def _set(app: Flask, key: str, **values: Any) -> None:
    with app.app_context():
        db.session.execute(update(ApiKey).where(ApiKey.digest == digest(key)).values(**values))
        db.session.commit()
