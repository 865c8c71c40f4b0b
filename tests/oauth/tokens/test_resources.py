"""What a token is for (RFC 8707): a request that names none or another is answered with both, and loopback names are one."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests.oauth.conftest import ORIGIN, HostApp, redirect_parameters, register
from tests.support.users import TestUser

MCP = f"{ORIGIN}/mcp"
_DOCUMENT = f"{ORIGIN}/.well-known/oauth-protected-resource"
_LOOPBACK = ["http://localhost:8000", "http://LOCALHOST:8000/", "http://127.0.0.1:8000", "http://[::1]:8000"]


@pytest.fixture
def application(host_app: Callable[..., HostApp], owner: TestUser) -> HostApp:
    return host_app(owner)


@pytest.mark.parametrize("resource", [None, "", "https://api.example", "http://127.0.0.1:8001", f"{ORIGIN}/api/v1"])
def test_who_names_no_resource_of_ours_reads_both_and_where_they_are_described(
    application: HostApp, resource: str | None
) -> None:
    answer = redirect_parameters(application.become_known().open_consent(resource=resource))
    assert answer["error"] == "invalid_target"
    assert {f"resource={ORIGIN}", f"resource={MCP}", _DOCUMENT} <= set(answer["error_description"].split())


def test_at_the_token_endpoint_too(application: HostApp) -> None:
    code = application.get_code()
    foreign = application.redeem(code, resource="https://api.example").get_json()
    other = application.redeem(code, resource=MCP).get_json()
    assert {foreign["error"], other["error"]} == {"invalid_target"}
    for text in (ORIGIN, MCP):
        assert text in foreign["error_description"]
        assert text in other["error_description"]
    assert _DOCUMENT in foreign["error_description"]


@pytest.mark.parametrize("loopback", _LOOPBACK)
@pytest.mark.parametrize("path", ["", "/mcp"])
def test_loopback_names_are_one_origin(application: HostApp, loopback: str, path: str) -> None:
    """On one machine a client may know CalmBoard by another name than the configured one, which tokens and `iss` keep."""
    resource = loopback.rstrip("/") + path
    answer = redirect_parameters(application.decide(resource=resource))
    assert answer["iss"] == ORIGIN
    tokens = application.redeem(answer["code"], resource=resource)
    assert tokens.status_code == 200, tokens.text
    again = application.refresh(tokens.get_json()["refresh_token"], resource=resource).get_json()
    assert application.api(again["access_token"]).get("/me").status_code == (401 if path else 200)


def test_two_spellings_of_one_resource_are_one(application: HostApp) -> None:
    pairs = [*application.request(resource=None).items(), ("resource", MCP), ("resource", "http://localhost:8000/mcp")]
    assert application.browser.get("/api/oauth/authorize", query_string=pairs).status_code == 200


@pytest.mark.parametrize(
    "resource",
    [
        "http://localhost:8001",
        "https://localhost:8000",
        "http://localhost",
        "http://localhost.evil.example:8000",
        "http://127.1:8000",
    ],
)
def test_another_port_scheme_or_name_is_another_origin(application: HostApp, resource: str) -> None:
    answer = application.become_known().open_consent(resource=resource)
    assert redirect_parameters(answer)["error"] == "invalid_target"


@pytest.mark.parametrize("resource", ["https://localhost", "https://127.0.0.1", "https://[::1]"])
def test_a_public_server_is_under_no_loopback_name(make_app: Callable[..., Flask], resource: str) -> None:
    public = "https://calmboard.example"
    app = make_app(origin=public)
    client_id = register_at(app, public)
    query = {"response_type": "code", "client_id": client_id, "redirect_uri": "https://app.example/callback"}
    pkce = {"code_challenge": "x" * 43, "code_challenge_method": "S256", "resource": resource}
    refused = app.test_client().get("/api/oauth/authorize", query_string={**query, **pkce}, base_url=public)
    assert (refused.status_code, "<code>invalid_target</code>" in refused.text) == (400, True)


def register_at(app: Flask, origin: str) -> str:
    body: dict[str, Any] = {"redirect_uris": ["https://app.example/callback"]}
    answer = app.test_client().post("/api/oauth/register", json=body, base_url=origin)
    assert answer.status_code == 201
    return str(answer.get_json()["client_id"])


def test_a_callback_on_another_loopback_name_is_still_not_registered(host_app: Callable[..., HostApp], owner: TestUser) -> None:
    """RFC 8252, section 7.3: the port alone may differ."""
    application = host_app(owner, redirect_uris=["http://127.0.0.1/callback"])
    assert application.open_consent(redirect_uri="http://localhost/callback").status_code == 400
    assert application.open_consent(redirect_uri="http://127.0.0.1:50001/callback").status_code == 200


def test_the_documents_say_the_configured_address_under_every_loopback_name(app: Flask) -> None:
    for host in ("localhost:8000", "[::1]:8000"):
        body = app.test_client().get("/.well-known/oauth-authorization-server", headers={"Host": host}).get_json()
        assert body["issuer"] == ORIGIN
    assert register(app).get_json()["registration_client_uri"].startswith(ORIGIN)
