"""Who may use what over MCP: read from the registry, so that it holds for every tool, resource and prompt added later."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from flask import Flask

from calmboard.access.credentials.keys import NewKey, issue_key, pause_key, revoke_key
from calmboard.access.scopes import DEFAULT_SCOPES, SCOPES
from calmboard.clock import now
from calmboard.db import db
from calmboard.ids import new_id
from tests.api.mcp.raw_client import McpClient
from tests.api.mcp.registered_calls import ARGUMENTS, INSIDE, RegisteredCall, outcome, registered_calls, registry, state_of
from tests.api.mcp.tokens import Tokens
from tests.support.resources import PREPARATION, create_resources
from tests.support.users import ProjectAndBoard, TestUser, add_project_and_board

ORIGIN = "http://127.0.0.1:8000"
DONE, FORBIDDEN, NOT_FOUND = (200, "done"), (200, "forbidden"), (400, -32602)
INSUFFICIENT, UNPAID = (403, "insufficient_scope"), (403, "paid_plan_required")
NOWHERE = ["webhooks:read"]

CALLS = registered_calls()
ResourceIds = dict[str, str]
# Plans, scopes and states of credentials are judged before the tool asks the database anything.
one_database = pytest.mark.database("sqlite")
every_call = pytest.mark.parametrize("call", CALLS, ids=lambda call: call.name)


@pytest.fixture
def resources(owner: TestUser, project: ProjectAndBoard, call: RegisteredCall) -> ResourceIds:
    """One of each resource in a project of the owner's, in the state that the tool requires."""
    return create_resources(owner.api, project, call.name)


@pytest.fixture(scope="module")
def refused_resources(app: Flask, owner: TestUser, viewer: TestUser, free: TestUser) -> Callable[[str], ResourceIds]:
    """The same for calls that change nothing, which all of them may share."""

    @cache
    def create(preparation: str) -> ResourceIds:
        return create_resources(owner.api, add_project_and_board(app, owner, viewer=viewer, admin=free), preparation)

    return lambda name: create(name if name in PREPARATION else "")


@pytest.fixture
def untouched(refused_resources: Callable[[str], ResourceIds], owner: TestUser, call: RegisteredCall) -> Iterator[ResourceIds]:
    """One of each resource, which is afterwards as it was before."""
    resources = refused_resources(call.name)
    before = state_of(owner, resources)
    yield resources
    assert state_of(owner, resources) == before


@pytest.fixture(scope="module")
def tokens(app: Flask) -> Tokens:
    return Tokens(app)


def assert_unseen(answer: Any, call: RegisteredCall, resources: ResourceIds) -> None:
    """The response contains nothing of the project; an id that was sent may be repeated."""
    hidden = INSIDE if call.is_addressed else resources.values()
    assert not [value for value in hidden if value in answer.text]


def outcome_without_access(call: RegisteredCall) -> tuple[int, str | int]:
    """The outcome of a call whose resource belongs to others; a call that names none finds nothing."""
    if not call.is_addressed:
        return DONE
    return FORBIDDEN if call.method == "tools/call" else NOT_FOUND


def test_every_registered_call_has_arguments() -> None:
    found = registry()
    assert set(ARGUMENTS) == {*found.tools, *found.prompts}, "add valid arguments to tests/api/mcp/registered_calls.py"


@every_call
def test_the_owner_may_use_it(app: Flask, owner: TestUser, call: RegisteredCall, resources: ResourceIds) -> None:
    assert outcome(call.ask(McpClient(app, owner.key), resources)) == DONE


@every_call
def test_a_member_may_use_it(app: Flask, member: TestUser, call: RegisteredCall, resources: ResourceIds) -> None:
    assert outcome(call.ask(McpClient(app, member.key), resources)) == DONE


@every_call
def test_a_viewer_may_look_and_change_nothing(
    app: Flask, owner: TestUser, viewer: TestUser, call: RegisteredCall, untouched: ResourceIds
) -> None:
    assert outcome(call.ask(McpClient(app, viewer.key), untouched)) == (FORBIDDEN if call.is_write else DONE)


@every_call
def test_an_outsider_sees_and_changes_nothing(
    app: Flask, owner: TestUser, outsider: TestUser, call: RegisteredCall, untouched: ResourceIds
) -> None:
    answer = call.ask(McpClient(app, outsider.key), untouched)
    assert outcome(answer) == outcome_without_access(call)
    assert_unseen(answer, call, untouched)


@every_call
def test_a_key_for_other_projects_sees_and_changes_nothing(
    app: Flask, owner: TestUser, call: RegisteredCall, untouched: ResourceIds
) -> None:
    elsewhere = add_project_and_board(app, owner, "Elsewhere")
    key = owner.new_key(new_id("key"), project_ids=frozenset({elsewhere.project_id}))
    answer = call.ask(McpClient(app, key), untouched)
    assert outcome(answer) == outcome_without_access(call)
    assert_unseen(answer, call, untouched)


