"""Who may use what over MCP: read off the registry, so that it holds for every tool, resource and prompt added later."""

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from calmboard.access.credentials.keys import NewKey, issue_key, pause_key, revoke_key
from calmboard.access.scopes import READING, SCOPES
from calmboard.db import db, now
from calmboard.ids import new_id
from tests.api.mcp.raw_client import McpClient
from tests.api.mcp.registered_calls import ARGUMENTS, INSIDE, RegisteredCall, outcome, registered_calls, registry, state_of
from tests.api.mcp.tokens import Tokens
from tests.support.resources import create_resources
from tests.support.users import ProjectAndBoard, TestUser, add_project_and_board

ORIGIN = "http://127.0.0.1:8000"
DONE, FORBIDDEN, OUT_OF_REACH = (200, "done"), (200, "forbidden"), (400, -32602)
INSUFFICIENT, UNPAID = (403, "insufficient_scope"), (403, "paid_plan_required")
NOWHERE = ["webhooks:read"]

USES = registered_calls()
ResourceIds = dict[str, str]
every_use = pytest.mark.parametrize("use", USES, ids=lambda use: use.name)


@pytest.fixture
def things(owner: TestUser, place: ProjectAndBoard, use: RegisteredCall) -> ResourceIds:
    """One of everything in a project of the owner's, in the state that the tool acts on."""
    return create_resources(owner.api, place, use.name)


@pytest.fixture(scope="module")
def tokens(app: Flask) -> Tokens:
    return Tokens(app)


def assert_unseen(answer: Any, use: RegisteredCall, things: ResourceIds) -> None:
    """Nothing of the place stands in the answer; an id that was sent may be named again."""
    words = INSIDE if use.is_addressed else things.values()
    assert not [word for word in words if word in answer.text]


def out_of_reach(use: RegisteredCall) -> tuple[int, str | int]:
    """How a use ends whose thing belongs to others; one that names nothing finds nothing."""
    if not use.is_addressed:
        return DONE
    return FORBIDDEN if use.method == "tools/call" else OUT_OF_REACH


def test_everything_that_an_agent_can_use_is_tried_here() -> None:
    found = registry()
    assert set(ARGUMENTS) == {*found.tools, *found.prompts}, "add arguments that work to tests/mcp/uses.py"


@every_use
def test_the_owner_may_use_it(app: Flask, owner: TestUser, use: RegisteredCall, things: ResourceIds) -> None:
    assert outcome(use.ask(McpClient(app, owner.key), things)) == DONE


@every_use
def test_a_member_may_use_it(app: Flask, member: TestUser, use: RegisteredCall, things: ResourceIds) -> None:
    assert outcome(use.ask(McpClient(app, member.key), things)) == DONE


@every_use
def test_a_viewer_may_look_and_change_nothing(
    app: Flask, owner: TestUser, viewer: TestUser, use: RegisteredCall, things: ResourceIds
) -> None:
    before = state_of(owner, things)
    assert outcome(use.ask(McpClient(app, viewer.key), things)) == (FORBIDDEN if use.is_write else DONE)
    assert state_of(owner, things) == before


@every_use
def test_an_outsider_sees_and_changes_nothing(
    app: Flask, owner: TestUser, outsider: TestUser, use: RegisteredCall, things: ResourceIds
) -> None:
    before = state_of(owner, things)
    answer = use.ask(McpClient(app, outsider.key), things)
    assert outcome(answer) == out_of_reach(use)
    assert_unseen(answer, use, things)
    assert state_of(owner, things) == before


@every_use
def test_a_key_for_other_projects_sees_and_changes_nothing(
    app: Flask, owner: TestUser, use: RegisteredCall, things: ResourceIds
) -> None:
    elsewhere = add_project_and_board(app, owner, "Elsewhere")
    key = owner.new_key(new_id("key"), project_ids=frozenset({elsewhere.project_id}))
    before = state_of(owner, things)
    answer = use.ask(McpClient(app, key), things)
    assert outcome(answer) == out_of_reach(use)
    assert_unseen(answer, use, things)
    assert state_of(owner, things) == before


@every_use
def test_a_key_for_this_project_may_use_it(app: Flask, owner: TestUser, use: RegisteredCall, things: ResourceIds) -> None:
    key = owner.new_key(new_id("key"), project_ids=frozenset({things["project_id"]}))
    assert outcome(use.ask(McpClient(app, key), things)) == DONE


@every_use
def test_the_free_plan_is_403_whatever_the_role(app: Flask, owner: TestUser, free: TestUser, use: RegisteredCall) -> None:
    things = create_resources(owner.api, add_project_and_board(app, owner, admin=free), use.name)
    before = state_of(owner, things)
    answer = use.ask(McpClient(app, free.key), things)
    assert outcome(answer) == UNPAID
    assert "WWW-Authenticate" not in answer.headers
    assert_unseen(answer, use, things)
    assert state_of(owner, things) == before


@every_use
def test_a_key_that_reads_may_not_write(app: Flask, owner: TestUser, use: RegisteredCall, things: ResourceIds) -> None:
    before = state_of(owner, things)
    answer = use.ask(McpClient(app, owner.new_key(new_id("key"), *READING)), things)
    assert outcome(answer) == (INSUFFICIENT if use.is_write else DONE)
    if use.is_write:
        assert_step_up(answer, use, READING)
    assert state_of(owner, things) == before


