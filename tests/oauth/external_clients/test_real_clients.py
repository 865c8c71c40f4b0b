"""Third-party clients, each through its whole flow against the running server."""

import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2 import rfc8414, rfc9207
from flask import Flask
from mcp.client import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientInformationFull, OAuthClientMetadata, OAuthToken

from calmboard.settings import Settings
from tests.oauth.external_clients import documented
from tests.support.clients.node import find_module, run_script
from tests.support.clients.visitor import Visitor
from tests.support.servers.programs import free_port
from tests.support.servers.server import Server, running_server
from tests.support.users import ProjectAndBoard, TestUser

CALLBACK = "http://127.0.0.1:53682/callback"
CLIENTS = Path(__file__).parent
_VERIFIER = "harbour-lantern-" * 4

pytestmark = [pytest.mark.judge, pytest.mark.database("sqlite")]

Make = Callable[..., "Agent"]
Result = TypeVar("Result")


class Storage:
    """What an agent stores: its client and its tokens."""

    def __init__(self, client: OAuthClientInformationFull | None) -> None:
        self.client = client
        self.tokens: OAuthToken | None = None

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client = client_info


class Agent:
    """An agent on the official Python SDK, and the person who authorizes it."""

    def __init__(self, portal: BlockingPortal, url: str, person: TestUser, **known: Any) -> None:
        self.url = url
        self.visitor = Visitor(person)
        self.choices: dict[str, Any] = {}
        self.authorizations: list[dict[str, list[str]]] = []
        self.storage = Storage(known.pop("client", None))
        metadata = OAuthClientMetadata.model_validate({"client_name": "Harbour agent", "redirect_uris": [CALLBACK]})
        self.provider = OAuthClientProvider(url, metadata, self.storage, self._open, self._on_callback, **known)
        self._portal = portal
        self._http = httpx2.AsyncClient(auth=self.provider, timeout=20)

    @property
    def tokens(self) -> OAuthToken:
        assert self.storage.tokens
        return self.storage.tokens

    def ask(self, method: str, url: str, **request: Any) -> httpx2.Response:
        return self._portal.call(lambda: self._http.request(method, url, **request))

    def call_mcp(self, mode: str, call: Callable[[Client], Awaitable[Result]]) -> Result:
        """The result of a call to the MCP server in a session of its own."""

        async def run() -> Result:
            async with Client(streamable_http_client(self.url, http_client=self._http), mode=mode) as client:
                return await call(client)

        return self._portal.call(run)

    def expire_access_token(self) -> None:
        self.provider.context.token_expiry_time = time.time() - 1

    def close(self) -> None:
        self._portal.call(self._http.aclose)

    async def _open(self, url: str) -> None:
        self.authorizations.append(parse_qs(urlsplit(url).query))
        self._callback_url = self.visitor.decide(url, **self.choices)

    async def _on_callback(self) -> AuthorizationCodeResult:
        parameters = {name: values[0] for name, values in parse_qs(urlsplit(self._callback_url).query).items()}
        return AuthorizationCodeResult(**parameters)


@pytest.fixture
def agent() -> Iterator[Make]:
    """Create an agent that requests a URL on behalf of a person: `agent(url, owner)`."""
    with start_blocking_portal() as portal, ExitStack() as agents:

        def make(url: str, person: TestUser, **known: Any) -> Agent:
            new_agent = Agent(portal, url, person, **known)
            agents.callback(new_agent.close)
            return new_agent

        yield make


@pytest.fixture(scope="module")
def strict_server(settings: Settings) -> Iterator[Server]:
    """No grace period for a used refresh token; one application has published its metadata."""
    port = free_port()
    local = replace(settings, port=port, origin=f"http://127.0.0.1:{port}")
    with running_server(local, f"{documented.__name__}:create_app", CALMBOARD_REFRESH_GRACE_S="0") as server:
        yield server


