"""The challenge to an agent without the right credential, as the official client reads it: metadata, and scopes to request."""

from typing import Any

import httpx2
import pytest
from flask import Flask
from mcp.client.auth.utils import (
    extract_field_from_www_auth,
    extract_resource_metadata_from_www_auth,
    extract_scope_from_www_auth,
)

from calmboard.ids import new_id
from tests.support.clients.agent import EVERYTHING, LEGACY, MODERN, Agent
from tests.support.users import Answer, Seeded, TestUser

# Messages, headers and addresses are handled in Python, whatever the database.
pytestmark = pytest.mark.database("sqlite")

METHODS = (
    "initialize",
    "ping",
    "server/discover",
    "tools/list",
    "tools/call",
    "resources/list",
    "resources/templates/list",
    "resources/read",
    "prompts/list",
    "prompts/get",
    "completion/complete",
    "logging/setLevel",
    "subscriptions/listen",
    "nothing/like/it",
)
METADATA = "/.well-known/oauth-protected-resource/mcp"
UNKNOWN_TOKEN = f"cbo_{'0' * 36}"


def read_by_client(answer: Answer) -> dict[str, Any]:
    """What the official client takes from the challenge."""
    response = httpx2.Response(answer.status_code, headers=dict(answer.headers))
    return {
        "metadata": extract_resource_metadata_from_www_auth(response),
        "scopes": set((extract_scope_from_www_auth(response) or "").split()),
        "error": extract_field_from_www_auth(response, "error"),
    }


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("version", [MODERN, *LEGACY])
def test_every_method_is_closed_without_a_credential(app: Flask, version: str, method: str) -> None:
    params = {"name": "list_projects", "uri": "calmboard://projects/x"}
    refused = Agent(app, None, version).ask(method, params)
    assert refused.status_code == 401
    assert read_by_client(refused) == {"metadata": f"http://127.0.0.1:8000{METADATA}", "scopes": EVERYTHING, "error": None}
    assert refused.json["error"]["data"]["code"] == "missing_api_key"


def test_the_challenge_names_scopes_to_write_too(app: Flask) -> None:
    """A token hides the tools it may not use, so that nobody would ever ask for more; the person unticks what is too much."""
    scopes = read_by_client(Agent(app, None).ask("tools/list"))["scopes"]
    assert {"tasks:read", "tasks:write", "sprints:write", "comments:write"} <= scopes
    assert not scopes & {"keys:write", "members:write", "projects:write", "offline_access"}


def test_the_challenged_scopes_suffice_to_assign_somebody(app: Flask, owner: TestUser, seeded: Seeded) -> None:
    """People are named by id, and no call fails without them, so that no challenge would ever ask for them later."""
    scopes = read_by_client(Agent(app, None).ask("tools/list"))["scopes"]
    agent = Agent(app, owner.new_key(new_id("key"), *scopes))
    assert agent.structured("get_project", project_id=seeded.owner.project_id)["people"]


@pytest.mark.parametrize("version", [MODERN, *LEGACY])
def test_an_unknown_token_is_invalid(app: Flask, version: str) -> None:
    refused = Agent(app, UNKNOWN_TOKEN, version).ask("tools/list")
    assert refused.status_code == 401
    assert read_by_client(refused)["error"] == "invalid_token"
    assert read_by_client(refused)["scopes"] == EVERYTHING


def test_the_challenge_leads_to_the_metadata(app: Flask) -> None:
    """The document names the resource that it was derived from, and asks for no refresh token (RFC 9728, section 3.3)."""
    metadata = app.test_client().get(METADATA).get_json()
    assert metadata["resource"] == "http://127.0.0.1:8000/mcp"
    assert metadata["authorization_servers"] == ["http://127.0.0.1:8000"]
    assert set(metadata["scopes_supported"]) >= EVERYTHING
    assert "offline_access" not in metadata["scopes_supported"]


@pytest.mark.parametrize("version", [MODERN, *LEGACY])
def test_a_tool_out_of_scope_names_what_to_ask_for(app: Flask, owner: TestUser, version: str) -> None:
    agent = Agent(app, owner.new_key(new_id("key"), "tasks:read", "boards:read"), version)
    refused = agent.ask("tools/call", {"name": "create_task", "arguments": {"board_id": "brd_x", "title": "One"}})
    assert refused.status_code == 403
    challenge = read_by_client(refused)
    assert challenge["error"] == "insufficient_scope"
    assert challenge["scopes"] == {"tasks:read", "boards:read", "tasks:write"}
    assert challenge["metadata"] == f"http://127.0.0.1:8000{METADATA}"


@pytest.mark.parametrize("name", ["access_token", "token", "api_key"])
def test_a_credential_in_the_address_is_none(app: Flask, owner: TestUser, name: str) -> None:
    body = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    answer = app.test_client().post("/mcp", json=body, query_string={name: owner.key})
    assert answer.status_code == 401
