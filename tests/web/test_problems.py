"""One core of problems, and the shape that each interface gives them: told by the address alone."""

import json

import pytest
from flask.testing import FlaskClient

from calmboard.queue import beat

pytestmark = pytest.mark.database("sqlite")


@pytest.mark.parametrize(
    ("path", "media_type", "code"),
    [
        ("/api/v1/nowhere", "application/problem+json", "not_found"),
        ("/api/nowhere", "application/problem+json", "not_found"),
        ("/hooks/nowhere", "application/problem+json", "not_found"),
        ("/api/oauth/nowhere", "application/json", "invalid_request"),
        ("/.well-known/nowhere", "application/json", "invalid_request"),
    ],
)
def test_programs_are_told_in_their_own_shape(client: FlaskClient, path: str, media_type: str, code: str) -> None:
    answer = client.get(path)
    body = answer.get_json(force=True)
    assert (answer.status_code, answer.mimetype) == (404, media_type)
    assert body.get("code", body.get("error")) == code


def test_an_agent_is_told_in_json_rpc(client: FlaskClient) -> None:
    answer = client.post("/mcp", json={"jsonrpc": "2.0", "id": 7, "method": "ping"})
    body = json.loads(answer.text)
    assert (answer.status_code, body["id"], body["error"]["data"]["code"]) == (401, 7, "missing_api_key")


@pytest.mark.parametrize("path", ["/nowhere", "/docs/nowhere", "/integrations/keys/nowhere/revoke/nowhere"])
def test_people_are_shown_a_page(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.mimetype) == (404, "text/html")


def test_another_host_is_led_on_or_refused_by_who_asks(client: FlaskClient) -> None:
    elsewhere = {"base_url": "http://elsewhere.example"}
    assert client.get("/integrations", **elsewhere).status_code == 308
    assert [client.get(path, **elsewhere).status_code for path in ("/api/v1/me", "/mcp", "/.well-known/x")] == [421] * 3
    beat()
    assert [client.get(path, **elsewhere).status_code for path in ("/healthz", "/readyz")] == [200, 200]


@pytest.mark.parametrize("path", ["/api/v1/me", "/api/oauth/token", "/mcp", "/account/password"])
def test_the_methods_that_are_answered_are_named(client: FlaskClient, path: str) -> None:
    answer = client.open(path, method="TRACE")
    assert answer.status_code == 405
    assert answer.headers["Allow"]
