"""What programs do by themselves: register, manage their registration, and discover the endpoints."""

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests.oauth.conftest import ORIGIN, register
from tests.support.users import new_address

_REGISTER = "/api/oauth/register"


def test_an_application_registers_itself_and_manages_what_it_registered(app: Flask) -> None:
    response = register(
        app, client_name="Cursor", redirect_uris=["cursor://anysphere.cursor-mcp/oauth/callback"], application_type="web"
    )
    body = response.get_json()
    assert response.status_code == 201
    assert (body["token_endpoint_auth_method"], "client_secret" in body) == ("none", False)
    assert body["application_type"] == "web"
    path = body["registration_client_uri"].removeprefix(ORIGIN)
    auth = {"Authorization": f"Bearer {body['registration_access_token']}"}
    client = app.test_client()
    assert client.get(path, headers=auth).get_json()["client_name"] == "Cursor"
    assert client.get(path).status_code == 401
    assert client.get(path, headers={"Authorization": "Bearer cbm_x"}).status_code == 401
    change = {"client_id": body["client_id"], "client_name": "Cursor 2", "redirect_uris": ["http://localhost/cb"]}
    changed = client.put(path, headers=auth, json=change)
    assert changed.get_json()["redirect_uris"] == ["http://localhost/cb"]
    assert client.delete(path, headers=auth).status_code == 204
    assert client.get(path, headers=auth).status_code == 401


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_managing_is_rate_limited(app: Flask, method: str) -> None:
    address = {"REMOTE_ADDR": new_address()}
    statuses = [app.test_client().open(f"{_REGISTER}/cli_x", method=method, environ_base=address).status_code for _ in range(61)]
    assert statuses == [401] * 60 + [429]
    body = register(app).get_json()
    auth = {"Authorization": f"Bearer {body['registration_access_token']}"}
    path = f"{_REGISTER}/{body['client_id']}"
    refused = app.test_client().open(path, method=method, headers=auth, environ_base=address)
    assert (refused.status_code, refused.get_json()["error"]) == (429, "temporarily_unavailable")
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert app.test_client().get(path, headers=auth, environ_base={"REMOTE_ADDR": new_address()}).status_code == 200


def test_a_change_of_what_is_deleted_meanwhile_is_refused(app: Flask) -> None:
    """The registration is deleted while the change is being sent: its body is read after its token."""
    body = register(app).get_json()
    auth = {"Authorization": f"Bearer {body['registration_access_token']}"}
    path, address = f"{_REGISTER}/{body['client_id']}", {"REMOTE_ADDR": new_address()}
    change = {"client_id": body["client_id"], "redirect_uris": ["http://localhost/cb"]}
    statuses = list[int]()

    class Meanwhile(io.BytesIO):
        def readinto(self, buffer: Any) -> int:
            statuses.append(app.test_client().delete(path, headers=auth, environ_base=address).status_code)
            return super().readinto(buffer)

    text = json.dumps(change).encode()
    headers = {**auth, "Content-Length": str(len(text)), "Content-Type": "application/json"}
    changed = app.test_client().put(path, headers=headers, environ_base=address, input_stream=Meanwhile(text))
    assert statuses[0] == 204
    assert (changed.status_code, changed.get_json()["error"]) == (401, "invalid_token")


def test_a_change_is_answered_as_it_is_read_afterwards(app: Flask) -> None:
    body = register(app, software_id="harbour").get_json()
    auth = {"Authorization": f"Bearer {body['registration_access_token']}"}
    path = f"{_REGISTER}/{body['client_id']}"
    change = {"client_id": body["client_id"], "client_name": " Cursor 2 ", "redirect_uris": ["http://localhost/cb"]}
    client = app.test_client()
    client.environ_base["REMOTE_ADDR"] = new_address()
    changed = client.put(path, headers=auth, json=change)
    assert changed.status_code == 200
    assert changed.get_json() == client.get(path, headers=auth).get_json()