def test_an_agent_registers_itself_and_is_authorized(server: Server, agent: Make, owner: TestUser) -> None:
    projects = f"{server.url}/api/v1/projects"
    registering = agent(projects, owner)
    assert registering.ask("GET", projects).status_code == 200
    assert registering.authorizations[0]["resource"] == [server.url]
    assert registering.storage.client
    assert registering.storage.client.client_id.startswith("cli_")
    assert registering.tokens.access_token.startswith("cbo_")


def test_an_agent_is_authorized_as_the_persons_own_client(server: Server, agent: Make, new_user: Callable[..., TestUser]) -> None:
    person, me = new_user(), f"{server.url}/api/v1/me"
    own = Visitor(person).own_client(server.url, "http://127.0.0.1/callback")
    known = OAuthClientInformationFull.model_validate(
        {"client_id": own, "redirect_uris": [CALLBACK], "token_endpoint_auth_method": "none", "issuer": server.url}
    )
    agent_of_theirs = agent(me, person, client=known)
    assert agent_of_theirs.ask("GET", me).json()["user"]["id"] == person.person.id
    assert agent_of_theirs.authorizations[0]["client_id"] == [own]


def test_an_agent_is_identified_by_its_metadata_url(strict_server: Server, agent: Make, owner: TestUser) -> None:
    me = f"{strict_server.url}/api/v1/me"
    published = agent(me, owner, client_metadata_url=documented.ADDRESS)
    assert published.ask("GET", me).json()["credential"]["name"] == "Harbour agent"
    assert published.authorizations[0]["client_id"] == [documented.ADDRESS]
    published.expire_access_token()
    assert published.ask("GET", me).status_code == 200
    assert len(published.authorizations) == 1


def test_an_agent_refreshes_after_an_hour_without_another_consent(server: Server, agent: Make, owner: TestUser) -> None:
    me = f"{server.url}/api/v1/me"
    working = agent(me, owner)
    working.ask("GET", me)
    before = working.tokens
    working.expire_access_token()
    assert working.ask("GET", me).status_code == 200
    assert before.access_token != working.tokens.access_token
    assert before.refresh_token != working.tokens.refresh_token
    assert len(working.authorizations) == 1


def test_an_agent_asks_for_more_when_it_may_too_little(server: Server, agent: Make, owner: TestUser) -> None:
    """The person deselects every write scope, then is asked again and leaves them selected."""
    projects = f"{server.url}/api/v1/projects"
    modest = agent(projects, owner)
    modest.choices = {"right": []}
    assert modest.ask("GET", projects).status_code == 200
    assert "write" not in str(modest.tokens.scope)
    modest.choices = {}
    assert modest.ask("POST", projects, json={"name": "Lighthouse"}).status_code == 201
    assert "projects:write" in str(modest.tokens.scope).split()
    assert len(modest.authorizations) == 2


@pytest.mark.parametrize("mode", ["auto", "2026-07-28", "legacy"])
def test_an_agent_meets_the_mcp_server_in_every_era(server: Server, agent: Make, owner: TestUser, mode: str) -> None:
    working = agent(f"{server.url}/mcp", owner)
    working.call_mcp(mode, Client.list_tools)
    working.expire_access_token()
    working.call_mcp(mode, Client.list_tools)
    assert len(working.authorizations) == 1
    assert working.authorizations[0]["resource"] == [f"{server.url}/mcp"]
    assert {"tasks:read", "tasks:write"} <= set(working.authorizations[0]["scope"][0].split())


def test_an_agent_is_asked_once_for_all_that_a_tool_needs(
    server: Server, agent: Make, new_user: Callable[..., TestUser], new_project: Callable[..., ProjectAndBoard]
) -> None:
    """The person allows only reading; the next challenge names the granted scopes and every scope of the refused call."""
    person = new_user()
    working, task = agent(f"{server.url}/mcp", person), {"board_id": new_project(person).board_id, "title": "Trim the wick"}
    working.choices = {"right": []}
    working.call_mcp("auto", Client.list_tools)
    held, working.choices = set(str(working.tokens.scope).split()), {}
    created = working.call_mcp("auto", lambda client: client.call_tool("create_task", task))
    assert (created.is_error, len(working.authorizations)) == (False, 2)
    assert set(working.authorizations[1]["scope"][0].split()) >= held | {"tasks:write"}
    assert "tasks:write" not in held


