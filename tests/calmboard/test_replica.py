"""A replica: lists come from it, but no write, credential or permission, nor what one has just written; it may fail."""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import make_url, text

from api.docs.examples import required_example_of
from api.framework.describe import Operation, operations
from api.framework.uploads import FORM
from calmboard.access.limits.storage import RedisScript
from calmboard.access.reads import OWN_WRITES_S, open_replica
from calmboard.db import autocommit
from calmboard.replica import RETRY_S
from tests.api.mcp.raw_client import McpClient
from tests.api.mcp.registered_calls import registered_calls
from tests.support.clients.agent import Agent
from tests.support.resources import as_request, create_resources, with_ids
from tests.support.servers.postgres import postgres_url, running_replica
from tests.support.servers.programs import free_port
from tests.support.statements import recorded
from tests.support.users import ProjectAndBoard, TestUser, add_project_and_board, add_user

pytestmark = [pytest.mark.database("postgresql"), pytest.mark.processes]

CREDENTIALS = re.compile(r"api_keys|oauth_|sessions|session_tokens|password|idempotent|invitations|\.digest|\.plan\b")


@dataclass(frozen=True)
class Team:
    """The people of a project that the replica knows, and one of each resource in it."""

    owner: TestUser
    member: TestUser
    viewer: TestUser
    leaver: TestUser
    project: ProjectAndBoard
    resources: dict[str, str]

    def on(self, app: Flask) -> "Team":
        """The same people with clients of another app."""
        people = {name: getattr(self, name).on(app) for name in ("owner", "member", "viewer", "leaver")}
        return replace(self, **people)


@pytest.fixture(scope="module")
def replicated_team(app: Flask) -> Team:
    owner, member, viewer, leaver = (add_user(app) for _ in range(4))
    project = add_project_and_board(app, owner, member=member, viewer=viewer, admin=leaver)
    return Team(owner, member, viewer, leaver, project, create_resources(owner.api, project))


@pytest.fixture(scope="module")
def replica_url(replicated_team: Team, run_dir: Path, database_url: str) -> Iterator[str]:
    """A replica that shows the database as it is now, however much is written from now on."""
    name = make_url(database_url).database
    assert name
    with running_replica(run_dir, run_dir / f"replica-{name}", name) as url:
        yield url


@pytest.fixture
def make_replicated(make_app: Callable[..., Flask], replica_url: str) -> Callable[..., Flask]:
    """Another process of the host; the test's apps share one store of limits."""
    return lambda: make_app(database_replica_url=replica_url)


@pytest.fixture
def replicated(make_replicated: Callable[..., Flask]) -> Flask:
    return make_replicated()


@pytest.fixture
def team(replicated: Flask, replicated_team: Team) -> Team:
    return replicated_team.on(replicated)


def listed(user: TestUser, team: Team) -> list[str]:
    answer = user.api.get(f"/boards/{team.project.board_id}/tasks?limit=100")
    assert answer.status_code == 200, answer.text
    return [task["id"] for task in answer.json["data"]]


def add_task(user: TestUser, team: Team) -> str:
    answer = user.api.post(f"/boards/{team.project.board_id}/tasks", json={"title": "Coat the mirror"})
    assert answer.status_code == 201, answer.text
    task_id: str = answer.json["id"]
    return task_id


def test_lists_come_from_the_replica_and_single_things_from_the_primary(team: Team) -> None:
    task_id = add_task(team.member, team)
    assert listed(team.viewer, team) == [task for task in listed(team.owner, team) if task != task_id]
    assert team.resources["task_id"] in listed(team.viewer, team)
    assert team.viewer.api.get(f"/tasks/{task_id}").status_code == 200


def test_one_reads_ones_own_writes_in_every_process_with_every_credential(
    make_replicated: Callable[..., Flask], team: Team, replicated_team: Team
) -> None:
    elsewhere = replicated_team.on(make_replicated())
    project_id = elsewhere.member.api.post("/projects", json={"name": "Dome"}).json["id"]
    browser = team.member.sign_in()
    assert project_id in [project["id"] for project in team.member.api.get("/projects").json["data"]]
    assert project_id in browser.get("/integrations/keys/new").text


def test_five_seconds_after_a_write_lists_come_from_the_replica_again(team: Team) -> None:
    task_id = add_task(team.member, team)
    written_at = time.monotonic()
    assert task_id in listed(team.member, team)
    while task_id in listed(team.member, team):
        time.sleep(0.2)
        assert time.monotonic() < written_at + OWN_WRITES_S + 3
    assert time.monotonic() > written_at + OWN_WRITES_S - 0.1


def test_while_the_store_of_recent_writes_does_not_answer_lists_come_from_the_primary(replicated: Flask, team: Team) -> None:
    open_replica(replicated, RedisScript(f"calmboard+redis://127.0.0.1:{free_port()}"))
    task_id = add_task(team.member, team)
    assert task_id in listed(team.viewer, team)