@pytest.mark.parametrize(
    ("metadata", "error"),
    [
        ({"redirect_uris": None}, "invalid_redirect_uri"),
        ({"redirect_uris": []}, "invalid_redirect_uri"),
        ({"redirect_uris": [1]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://a.example"] * 11}, "invalid_redirect_uri"),
        ({"redirect_uris": ["javascript://h/%0aalert(1)"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["http://public.example/cb"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://a.example/cb#x"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://user@a.example/cb"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://a.example/" + "x" * 2000]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["/callback"]}, "invalid_redirect_uri"),
        ({"grant_types": [{}]}, "invalid_client_metadata"),
        ({"grant_types": ["password"]}, "invalid_client_metadata"),
        ({"response_types": ["token"]}, "invalid_client_metadata"),
        ({"client_name": 5}, "invalid_client_metadata"),
        ({"client_name": ""}, "invalid_client_metadata"),
        ({"client_name": "a\0b"}, "invalid_client_metadata"),
        ({"client_id": "cli_mine"}, "invalid_client_metadata"),
    ],
)
def test_metadata_that_cannot_be_used_is_refused(app: Flask, metadata: dict[str, Any], error: str) -> None:
    answer = register(app, **metadata)
    assert (answer.status_code, answer.get_json()["error"]) == (400, error)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"\xff", b"[" * 20_000, b'{"client_name": "\\ud800"}'])
def test_a_registration_that_is_no_json_object_is_refused(app: Flask, body: bytes) -> None:
    answer = app.test_client().post(
        "/api/oauth/register", data=body, content_type="application/json", environ_base={"REMOTE_ADDR": "10.200.0.1"}
    )
    assert answer.status_code in (400, 413)
    assert answer.get_json()["error"] == "invalid_client_metadata"


@pytest.mark.parametrize("path", ["/api/oauth/token", "/api/oauth/revoke"])
@pytest.mark.parametrize(
    "request_",
    [
        {"json": {"grant_type": "refresh_token"}},
        {"data": b"\xff\xfe", "content_type": "text/plain"},
        {"data": {"grant_type": ["a", "b"]}},
        {"data": {"grant_type": "x" * 65_000}},
        {"data": {"grant_type": 'é“”"'}},
        {"data": {"token": "\0"}},
        {"query_string": {"client_id": "x"}, "data": {"token": "x"}},
        {},
    ],
)
def test_a_program_is_always_answered_in_oauths_format(app: Flask, path: str, request_: dict[str, Any]) -> None:
    answer = app.test_client().post(path, **request_, environ_base={"REMOTE_ADDR": "10.200.0.2"})
    assert answer.status_code in (400, 401, 413)
    assert set(answer.get_json()) >= {"error", "error_description"}
    for method in ("GET", "PUT", "DELETE"):
        refused = app.test_client().open(path, method=method)
        assert (refused.status_code, refused.get_json()["error"], "Allow" in refused.headers) == (405, "invalid_request", True)


def test_who_authorizes_with_a_credential_is_answered_as_a_program(app: Flask) -> None:
    """Where the framework or the database refuses, a program receives JSON, and a person a page."""
    for headers, media_type in ({"Authorization": "Bearer cbs_x"}, "application/json"), ({}, "text/html"):
        refused = app.test_client().put("/api/oauth/authorize", headers=headers)
        assert (refused.status_code, refused.mimetype) == (405, media_type)


@pytest.mark.parametrize("host", ["CB.example", "cb.example:443"])
def test_a_host_is_known_however_it_is_written(make_app: Callable[..., Flask], host: str) -> None:
    app = make_app(origin="https://cb.example")
    response = app.test_client().get("/.well-known/oauth-authorization-server", headers={"Host": host})
    assert (response.status_code, response.get_json()["issuer"]) == (200, "https://cb.example")


def test_the_documents_say_what_is_true(app: Flask) -> None:
    client = app.test_client()
    server = client.get("/.well-known/oauth-authorization-server", headers={"Host": "evil.example", "X-Forwarded-Host": "evil"})
    assert server.status_code == 421
    server = client.get("/.well-known/oauth-authorization-server")
    assert server.headers["Access-Control-Allow-Origin"] == "*"
    assert (server.get_json()["issuer"], server.get_json()["code_challenge_methods_supported"]) == (ORIGIN, ["S256"])
    for suffix in ("", "/mcp"):
        resource = client.get(f"/.well-known/oauth-protected-resource{suffix}").get_json()
        assert (resource["resource"], resource["authorization_servers"]) == (ORIGIN + suffix, [ORIGIN])
        assert "offline_access" not in resource["scopes_supported"]
