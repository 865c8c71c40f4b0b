"""What is listed to whom: exactly what works for them, and nothing that belongs to others."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from calmboard.access.scopes import DEFAULT_SCOPES
from calmboard.ids import new_id
from tests.api.mcp.raw_client import McpClient, modern, old
from tests.api.mcp.registered_calls import ResourceIds, outcome, registered_calls, registry
from tests.api.mcp.tokens import Tokens
from tests.support.clients.agent import LEGACY, MODERN, Agent
from tests.support.resources import create_resources
from tests.support.users import Api, ProjectAndBoard, TestUser, add_project_and_board, add_user

ORIGIN = "http://127.0.0.1:8000"
CALLS = registered_calls()
NOWHERE = ["webhooks:read"]
# The scopes of a credential are compared before the database is asked; roles, which it stores, are shown on each.
one_database = pytest.mark.database("sqlite")

# Scopes of a key, or of a token, by what such a credential is for.
CREDENTIALS: dict[str, list[str]] = {
    "everything": [],
    "reading": sorted(DEFAULT_SCOPES),
    "nothing here": NOWHERE,
    "finding": ["projects:read"],
    "tasks": ["tasks:read"],
    "boards": ["boards:read", "tasks:read"],
    "changing tasks": ["tasks:write"],
    "comments": ["comments:write", "tasks:read"],
    "sprints": ["sprints:write"],
}


def listed(agent: Agent) -> dict[str, set[str]]:
    """The names of what an agent is shown."""
    tools = {tool["name"] for tool in agent.result("tools/list")["tools"]}
    prompts = {prompt["name"] for prompt in agent.result("prompts/list")["prompts"]}
    templates = {one["uriTemplate"] for one in agent.result("resources/templates/list")["resourceTemplates"]}
    resources = {one["uri"] for one in agent.result("resources/list")["resources"]}
    return {"tools/call": tools, "prompts/get": prompts, "resources/read": templates | resources}


def assert_listed_as_it_works(agent: Agent, client: McpClient, create: Callable[[str], ResourceIds]) -> None:
    """Whether what is listed is what works; `create` creates one of each resource, for the call of this name.

    Calls that read share theirs.
    """
    shown, read = listed(agent), create("")
    for call in CALLS:
        works = outcome(call.ask(client, create(call.name) if call.is_write else read)) == (200, "done")
        assert (call.name in shown[call.method]) == works, call.name


def resources_of(owner: TestUser, **roles: TestUser) -> Callable[[str], ResourceIds]:
    return lambda call: create_resources(owner.api, add_project_and_board(owner.app, owner, "Observatory", **roles), call)


@one_database
@pytest.mark.parametrize("scopes", CREDENTIALS.values(), ids=CREDENTIALS)
def test_a_key_is_shown_exactly_what_works_with_it(app: Flask, owner: TestUser, scopes: list[str]) -> None:
    key = owner.new_key(new_id("key"), *scopes)
    assert_listed_as_it_works(Agent(app, key), McpClient(app, key), resources_of(owner))


@one_database
@pytest.mark.parametrize("scopes", [[], sorted(DEFAULT_SCOPES)], ids=["everything", "reading"])
def test_a_token_is_shown_exactly_what_works_with_it(app: Flask, owner: TestUser, scopes: list[str]) -> None:
    token = Tokens(app).for_resource(owner, f"{ORIGIN}/mcp", *scopes)
    assert_listed_as_it_works(Agent(app, token), McpClient(app, token), resources_of(owner))


@pytest.mark.parametrize("role", ["member", "viewer", "admin"])
def test_somebody_is_shown_exactly_what_their_role_can_use(app: Flask, owner: TestUser, role: str) -> None:
    somebody = add_user(app)
    add_project_and_board(app, owner, "Observatory", **{role: somebody})
    assert_listed_as_it_works(Agent(app, somebody.key), McpClient(app, somebody.key), resources_of(owner, **{role: somebody}))


def test_a_key_for_some_projects_is_shown_what_its_user_may_do_there(app: Flask, owner: TestUser) -> None:
    somebody = add_user(app)
    looked_at = add_project_and_board(app, owner, viewer=somebody)
    add_project_and_board(app, owner, member=somebody)
    key = somebody.new_key("Looking", project_ids=frozenset({looked_at.project_id}))
    writes = {tool.name for tool in registry().tools.values() if tool.effect != "reads"}
    assert not writes & listed(Agent(app, key))["tools/call"]
    assert writes <= listed(Agent(app, somebody.key))["tools/call"]


def test_who_is_nowhere_is_shown_what_reads(app: Flask) -> None:
    shown = listed(Agent(app, add_user(app).key))["tools/call"]
    assert shown == {tool.name for tool in registry().tools.values() if tool.effect == "reads"}


@pytest.mark.parametrize("version", [MODERN, *LEGACY])
def test_every_revision_is_shown_the_same(app: Flask, owner: TestUser, viewer: TestUser, version: str) -> None:
    for key in (owner.key, viewer.key, owner.new_key(new_id("key"), *DEFAULT_SCOPES)):
        assert listed(Agent(app, key, version)) == listed(Agent(app, key))


def test_a_downgrade_bites_and_an_upgrade_brings_all_back(app: Flask) -> None:
    person = add_user(app)
    before = listed(Agent(app, person.key))
    runner = app.test_cli_runner()
    runner.invoke(args=["people", "plan", person.email, "free"])
    assert outcome(McpClient(app, person.key).ask(modern("tools/list"))) == (403, "paid_plan_required")
    runner.invoke(args=["people", "plan", person.email, "pro"])
    assert listed(Agent(app, person.key)) == before


def test_the_resources_listed_are_the_visible_ones(
    app: Flask, owner: TestUser, outsider: TestUser, project: ProjectAndBoard
) -> None:
    elsewhere = owner.new_key(new_id("key"), project_ids=frozenset({add_project_and_board(app, owner).project_id}))
    mine = {f"calmboard://projects/{project.project_id}", f"calmboard://boards/{project.board_id}"}
    assert mine <= _all_resources(Agent(app, owner.key))
    for key in (outsider.key, elsewhere, owner.new_key(new_id("key"), *NOWHERE)):
        assert not mine & _all_resources(Agent(app, key))


def test_a_cursor_of_one_person_shows_another_nothing_more(app: Flask, owner: TestUser) -> None:
    projects = [add_project_and_board(app, owner) for _ in range(55)]
    cursor = Agent(app, owner.key).result("resources/list")["nextCursor"]
    outsider = Agent(app, add_user(app).key)
    answer = outsider.ask("resources/list", {"cursor": cursor})
    assert not [project for project in projects if project.project_id in answer.text or project.board_id in answer.text]


def _all_resources(agent: Agent) -> set[str]:
    found, page = set(), agent.result("resources/list")
    found |= {one["uri"] for one in page["resources"]}
    while "nextCursor" in page:
        page = agent.result("resources/list", {"cursor": page["nextCursor"]})
        found |= {one["uri"] for one in page["resources"]}
    return found


@pytest.mark.parametrize("version", LEGACY)
@pytest.mark.parametrize("method", ["resources/read", "resources/subscribe", "resources/unsubscribe"])
def test_an_invisible_resource_is_not_found_by_earlier_clients(
    app: Flask, owner: TestUser, outsider: TestUser, project: ProjectAndBoard, version: str, method: str
) -> None:
    uri = f"calmboard://boards/{project.board_id}"
    assert Agent(app, owner.key, version).ask(method, {"uri": uri}).json.get("error") is None
    error = Agent(app, outsider.key, version).error(method, {"uri": uri})
    assert (error["code"], error["data"]) == (-32002, {"uri": uri})
    answer = Agent(app, owner.new_key(new_id("key"), *NOWHERE), version).ask(method, {"uri": uri})
    assert outcome(answer) == (403, "insufficient_scope")


def _completions() -> Iterator[dict[str, Any]]:
    """Every argument that is completed: what refers to it, and its name."""
    for resource in registry().resources:
        for name in resource.completions:
            yield {"ref": {"type": "ref/resource", "uri": resource.uri}, "argument": {"name": name, "value": ""}}
    for prompt in registry().prompts.values():
        for argument in prompt.arguments:
            if argument.complete is not None:
                yield {"ref": {"type": "ref/prompt", "name": prompt.name}, "argument": {"name": argument.name, "value": ""}}


@pytest.mark.parametrize("completion", list(_completions()), ids=str)
def test_nothing_invisible_is_completed(
    app: Flask, owner: TestUser, outsider: TestUser, project: ProjectAndBoard, completion: dict[str, Any]
) -> None:
    resources = create_resources(owner.api, project)
    elsewhere = owner.new_key(new_id("key"), project_ids=frozenset({add_project_and_board(app, owner, "Elsewhere").project_id}))
    params = {**completion, "context": {"arguments": {"board": project.board_id, "project": project.project_id}}}
    for value in ("", "prj_", "Obs", "Tele", "Measure", "First", *resources.values()):
        params = {**params, "argument": {**completion["argument"], "value": value}}
        for key in (outsider.key, elsewhere, owner.new_key(new_id("key"), *NOWHERE)):
            values = Agent(app, key).result("completion/complete", params)["completion"]["values"]
            assert not set(values) & set(resources.values()), value


def test_a_token_for_this_server_is_refused_by_the_api(app: Flask, owner: TestUser) -> None:
    token = Tokens(app).for_resource(owner, f"{ORIGIN}/mcp")
    for path in ("/me", "/projects"):
        answer = Api(app, token).get(path)
        assert (answer.status_code, answer.json["code"]) == (401, "invalid_token")
    assert outcome(McpClient(app, token).ask(modern("tools/list"))) == (200, "done")


def test_in_a_batch_each_call_is_judged_by_itself(
    app: Flask, owner: TestUser, viewer: TestUser, project: ProjectAndBoard
) -> None:
    resources = create_resources(owner.api, project)
    create_call = {"name": "create_task", "arguments": {"board_id": resources["board_id"], "title": "Coat the mirror"}}
    batch = [old("tools/call", id=1, params=create_call), old("tools/call", id=2, params={"name": "list_projects"})]
    looking = McpClient(app, viewer.key).send(batch).json
    assert [frame["result"]["isError"] for frame in looking] == [True, False]
    refused, read = McpClient(app, owner.new_key(new_id("key"), *DEFAULT_SCOPES)).send(batch).json
    assert refused["error"]["data"]["code"] == "insufficient_scope"
    assert read["result"]["isError"] is False
    titles = [task["title"] for task in owner.api.get(f"/boards/{project.board_id}/tasks").json["data"]]
    assert "Coat the mirror" not in titles


def test_a_credential_in_the_address_counts_for_nothing(app: Flask, owner: TestUser) -> None:
    for name in ("access_token", "api_key", "token"):
        answer = McpClient(app, None).send(old(), path=f"/mcp?{name}={owner.key}")
        assert outcome(answer) == (401, "invalid_api_key")


def test_a_cookie_opens_nothing_here(app: Flask, owner: TestUser) -> None:
    answer = McpClient(app, None).send(old(), {"Cookie": f"calmboard_session={owner.session_cookie}"})
    assert outcome(answer) == (401, "missing_api_key")