@every_use
def test_its_own_scopes_are_enough(app: Flask, owner: TestUser, use: RegisteredCall, things: ResourceIds) -> None:
    key = owner.new_key(new_id("key"), *(use.scopes or NOWHERE))
    assert outcome(use.ask(McpClient(app, key), things)) == DONE


@every_use
def test_without_any_of_its_scopes_all_are_asked_for_at_once(
    app: Flask, owner: TestUser, use: RegisteredCall, things: ResourceIds
) -> None:
    before = state_of(owner, things)
    answer = use.ask(McpClient(app, owner.new_key(new_id("key"), *NOWHERE)), things)
    if not use.scopes:
        assert outcome(answer) == DONE
        return
    assert outcome(answer) == INSUFFICIENT
    assert_step_up(answer, use, NOWHERE)
    assert_unseen(answer, use, things)
    assert state_of(owner, things) == before


@every_use
def test_every_single_one_of_its_scopes_is_needed(app: Flask, owner: TestUser, use: RegisteredCall, things: ResourceIds) -> None:
    for scope in use.scopes:
        held = [one for one in SCOPES if one != scope and one != scope.replace(":read", ":write")]
        answer = use.ask(McpClient(app, owner.new_key(new_id("key"), *held)), things)
        assert outcome(answer) == INSUFFICIENT, scope
        assert_step_up(answer, use, held)


def assert_step_up(answer: Any, use: RegisteredCall, held: Any) -> None:
    """One challenge asks for all that is needed, and for what is held already (RFC 6750, section 3.1)."""
    challenge = answer.headers["WWW-Authenticate"]
    assert challenge.startswith("Bearer ")
    assert 'error="insufficient_scope"' in challenge
    assert f'resource_metadata="{ORIGIN}/.well-known/oauth-protected-resource/mcp"' in challenge
    (asked,) = re.findall(r' scope="([^"]*)"', challenge)
    assert set(asked.split()) == {*use.scopes, *held}
    assert all(scope in answer.json["error"]["message"] for scope in use.scopes)


@every_use
def test_no_credential_that_is_not_in_force_does_anything(
    app: Flask, owner: TestUser, tokens: Tokens, use: RegisteredCall, things: ResourceIds
) -> None:
    before = state_of(owner, things)
    for name, (secret, code) in _not_in_force(app, owner, tokens).items():
        answer = use.ask(McpClient(app, secret), things)
        assert outcome(answer) == (401, code), name
        challenge = answer.headers["WWW-Authenticate"]
        assert f'Bearer resource_metadata="{ORIGIN}/.well-known/oauth-protected-resource/mcp"' in challenge
        assert ('error="invalid_token"' in challenge) == (secret is not None)
        assert_unseen(answer, use, things)
    assert state_of(owner, things) == before


def _not_in_force(app: Flask, owner: TestUser, tokens: Tokens) -> dict[str, tuple[str | None, str]]:
    """Secrets that were never good, are no more, or are good elsewhere, each with the code it gets."""
    return {
        "none": (None, "missing_api_key"),
        "mistyped": (owner.key[:-1] + ("a" if owner.key[-1] != "a" else "b"), "invalid_api_key"),
        "no key": ("swordfish", "invalid_api_key"),
        "expired": (_key(app, owner, "expired"), "api_key_expired"),
        "revoked": (_key(app, owner, "revoked"), "api_key_revoked"),
        "paused": (_key(app, owner, "paused"), "api_key_paused"),
        "a token for the API": (tokens.for_resource(owner, ORIGIN), "invalid_token"),
        "a token that ended": (tokens.ended(owner, f"{ORIGIN}/mcp"), "invalid_token"),
        "an expired token": (tokens.expired(owner, f"{ORIGIN}/mcp"), "invalid_token"),
        "a refresh token": (tokens.refreshing(), "invalid_api_key"),
        "a cookie's value": (owner.session_cookie, "invalid_api_key"),
    }


def _key(app: Flask, owner: TestUser, end: str) -> str:
    """A key that has come to this end."""
    expires_at = now() - timedelta(seconds=1) if end == "expired" else None
    with app.app_context():
        key_id, secret = issue_key(owner.person.id, NewKey(new_id("key"), "workflow", frozenset(SCOPES), None, expires_at))
        db.session.commit()
        if end == "revoked":
            revoke_key(owner.access, key_id)
        if end == "paused":
            pause_key(owner.access, key_id)
    return secret


@every_use
def test_a_token_for_this_server_may_use_it(
    app: Flask, owner: TestUser, tokens: Tokens, use: RegisteredCall, things: ResourceIds
) -> None:
    assert outcome(use.ask(McpClient(app, tokens.for_resource(owner, f"{ORIGIN}/mcp")), things)) == DONE


@every_use
def test_a_token_that_reads_may_step_up(
    app: Flask, owner: TestUser, tokens: Tokens, use: RegisteredCall, things: ResourceIds
) -> None:
    before = state_of(owner, things)
    answer = use.ask(McpClient(app, tokens.for_resource(owner, f"{ORIGIN}/mcp", *READING)), things)
    assert outcome(answer) == (INSUFFICIENT if use.is_write else DONE)
    if use.is_write:
        assert_step_up(answer, use, READING)
    assert state_of(owner, things) == before