@pytest.mark.compatibility("Authlib’s client", "OAuth: authorizes, refreshes and revokes without a secret", pin="Authlib")
def test_authlib_authorizes_refreshes_and_revokes(server: Server, new_user: Callable[..., TestUser]) -> None:
    visitor = Visitor(new_user())
    endpoints = {name: f"{server.url}/api/oauth/{name}" for name in ("authorize", "token", "revoke")}
    with OAuth2Session(
        visitor.own_client(server.url, CALLBACK),
        token_endpoint=endpoints["token"],
        token_endpoint_auth_method="none",
        revocation_endpoint_auth_method="none",
        code_challenge_method="S256",
        redirect_uri=CALLBACK,
        scope="projects:read tasks:write",
    ) as session:
        asking, state = session.create_authorization_url(endpoints["authorize"], code_verifier=_VERIFIER, resource=server.url)
        answer = visitor.decide(asking)
        first = session.fetch_token(endpoints["token"], authorization_response=answer, state=state, code_verifier=_VERIFIER)
        assert session.get(f"{server.url}/api/v1/me").json()["user"]["id"] == visitor.person.person.id
        session.token = {**first, "expires_at": 1}
        assert session.get(f"{server.url}/api/v1/projects").status_code == 200
        assert session.token["access_token"] != first["access_token"]
        revoked = session.token
        assert session.revoke_token(endpoints["revoke"], token=revoked["refresh_token"]).status_code == 200
        assert session.get(f"{server.url}/api/v1/me").json()["code"] == "invalid_token"


def test_authlib_finds_no_error_in_the_metadata(make_app: Callable[..., Flask]) -> None:
    """RFC 8414 and RFC 9207 require https, so this is the metadata of a public server."""
    client = make_app(origin="https://calmboard.example").test_client()
    sent = client.get("/.well-known/oauth-authorization-server", base_url="https://calmboard.example").get_json()
    rfc8414.AuthorizationServerMetadata(sent).validate(metadata_classes=[rfc9207.AuthorizationServerMetadata])
    assert sent["issuer"] == "https://calmboard.example"
    assert sent["authorization_response_iss_parameter_supported"] is True


@pytest.mark.compatibility("oauth4webapi", "OAuth: its strictest reading of every step, for both resources")
@pytest.mark.parametrize(("suffix", "probe"), [("", "/api/v1/me"), ("/mcp", "/mcp")])
def test_oauth4webapi_finds_no_deviation(strict_server: Server, owner: TestUser, tmp_path: Path, suffix: str, probe: str) -> None:
    arguments = (strict_server.url, strict_server.url + suffix, strict_server.url + probe)
    run_script(str(CLIENTS / "oauth4webapi.mjs"), *arguments, visitor=Visitor(owner), directory=tmp_path)


def test_the_typescript_sdk_authorizes_and_refreshes(server: Server, owner: TestUser, tmp_path: Path) -> None:
    run_script(str(CLIENTS / "typescript-sdk.mjs"), f"{server.url}/mcp", visitor=Visitor(owner), directory=tmp_path)


@pytest.mark.compatibility("mcp-remote", "OAuth: registers, authorizes, and lists the tools")
def test_mcp_remote_connects(server: Server, owner: TestUser, tmp_path: Path) -> None:
    output = run_script(find_module("mcp-remote/dist/client.js"), f"{server.url}/mcp", visitor=Visitor(owner), directory=tmp_path)
    assert "Connected successfully!" in output
    assert "Error requesting tools list" not in output
