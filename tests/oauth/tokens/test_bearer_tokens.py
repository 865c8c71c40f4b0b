"""Where an access token is valid: in one header, at its own resource, with its person's current rights."""

from collections.abc import Callable

import pytest
from flask import Flask

from calmboard.work.people import change_plan
from tests.oauth.conftest import ORIGIN, HostApp
from tests.support.users import Api, TestUser, add_project_and_board

Make = Callable[..., HostApp]
_PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}


@pytest.fixture
def person(new_user: Callable[..., TestUser]) -> TestUser:
    return new_user()


@pytest.fixture
def token(host_app: Make, person: TestUser) -> str:
    access_token: str = host_app(person).get_tokens()["access_token"]
    return access_token


@pytest.mark.parametrize("name", ["access_token", "token", "api_key", "key", "Authorization"])
def test_no_token_is_taken_from_address_body_or_cookie(app: Flask, token: str, name: str) -> None:
    client = app.test_client()
    answers = [
        client.get("/api/v1/me", query_string={name: token}),
        client.post("/api/v1/projects", query_string={name: token}, json={"name": "x"}),
        client.post("/api/v1/projects", json={"name": "x", name: token}),
        client.post("/api/v1/projects", data={name: token}),
        client.post("/mcp", query_string={name: token}, json=_PING),
        client.post("/mcp", json={**_PING, "params": {name: token}}),
    ]
    client.set_cookie(name, token)
    answers.append(client.get("/api/v1/me"))
    assert {answer.status_code for answer in answers} == {401}


def test_a_key_and_a_token_that_differ_are_refused(app: Flask, person: TestUser, token: str) -> None:
    answer = Api(app, token).get("/me", headers={"X-CalmBoard-API-Key": person.key})
    assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")


@pytest.mark.parametrize("resource", [ORIGIN, f"{ORIGIN}/mcp"])
def test_a_token_counts_at_its_own_resource_alone(app: Flask, host_app: Make, person: TestUser, resource: str) -> None:
    tokens = host_app(person).get_tokens(resource=resource)
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    at_api = app.test_client().get("/api/v1/me", headers=bearer)
    at_mcp = app.test_client().post("/mcp", headers={**bearer, "Accept": "application/json, text/event-stream"}, json=_PING)
    own, other = (at_api, at_mcp) if resource == ORIGIN else (at_mcp, at_api)
    metadata = "oauth-protected-resource" + ("/mcp" if other is at_mcp else "")
    assert own.status_code != 401
    assert other.status_code == 401
    assert 'error="invalid_token"' in other.headers["WWW-Authenticate"]
    assert f'resource_metadata="{ORIGIN}/.well-known/{metadata}"' in other.headers["WWW-Authenticate"]


@pytest.mark.parametrize("kind", ["refresh_token", "registration_access_token"])
def test_no_other_secret_of_the_application_opens_anything(app: Flask, host_app: Make, person: TestUser, kind: str) -> None:
    application = host_app(person)
    secret = {**application.registration, **application.get_tokens()}[kind]
    bearer = {"Authorization": f"Bearer {secret}"}
    assert app.test_client().get("/api/v1/me", headers=bearer).status_code == 401
    assert app.test_client().post("/mcp", headers=bearer, json=_PING).status_code == 401
    assert app.test_client().get("/api/auth/session", headers=bearer).status_code in (401, 404, 405)


def test_a_code_opens_nothing(app: Flask, host_app: Make, person: TestUser) -> None:
    application = host_app(person)
    assert Api(app, application.get_code()).get("/me").status_code == 401


def test_a_token_makes_no_further_credentials(app: Flask, host_app: Make, person: TestUser) -> None:
    application = host_app(person)
    tokens = application.get_tokens(scope="keys:write members:write")
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    created = app.test_client().post("/api/v1/keys", headers=bearer, json={"name": "More"})
    assert created.status_code in (403, 404, 405)
    response = app.test_client().get("/api/oauth/authorize", headers=bearer, query_string=application.request())
    assert (response.status_code, response.get_json()["error"]) == (401, "invalid_token")


def test_a_lost_plan_ends_no_grant(app: Flask, host_app: Make, person: TestUser) -> None:
    application = host_app(person)
    tokens = application.get_tokens()
    with app.app_context():
        change_plan(person.email, "free")
    again = application.refresh(tokens["refresh_token"])
    assert again.status_code == 200
    refused = application.api(again.get_json()["access_token"]).get("/me")
    assert (refused.status_code, refused.json["code"]) == (403, "paid_plan_required")
    with app.app_context():
        change_plan(person.email, "pro")
    assert application.api(again.get_json()["access_token"]).get("/me").status_code == 200


def test_an_application_writes_under_its_short_name(app: Flask, host_app: Make, person: TestUser) -> None:
    project = add_project_and_board(app, person)
    application = host_app(person, client_name="Harbour " + "x" * 192)
    tokens = application.get_tokens(scope="projects:read tasks:write comments:write")
    api, short = application.api(tokens["access_token"]), f"Harbour {'x' * 51}…"
    task = api.post(f"/boards/{project.board_id}/tasks", json={"title": "Paint the buoys"})
    assert task.status_code == 201, task.text
    comment = api.post(f"/tasks/{task.json['id']}/comments", json={"body": "Red, as last year"})
    assert (comment.status_code, comment.json["via"]) == (201, short)
    lines = api.get(f"/projects/{project.project_id}/activity").json["data"]
    assert {line["credential"]["name"] for line in lines if line["source"] == "token"} == {short}
