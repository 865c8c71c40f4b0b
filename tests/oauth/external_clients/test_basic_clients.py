"""Libraries that send HTTP Basic by themselves, each through its whole flow with a client that has no secret."""

from pathlib import Path

import pytest
from authlib.integrations.requests_client import OAuth2Session as AuthlibSession
from requests_oauthlib import OAuth2Session

from tests.oauth.conftest import challenge_of
from tests.support.clients.node import run_script
from tests.support.clients.visitor import Visitor
from tests.support.servers.server import Server
from tests.support.users import TestUser

_CALLBACK = "http://127.0.0.1:53682/callback"
_VERIFIER = "harbour-lantern-" * 4
_SCOPES = ["projects:read"]
_TRIED = "OAuth: authorizes, refreshes and revokes by HTTP Basic with an empty secret"

pytestmark = [pytest.mark.judge, pytest.mark.database("sqlite")]


@pytest.mark.compatibility("requests-oauthlib", "OAuth: authorizes and refreshes by HTTP Basic with an empty secret")
def test_requests_oauthlib_authorizes_and_refreshes(server: Server, owner: TestUser, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a secret and with PKCE by itself, as its documentation shows it."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    visitor, token_url = Visitor(owner), f"{server.url}/api/oauth/token"
    client_id = visitor.own_client(server.url, _CALLBACK)
    with OAuth2Session(client_id, redirect_uri=_CALLBACK, scope=_SCOPES, pkce="S256") as session:
        asking, _ = session.authorization_url(f"{server.url}/api/oauth/authorize", resource=server.url)
        first = session.fetch_token(token_url, authorization_response=visitor.decide(asking))
        assert session.get(f"{server.url}/api/v1/me").json()["user"]["id"] == owner.person.id
        second = session.refresh_token(token_url, auth=(client_id, ""))
        assert second["access_token"] != first["access_token"]
        assert session.get(f"{server.url}/api/v1/me").status_code == 200


@pytest.mark.compatibility("Authlib’s client", _TRIED, pin="Authlib")
def test_authlib_with_basic_authorizes_refreshes_and_revokes(server: Server, owner: TestUser) -> None:
    visitor, token_url = Visitor(owner), f"{server.url}/api/oauth/token"
    client_id = visitor.own_client(server.url, _CALLBACK)
    options = {"token_endpoint_auth_method": "client_secret_basic", "revocation_endpoint_auth_method": "client_secret_basic"}
    with AuthlibSession(
        client_id, "", redirect_uri=_CALLBACK, scope=_SCOPES, code_challenge_method="S256", token_endpoint=token_url, **options
    ) as session:
        endpoint = f"{server.url}/api/oauth/authorize"
        asking, state = session.create_authorization_url(endpoint, code_verifier=_VERIFIER, resource=server.url)
        answer = visitor.decide(asking)
        session.fetch_token(token_url, authorization_response=answer, state=state, code_verifier=_VERIFIER)
        refreshed = session.refresh_token(token_url)
        assert session.get(f"{server.url}/api/v1/me").status_code == 200
        revoked = session.revoke_token(f"{server.url}/api/oauth/revoke", token=refreshed["refresh_token"])
        assert revoked.status_code == 200
        assert session.get(f"{server.url}/api/v1/me").status_code == 401


@pytest.mark.compatibility("simple-oauth2", _TRIED)
def test_simple_oauth2_authorizes_refreshes_and_revokes(server: Server, owner: TestUser, tmp_path: Path) -> None:
    visitor = Visitor(owner)
    client_id = visitor.own_client(server.url, "http://127.0.0.1/callback")
    script = str(Path(__file__).with_name("simple-oauth2.mjs"))
    arguments = (server.url, client_id, challenge_of(_VERIFIER), _VERIFIER)
    run_script(script, *arguments, visitor=visitor, directory=tmp_path)