@every_call
def test_a_key_for_this_project_may_use_it(app: Flask, owner: TestUser, call: RegisteredCall, resources: ResourceIds) -> None:
    key = owner.new_key(new_id("key"), project_ids=frozenset({resources["project_id"]}))
    assert outcome(call.ask(McpClient(app, key), resources)) == DONE


@every_call
@one_database
def test_the_free_plan_is_403_whatever_the_role(
    app: Flask, owner: TestUser, free: TestUser, call: RegisteredCall, untouched: ResourceIds
) -> None:
    answer = call.ask(McpClient(app, free.key), untouched)
    assert outcome(answer) == UNPAID
    assert "WWW-Authenticate" not in answer.headers
    assert_unseen(answer, call, untouched)


@every_call
@one_database
def test_a_key_that_reads_may_not_write(app: Flask, owner: TestUser, call: RegisteredCall, untouched: ResourceIds) -> None:
    answer = call.ask(McpClient(app, owner.new_key(new_id("key"), *DEFAULT_SCOPES)), untouched)
    assert outcome(answer) == (INSUFFICIENT if call.is_write else DONE)
    if call.is_write:
        assert_step_up(answer, call, DEFAULT_SCOPES)


@every_call
@one_database
def test_its_own_scopes_are_enough(app: Flask, owner: TestUser, call: RegisteredCall, resources: ResourceIds) -> None:
    key = owner.new_key(new_id("key"), *(call.scopes or NOWHERE))
    assert outcome(call.ask(McpClient(app, key), resources)) == DONE


@every_call
@one_database
def test_without_any_of_its_scopes_all_are_requested_at_once(
    app: Flask, owner: TestUser, call: RegisteredCall, untouched: ResourceIds
) -> None:
    answer = call.ask(McpClient(app, owner.new_key(new_id("key"), *NOWHERE)), untouched)
    if not call.scopes:
        assert outcome(answer) == DONE
        return
    assert outcome(answer) == INSUFFICIENT
    assert_step_up(answer, call, NOWHERE)
    assert_unseen(answer, call, untouched)


@every_call
@one_database
def test_every_single_one_of_its_scopes_is_needed(
    app: Flask, owner: TestUser, call: RegisteredCall, untouched: ResourceIds
) -> None:
    for scope in call.scopes:
        held = [other for other in SCOPES if other != scope and other != scope.replace(":read", ":write")]
        answer = call.ask(McpClient(app, owner.new_key(new_id("key"), *held)), untouched)
        assert outcome(answer) == INSUFFICIENT, scope
        assert_step_up(answer, call, held)


def assert_step_up(answer: Any, call: RegisteredCall, held: Any) -> None:
    """One challenge asks for all that is needed, and for what is held already (RFC 6750, section 3.1)."""
    challenge = answer.headers["WWW-Authenticate"]
    assert challenge.startswith("Bearer ")
    assert 'error="insufficient_scope"' in challenge
    assert f'resource_metadata="{ORIGIN}/.well-known/oauth-protected-resource/mcp"' in challenge
    (requested,) = re.findall(r' scope="([^"]*)"', challenge)
    assert set(requested.split()) == {*call.scopes, *held}
    assert all(scope in answer.json["error"]["message"] for scope in call.scopes)


@every_call
@one_database
def test_no_credential_that_is_not_in_force_does_anything(
    app: Flask, call: RegisteredCall, not_in_force: dict[str, tuple[str | None, str]], untouched: ResourceIds
) -> None:
    for name, (secret, code) in not_in_force.items():
        answer = call.ask(McpClient(app, secret), untouched)
        assert outcome(answer) == (401, code), name
        challenge = answer.headers["WWW-Authenticate"]
        assert f'Bearer resource_metadata="{ORIGIN}/.well-known/oauth-protected-resource/mcp"' in challenge
        assert ('error="invalid_token"' in challenge) == (secret is not None)
        assert_unseen(answer, call, untouched)


@pytest.fixture(scope="module")
def not_in_force(app: Flask, owner: TestUser, tokens: Tokens) -> dict[str, tuple[str | None, str]]:
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


@every_call
@one_database
def test_a_token_for_this_server_may_use_it(
    app: Flask, owner: TestUser, tokens: Tokens, call: RegisteredCall, resources: ResourceIds
) -> None:
    assert outcome(call.ask(McpClient(app, tokens.for_resource(owner, f"{ORIGIN}/mcp")), resources)) == DONE


@every_call
@one_database
def test_a_token_that_reads_may_step_up(
    app: Flask, owner: TestUser, tokens: Tokens, call: RegisteredCall, untouched: ResourceIds
) -> None:
    answer = call.ask(McpClient(app, tokens.for_resource(owner, f"{ORIGIN}/mcp", *DEFAULT_SCOPES)), untouched)
    assert outcome(answer) == (INSUFFICIENT if call.is_write else DONE)
    if call.is_write:
        assert_step_up(answer, call, DEFAULT_SCOPES)
