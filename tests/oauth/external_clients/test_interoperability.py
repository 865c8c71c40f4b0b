"""What host applications really send and expect: each of these has locked users out elsewhere."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from calmboard.access.scopes import SCOPES
from tests.oauth.conftest import CALLBACK, ORIGIN, HostApp, redirect_parameters, register
from tests.support.users import Api, add_user, new_address

MCP = f"{ORIGIN}/mcp"
_METADATA = "/.well-known/oauth-authorization-server"


@pytest.fixture(scope="module")
def browser_of_somebody(app: Flask) -> FlaskClient:
    """One person for the file: a sign-in takes longer than most of these tests, and no test changes the person."""
    return add_user(app).sign_in()


@pytest.fixture
def application(app: Flask, browser_of_somebody: FlaskClient) -> HostApp:
    registration = register(app).get_json()
    return HostApp(app, browser_of_somebody, registration["client_id"], registration)


@pytest.mark.parametrize(
    ("requested", "expected"),
    [
        (MCP, MCP),
        (f"{MCP}/", MCP),
        (f"{MCP}?projectId=7&x=1", MCP),
        (f"{MCP}/?x", MCP),
        ("HTTP://127.0.0.1:8000/mcp", MCP),
        (f"{ORIGIN}/", ORIGIN),
        (f"{ORIGIN}?x=1", ORIGIN),
        (f"{ORIGIN}/?x=1", ORIGIN),
    ],
)
def test_a_resource_is_meant_however_a_client_spells_it(app: Flask, application: HostApp, requested: str, expected: str) -> None:
    tokens = application.redeem(application.get_code(resource=requested), resource=requested).get_json()
    assert application.refresh(tokens["refresh_token"], resource=requested).status_code == 200
    assert is_accepted_by_api(app, tokens["access_token"]) == (expected == ORIGIN)
    assert is_accepted_by_mcp(app, tokens["access_token"]) == (expected == MCP)


@pytest.mark.parametrize(
    "requested",
    [
        f"{ORIGIN}/mcp/more",
        f"{ORIGIN}/MCP",
        f"{ORIGIN}//mcp",
        f"{ORIGIN}/mcp#x",
        f"{ORIGIN}/api/v1",
        "http://127.0.0.1:8001/mcp",
        "https://127.0.0.1:8000/mcp",
        "http://user@127.0.0.1:8000/mcp",
        "http://127.0.0.1:8000.evil.example/mcp",
        "http://127.0.0.1:x/mcp",
        "/mcp",
        "mcp",
        "urn:calmboard",
        " ",
    ],
)
def test_another_resource_is_refused_before_anybody_is_asked(application: HostApp, requested: str) -> None:
    answer = application.become_known().open_consent(resource=requested)
    assert redirect_parameters(answer)["error"] == "invalid_target"


def test_a_resource_may_be_named_twice_but_not_be_two(application: HostApp) -> None:
    request = [*application.become_known().request(resource=None).items(), ("resource", ORIGIN)]
    twice = application.browser.get("/api/oauth/authorize", query_string=(*request, ("resource", ORIGIN)))
    two = application.browser.get("/api/oauth/authorize", query_string=(*request, ("resource", MCP)))
    assert (twice.status_code, redirect_parameters(two)["error"]) == (200, "invalid_target")


def test_the_resource_may_be_left_out_at_the_token_endpoint(app: Flask, application: HostApp) -> None:
    tokens = application.redeem(application.get_code(resource=MCP)).get_json()
    again = application.refresh(tokens["refresh_token"]).get_json()
    assert [is_accepted_by_mcp(app, each["access_token"]) for each in (tokens, again)] == [True, True]
    assert not is_accepted_by_api(app, again["access_token"])


def test_a_refresh_for_another_resource_uses_nothing_up(application: HostApp) -> None:
    token = application.get_tokens()["refresh_token"]
    assert application.refresh(token, resource=MCP).get_json()["error"] == "invalid_target"
    assert application.refresh(token, scope="keys:write").get_json()["error"] == "invalid_scope"
    assert application.refresh(token, resource=ORIGIN).status_code == 200


@pytest.mark.parametrize("suffix", ["", "/mcp"])
def test_each_resource_describes_itself_under_the_one_issuer(app: Flask, suffix: str) -> None:
    client = app.test_client()
    resource = client.get(f"/.well-known/oauth-protected-resource{suffix}").get_json()
    server = client.get(_METADATA).get_json()
    assert resource["resource"] == ORIGIN + suffix
    assert resource["authorization_servers"] == [server["issuer"]] == [ORIGIN]
    assert all(server[name].startswith(f"{ORIGIN}/api/oauth/") for name in server if name.endswith("_endpoint"))
    assert resource["bearer_methods_supported"] == ["header"]


@pytest.mark.parametrize(
    "path",
    [
        "/.well-known/openid-configuration",
        "/.well-known/openid-configuration/mcp",
        "/.well-known/oauth-authorization-server/mcp",
        "/.well-known/oauth-protected-resource/api",
        "/.well-known/jwks.json",
    ],
)
def test_a_document_that_clients_look_for_in_vain_is_missing_in_json(app: Flask, path: str) -> None:
    answer = app.test_client().get(path)
    assert (answer.status_code, answer.mimetype) == (404, "application/json")
    assert set(answer.get_json()) >= {"error", "error_description"}
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(
    ("path", "method"),
    [
        (_METADATA, "GET"),
        ("/.well-known/oauth-protected-resource", "GET"),
        ("/.well-known/oauth-protected-resource/mcp", "GET"),
        ("/api/oauth/token", "POST"),
        ("/api/oauth/revoke", "POST"),
        ("/api/oauth/register", "POST"),
        ("/api/oauth/register/cli_x", "DELETE"),
    ],
)
def test_a_client_in_a_browser_may_ask(app: Flask, path: str, method: str) -> None:
    headers = "authorization, content-type, mcp-protocol-version, mcp-method, mcp-name"
    preflight_headers = {
        "Origin": "https://inspector.example",
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": headers,
    }
    preflight = app.test_client().options(path, headers=preflight_headers)
    assert preflight.status_code == 200
    assert preflight.headers["Access-Control-Allow-Origin"] == "*"
    assert method in preflight.headers["Access-Control-Allow-Methods"]
    allowed = {name.strip().lower() for name in preflight.headers["Access-Control-Allow-Headers"].split(",")}
    assert set(headers.split(", ")) <= allowed
    answer = app.test_client().open(path, method=method, headers={"Origin": "https://inspector.example"})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "WWW-Authenticate" in answer.headers["Access-Control-Expose-Headers"]
    assert "Access-Control-Allow-Credentials" not in {**preflight.headers, **answer.headers}


def test_no_page_of_another_site_may_ask_for_consent(application: HostApp) -> None:
    origin = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    for method in ("OPTIONS", "GET", "POST"):
        answer = application.browser.open("/api/oauth/authorize", method=method, headers=origin)
        assert not [name for name, _ in answer.headers if name.startswith("Access-Control-")]


@pytest.mark.parametrize("scope", ["projects:read", "projects:read offline_access", "offline_access", None])
def test_who_can_refresh_gets_a_refresh_token_whatever_the_scope(application: HostApp, scope: str | None) -> None:
    tokens = application.get_tokens(scope=scope)
    assert tokens["refresh_token"].startswith("cbr_")
    assert "offline_access" not in tokens["scope"]
    assert tokens["scope"]


@pytest.mark.parametrize("prompt", ["consent", "login", "select_account", "login consent", None])
def test_however_a_client_asks_for_a_page_there_is_one(application: HostApp, prompt: str | None) -> None:
    assert "code" in redirect_parameters(application.decide(prompt=prompt))


@pytest.mark.parametrize("registered", [None, "", "claudeai", "projects:read", "openid profile email"])
@pytest.mark.parametrize(
    ("requested", "granted"),
    [
        ("tasks:write", "tasks:read tasks:write"),
        ("openid tasks:read profile", "tasks:read"),
        ("", "boards:read comments:read members:read projects:read sprints:read tasks:read"),
    ],
)
def test_what_was_registered_as_scope_narrows_nothing_later(
    application: HostApp, registered: object, requested: str, granted: str
) -> None:
    body = register(application.app, scope=registered).get_json()
    assert replace(application, client_id=body["client_id"]).get_tokens(scope=requested)["scope"] == granted


def test_everything_that_is_advertised_is_granted(app: Flask, application: HostApp) -> None:
    """Many clients request all of it."""
    advertised = app.test_client().get(_METADATA).get_json()["scopes_supported"]
    assert application.get_tokens(scope=" ".join(advertised))["scope"].split() == sorted(set(advertised) - {"offline_access"})


def test_who_asks_for_reserved_scopes_too_receives_the_others(application: HostApp) -> None:
    """With their names (RFC 6749, section 3.3)."""
    unused = {scope for scope in SCOPES if scope.startswith(("webhooks", "connections", "imports"))} | {"keys:write"}
    assert application.get_tokens(scope=" ".join(SCOPES))["scope"].split() == sorted(set(SCOPES) - unused)


@pytest.mark.parametrize("client_id", ["cli_00000000000000000000000000", "https://gone.example/client", "stale"])
def test_a_deleted_client_receives_invalid_client(application: HostApp, client_id: str) -> None:
    stale = replace(application, client_id=client_id)
    answers = [stale.redeem("cbc_x"), stale.refresh("cbr_x"), stale.token(grant_type="refresh_token", client_id=client_id)]
    assert {(answer.status_code, answer.get_json()["error"]) for answer in answers} == {(401, "invalid_client")}


def test_a_client_that_deletes_itself_takes_its_tokens_along(app: Flask, application: HostApp) -> None:
    tokens = application.get_tokens()
    path = application.registration["registration_client_uri"].removeprefix(ORIGIN)
    auth = {"Authorization": f"Bearer {application.registration['registration_access_token']}"}
    assert app.test_client().delete(path, headers=auth).status_code == 204
    assert not is_accepted_by_api(app, tokens["access_token"])
    assert application.refresh(tokens["refresh_token"]).get_json()["error"] == "invalid_client"
    assert application.open_consent().status_code == 400


def test_every_token_has_one_form(application: HostApp) -> None:
    issued = [application.get_tokens(resource=resource) for resource in (ORIGIN, MCP)]
    assert {tokens["access_token"][:4] for tokens in issued} == {"cbo_"}
    assert {len(tokens["access_token"]) for tokens in issued} == {40}
    assert {tokens["token_type"] for tokens in issued} == {"Bearer"}


def test_many_people_of_one_hosted_application_refresh_from_one_address(app: Flask, application: HostApp) -> None:
    """A grant of one person stands for that of each: refreshes are counted by grant."""
    address = {"REMOTE_ADDR": new_address()}
    form = {"grant_type": "refresh_token", "client_id": application.client_id}
    for _ in range(3):
        token = application.get_tokens()["refresh_token"]
        for _ in range(50):
            answer = app.test_client().post("/api/oauth/token", data={**form, "refresh_token": token}, environ_base=address)
            assert answer.status_code == 200
            token = answer.get_json()["refresh_token"]


@pytest.mark.parametrize(
    ("path", "request_"),
    [
        ("/api/oauth/token", {"data": {"grant_type": "refresh_token", "client_id": "cli_x", "refresh_token": "cbr_x"}}),
        ("/api/oauth/revoke", {"data": {"client_id": "cli_x", "token": "cbr_x"}}),
        ("/api/oauth/register", {"json": {"redirect_uris": [CALLBACK]}}),
    ],
)
def test_too_many_requests_are_refused_in_oauths_format_with_retry_after(app: Flask, path: str, request_: dict[str, Any]) -> None:
    address = {"REMOTE_ADDR": new_address()}
    answers = [app.test_client().post(path, environ_base=address, **request_) for _ in range(125)]
    assert all(answer.status_code != 429 for answer in answers[:60])
    refused = answers[-1]
    assert (refused.status_code, refused.get_json()["error"]) == (429, "temporarily_unavailable")
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert refused.headers["Access-Control-Allow-Origin"] == "*"
    elsewhere = app.test_client().post(path, environ_base={"REMOTE_ADDR": new_address()}, **request_)
    assert elsewhere.status_code != 429


def test_one_token_is_not_tried_for_ever(app: Flask, application: HostApp) -> None:
    token = application.get_tokens()["refresh_token"]
    with ThreadPoolExecutor(4) as pool:
        statuses = list(pool.map(lambda _: application.refresh(token).status_code, range(125)))
    assert statuses.count(200) == 120
    assert statuses.count(429) == 5


def test_one_grant_is_not_refreshed_for_ever_by_its_newest_token(application: HostApp) -> None:
    token, other = application.get_tokens()["refresh_token"], application.get_tokens()["refresh_token"]
    for _ in range(120):
        token = application.refresh(token).get_json()["refresh_token"]
    refused = application.refresh(token)
    assert (refused.status_code, refused.get_json()["error"]) == (429, "temporarily_unavailable")
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert application.refresh(other).status_code == 200


def is_accepted_by_api(app: Flask, token: str) -> bool:
    return Api(app, token).get("/me").status_code == 200


def is_accepted_by_mcp(app: Flask, token: str) -> bool:
    ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json, text/event-stream"}
    answer = app.test_client().post("/mcp", json=ping, headers=headers)
    assert answer.status_code == 401 or answer.get_json().get("id") == 1, answer.text
    return answer.status_code != 401