def test_a_removed_member_sees_nothing_at_once(replicated: Flask, team: Team) -> None:
    agent = Agent(replicated, team.leaver.key)
    inside = (team.project.project_id, team.project.board_id, team.resources["task_id"])
    calls: tuple[Callable[[], Any], ...] = (
        lambda: team.leaver.api.get("/projects").json,
        lambda: agent.call("list_projects"),
        lambda: agent.call("list_tasks"),
        lambda: agent.call("search", q="mirror"),
        lambda: agent.result("resources/list"),
    )
    assert [call for call in calls if not any(row_id in str(call()) for row_id in inside)] == []
    path = f"/projects/{team.project.project_id}/members/{team.leaver.person.id}"
    assert team.owner.api.delete(path).status_code == 204
    with recorded(replicated, "replica") as statements:
        assert [call() for call in calls if any(row_id in str(call()) for row_id in inside)] == []
    assert len(statements) >= len(calls)
    with replicated.app_context(), autocommit("replica") as connection:
        still_there = text("SELECT role FROM memberships WHERE user_id = :user_id")
        assert connection.execute(still_there, {"user_id": team.leaver.person.id}).all(), "the replica lags in this test"


def test_no_write_no_credential_and_no_permission_is_read_from_the_replica(replicated: Flask, team: Team) -> None:
    with recorded(replicated, "replica") as statements:
        _read_and_write_everything(replicated, team)
        assert team.viewer.sign_in().get("/integrations").status_code == 200
    sent = {statement for statement, _ in statements}
    assert {table for statement in sent for table in re.findall(r"(?:FROM|JOIN) (\w+)", statement)} >= {
        "tasks", "comments", "sprints", "labels", "activities", "attachments", "checklist_items", "boards", "projects",
    }  # fmt: skip
    assert [statement for statement in sent if not statement.startswith("SELECT") or "FOR " in statement] == []
    assert [statement for statement in sent if CREDENTIALS.search(statement)] == []
    assert [one for one in sent if "access_user_id" in one and "allowed_project_ids" not in one] == []


def _read_and_write_everything(app: Flask, team: Team) -> None:
    """Read what the replica knows by people who wrote nothing, then write elsewhere, and delete that from the inside out."""
    described = [operation for operation in operations(app) if operation.name != "revoke_key"]
    calls, agent = registered_calls(), McpClient(app, team.member.key)
    for operation in (operation for operation in described if operation.method == "GET"):
        _call(team.owner, operation, team.resources)
    assert {call.ask(agent, team.resources).status_code for call in calls if not call.is_write} == {200}
    elsewhere = add_project_and_board(app, team.owner, member=team.member)
    resources = create_resources(team.owner.api, elsewhere, "complete_sprint")
    assert {call.ask(agent, resources).status_code for call in calls if call.is_write} == {200}
    writes = [operation for operation in reversed(described) if operation.method != "GET"]
    for operation in sorted(writes, key=lambda operation: operation.method == "DELETE"):
        _call(team.owner, operation, resources)


def _call(caller: TestUser, operation: Operation, resources: dict[str, str]) -> None:
    takes = operation.description.takes
    example = with_ids(required_example_of(takes), resources) if takes else None
    sent = as_request(example, is_form=FORM in operation.description.media_types)
    answer = caller.api.ask(operation.method, operation.path.format(**resources), buffered=True, **sent)
    assert answer.status_code in {*operation.statuses, 404, 409}, answer.text


def test_a_replica_that_cannot_be_reached_is_tried_once_and_costs_nobody_an_answer(
    make_app: Callable[..., Flask], owner: TestUser, caplog: pytest.LogCaptureFixture
) -> None:
    app = make_app(database_replica_url="postgresql://postgres@/calmboard?host=/nowhere")
    started_at = time.monotonic()
    answers = [owner.on(app).api.get("/projects") for _ in range(3)]
    attempts = [line for line in caplog.records if line.name == "calmboard.replica"]
    assert [bool(answer.json["data"]) for answer in answers] == [True, True, True]
    assert len(attempts) == 1 or time.monotonic() > started_at + RETRY_S


def test_a_replica_that_drops_its_connections_costs_nobody_an_answer(team: Team, replica_url: str) -> None:
    before = listed(team.member, team)
    with psycopg.connect(replica_url, autocommit=True) as connection:
        others = "FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        assert connection.execute(f"SELECT pg_terminate_backend(pid) {others}").rowcount >= 1
    assert set(listed(team.member, team)) >= set(before)


def test_a_replica_that_lags_behind_a_migration_costs_nobody_an_answer(
    make_app: Callable[..., Flask], owner: TestUser, run_dir: Path
) -> None:
    app = make_app(database_replica_url=postgres_url(run_dir, "postgres"))
    assert owner.on(app).api.get("/projects").json["data"]
