"""What real clients send to register: all of it is taken, and what has no effect here is named in the answer, not refused."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.oauth.conftest import CALLBACK, ORIGIN, HostApp, register
from tests.support.users import TestUser, new_address

_BODIES = {path.stem: json.loads(path.read_text()) for path in Path(__file__).parent.glob("bodies/*.json")}


_TRIED = "OAuth: registers with the body that it sends, and authorizes"


def _param(name: str) -> Any:
    client = _BODIES[name]["client"]
    return pytest.param(name, marks=pytest.mark.compatibility(client, _TRIED, version="as published"), id=name)


@pytest.fixture(params=[_param(name) for name in sorted(_BODIES)])
def sent(request: pytest.FixtureRequest) -> dict[str, Any]:
    body: dict[str, Any] = _BODIES[request.param]
    return body


def post(app: Flask, body: dict[str, Any]) -> TestResponse:
    return app.test_client().post("/api/oauth/register", json=body, environ_base={"REMOTE_ADDR": new_address()})


def pointers(answer: TestResponse) -> set[str]:
    warnings = answer.get_json().get("warnings", [])
    assert all(warning["code"] in ("ignored", "replaced") and warning["detail"] for warning in warnings)
    return {warning["pointer"] for warning in warnings}


def test_what_a_client_sends_is_registered(app: Flask, sent: dict[str, Any]) -> None:
    answer = post(app, sent["body"])
    assert answer.status_code == 201, answer.text
    body = answer.get_json()
    assert body["redirect_uris"] == sent["body"]["redirect_uris"]
    assert body["client_name"] == sent["body"]["client_name"]
    assert (body["token_endpoint_auth_method"], body["response_types"]) == ("none", ["code"])
    assert set(body["grant_types"]) <= {"authorization_code", "refresh_token"}
    assert "client_secret" not in body
    assert pointers(answer) == set(sent["warned"])


def test_what_a_client_sends_is_taken_as_a_change_too(app: Flask, client: FlaskClient, sent: dict[str, Any]) -> None:
    """RFC 7592, section 2.2."""
    registered = register(app).get_json()
    path = registered["registration_client_uri"].removeprefix(ORIGIN)
    auth = {"Authorization": f"Bearer {registered['registration_access_token']}"}
    client.environ_base["REMOTE_ADDR"] = new_address()
    answer = client.put(path, headers=auth, json={**sent["body"], "client_id": registered["client_id"]})
    assert answer.status_code == 200, answer.text
    assert pointers(answer) == set(sent["warned"])
    kept = client.get(path, headers=auth).get_json()
    assert kept == {name: value for name, value in answer.get_json().items() if name != "warnings"}


def test_the_client_then_authorizes(app: Flask, host_app: Callable[..., HostApp], owner: TestUser, sent: dict[str, Any]) -> None:
    """With the scope that it registered, which is what most clients request."""
    registered = post(app, sent["body"]).get_json()
    redirect_uri = sent["body"]["redirect_uris"][-1]
    known = replace(host_app(owner), client_id=registered["client_id"], redirect_uri=redirect_uri)
    tokens = known.get_tokens(scope=registered.get("scope"), resource=f"{ORIGIN}/mcp")
    assert tokens["scope"]
    assert ("refresh_token" in tokens) == ("refresh_token" in registered["grant_types"])


@pytest.mark.parametrize("missing", ["response_types", "grant_types", "token_endpoint_auth_method", "scope", "application_type"])
@pytest.mark.parametrize("value", [None, "left out", []])
def test_what_is_optional_may_be_left_out_or_null(app: Flask, missing: str, value: object) -> None:
    body = {
        "client_name": "Harbour",
        "redirect_uris": [CALLBACK],
        "response_types": ["code"],
        "grant_types": ["authorization_code"],
    }
    body.pop(missing, None)
    if value is None or (value == [] and missing.endswith("_types")):
        body[missing] = value  # type: ignore[assignment]
    answer = post(app, body)
    assert (answer.status_code, pointers(answer)) == (201, set())
    assert answer.get_json()["response_types"] == ["code"]
    assert "authorization_code" in answer.get_json()["grant_types"]


def test_the_answer_shows_what_takes_effect(app: Flask) -> None:
    answer = register(app, scope="tasks:read openid offline_access tasks:write", grant_types=["implicit", "authorization_code"])
    body = answer.get_json()
    assert (body["scope"], body["grant_types"]) == ("tasks:read offline_access tasks:write", ["authorization_code"])
    assert "scope" not in register(app, scope="openid profile").get_json()


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("logo_uri", "logo.png"),
        ("tos_uri", "mailto:legal@app.example"),
        ("policy_uri", ""),
        ("client_uri", 5),
        ("software_version", 2.1),
        ("contacts", "me@app.example"),
        ("jwks", {"keys": []}),
        ("software_statement", "eyJ"),
        ("client_secret", "x"),
        ("a/b~c", True),
    ],
)
def test_what_is_odd_and_harmless_is_left_out_and_named(app: Flask, member: str, value: object) -> None:
    answer = register(app, **{member: value})
    assert (answer.status_code, pointers(answer)) == (201, {"/" + member.replace("~", "~0").replace("/", "~1")})
    assert member not in answer.get_json()


@pytest.mark.parametrize("name", ["Harbour\nbot", "\tHarbour\r\nbot ", "Harbour bot"])
def test_a_name_is_one_line(app: Flask, name: str) -> None:
    assert register(app, client_name=name).get_json()["client_name"] == "Harbour bot"


@pytest.mark.parametrize("name", ["\t", "Harbour\u202ebot", "Harbour\x1bbot", "\u200b"])
def test_a_name_that_hides_something_is_refused(app: Flask, name: str) -> None:
    assert register(app, client_name=name).get_json()["error"] == "invalid_client_metadata"


def test_of_many_warnings_the_first_hundred_are_sent(app: Flask) -> None:
    body = register(app, **{f"x{number}": 1 for number in range(250)}).get_json()
    assert (len(body["warnings"]), body["warnings_total"]) == (100, 250)


@pytest.mark.parametrize(
    ("metadata", "error"),
    [
        ({"redirect_uris": ["http://app.example/cb"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://*.app.example/cb"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://app.example/*"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["http://localhost:*/cb"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["*"]}, "invalid_redirect_uri"),
        ({"redirect_uris": [CALLBACK, "javascript:alert(1)"]}, "invalid_redirect_uri"),
        ({"redirect_uris": [CALLBACK + "#token"]}, "invalid_redirect_uri"),
        ({"response_types": ["token"]}, "invalid_client_metadata"),
        ({"response_types": ["id_token token"]}, "invalid_client_metadata"),
        ({"response_types": ["code token"]}, "invalid_client_metadata"),
        ({"grant_types": ["implicit"]}, "invalid_client_metadata"),
        ({"grant_types": ["password", "refresh_token"]}, "invalid_client_metadata"),
        ({"grant_types": ["client_credentials"]}, "invalid_client_metadata"),
        ({"grant_types": ["refresh_token"]}, "invalid_client_metadata"),
    ],
)
def test_what_would_be_unsafe_is_still_refused(app: Flask, metadata: dict[str, Any], error: str) -> None:
    answer = register(app, **metadata)
    assert (answer.status_code, answer.get_json()["error"]) == (400, error)


def test_a_byte_order_mark_is_read_over(app: Flask) -> None:
    text = "\ufeff" + json.dumps({"redirect_uris": [CALLBACK]})
    address = {"REMOTE_ADDR": new_address()}
    headers = {"Content-Type": "application/json; charset=utf-8"}
    answer = app.test_client().post("/api/oauth/register", data=text.encode(), headers=headers, environ_base=address)
    assert answer.status_code == 201
