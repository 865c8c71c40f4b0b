"""How a credential is sent, and how the kinds of refusal differ."""

import base64
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from calmboard.access.credentials import keys
from calmboard.access.credentials.key_lists import list_keys
from calmboard.access.secret_format import digest, new_secret
from calmboard.clock import now
from calmboard.db import db
from calmboard.ids import new_id
from calmboard.models import ApiKey
from calmboard.pagination import PageRequest
from calmboard.work.people import change_plan
from tests.support.users import Api, TestUser, add_user

OWN = "X-CalmBoard-API-Key"


@pytest.fixture
def anyone(app: Flask) -> Api:
    return Api(app, None)


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Bearer  "])
def test_a_key_is_accepted_as_bearer(anyone: Api, owner: TestUser, scheme: str) -> None:
    assert anyone.get("/me", headers={"Authorization": f"{scheme} {owner.key}"}).status_code == 200


def test_a_key_is_accepted_in_its_own_header(anyone: Api, owner: TestUser) -> None:
    assert anyone.get("/me", headers={OWN: owner.key}).status_code == 200


def test_both_headers_with_one_key_are_fine(owner: TestUser) -> None:
    assert owner.api.get("/me", headers={OWN: owner.key}).status_code == 200


def test_both_headers_with_different_keys_are_400(owner: TestUser, viewer: TestUser) -> None:
    answer = owner.api.get("/me", headers={OWN: viewer.key})
    assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")
    assert answer.headers["RateLimit-Policy"].startswith('"failures"')


@pytest.mark.parametrize("name", ["api_key", "access_token", "key", "token"])
def test_a_key_in_the_address_is_refused_and_said_to_be_known(anyone: Api, owner: TestUser, name: str) -> None:
    answer = anyone.get(f"/me?{name}={owner.key}")
    assert (answer.status_code, answer.json["code"]) == (401, "invalid_api_key")
    assert "logs" in answer.json["detail"]
    assert owner.key not in answer.text


@pytest.mark.parametrize(
    ("headers", "came"),
    [
        ({"Authorization": "{basic_name}"}, "Basic"),
        ({"Authorization": "{basic_password}"}, "Basic"),
        ({"Authorization": "Token {key}"}, "“Token”"),
        ({"Authorization": "ApiKey {key}"}, "“ApiKey”"),
        ({"Authorization": "{key}"}, "without the word Bearer"),
        ({"Authorization": '"{key}"'}, "without the word Bearer"),
        ({"Authorization": 'Bearer "{key}"'}, "quotes"),
        ({"Authorization": "Bearer '{key}'"}, "quotes"),
        ({"Authorization": "Bearer <{key}>"}, "around it"),
        ({"Authorization": "Bearer Bearer {key}"}, "second “Bearer”"),
        ({"Authorization": "Bearer token={key}"}, "before or around"),
        ({"X-API-Key": "{key}"}, "X-API-Key"),
        ({"X-Auth-Token": "{key}"}, "X-Auth-Token"),
    ],
)
@pytest.mark.parametrize("path", ["/api/v1/me", "/mcp"])
def test_a_key_that_came_in_another_way_is_told_how_it_came(
    client: FlaskClient, owner: TestUser, path: str, headers: dict[str, str], came: str
) -> None:
    forms = {
        "key": owner.key,
        "basic_name": f"Basic {base64.b64encode(f'{owner.key}:'.encode()).decode()}",
        "basic_password": f"Basic {base64.b64encode(f'me@calmboard.test:{owner.key}'.encode()).decode()}",
    }
    answer = client.open(
        path, method="POST" if path == "/mcp" else "GET", headers={n: t.format(**forms) for n, t in headers.items()}
    )
    body = answer.get_json(force=True)
    problem = body["error"]["data"] if path == "/mcp" else body
    assert (answer.status_code, problem["code"]) == (401, "invalid_api_key")
    assert came in problem["detail"]
    assert "Authorization: Bearer" in problem["detail"]
    assert owner.key not in answer.text


def test_guesses_that_came_in_another_way_count_as_failures(client: FlaskClient, owner: TestUser) -> None:
    answer = client.get("/api/v1/me", headers={"X-API-Key": owner.key})
    assert answer.headers["RateLimit-Policy"].startswith('"failures"')


def test_a_cookie_never_drives_the_api(app: Flask, owner: TestUser) -> None:
    answer = owner.sign_in().get("/api/v1/me")
    assert (answer.status_code, answer.get_json()["code"]) == (401, "missing_api_key")


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        ("", "missing_api_key"),
        ("Bearer", "missing_api_key"),
        ("Bearer ", "missing_api_key"),
        ("Basic b3duZXI6cGFzc3dvcmQ=", "missing_api_key"),
        ("Bearer x", "invalid_api_key"),
        ("Bearer cbk_", "invalid_api_key"),
        ("Bearer cbk_" + "0" * 36, "invalid_api_key"),
        ("Bearer cbk_" + "é" * 36, "invalid_api_key"),
        ("Bearer " + "x" * 10_000, "invalid_api_key"),
        ("Bearer cbo_" + "0" * 36, "invalid_token"),
        ("Bearer cbo_", "invalid_token"),
    ],
)
def test_refusals_have_codes_of_their_own(anyone: Api, authorization: str, code: str) -> None:
    answer = anyone.get("/me", headers={"Authorization": authorization})
    assert (answer.status_code, answer.json["code"]) == (401, code)
    assert ('error="invalid_token"' in answer.headers["WWW-Authenticate"]) == (code != "missing_api_key")


def test_a_well_formed_key_that_was_never_issued_is_not_recognised(app: Flask) -> None:
    assert Api(app, new_secret("cbk")).get("/me").json["code"] == "invalid_api_key"


def test_another_kind_of_secret_is_no_key(app: Flask) -> None:
    assert Api(app, new_secret("cbr")).get("/me").json["code"] == "invalid_api_key"


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"revoked_at": now()}, "api_key_revoked"),
        ({"expires_at": now() - timedelta(seconds=1)}, "api_key_expired"),
        ({"paused_at": now()}, "api_key_paused"),
        ({"revoked_at": now(), "expires_at": now(), "paused_at": now()}, "api_key_revoked"),
        ({"expires_at": now(), "paused_at": now()}, "api_key_expired"),
    ],
)
def test_a_key_that_ended_says_how(app: Flask, owner: TestUser, values: dict[str, object], code: str) -> None:
    key = owner.new_key(new_id("key"))
    with app.app_context():
        db.session.execute(update(ApiKey).where(ApiKey.digest == digest(key)).values(**values))
        db.session.commit()
    answer = Api(app, key).get("/me")
    assert (answer.status_code, answer.json["code"]) == (401, code)
    assert f"cbk_…{key[-4:]}" in answer.json["detail"]
    assert key not in answer.text


def test_a_downgrade_applies_at_once_and_so_does_an_upgrade(app: Flask) -> None:
    person = add_user(app, "pro")
    assert person.api.get("/projects").status_code == 200
    with app.app_context():
        change_plan(person.email, "free")
    answer = person.api.get("/projects")
    assert (answer.status_code, answer.json["code"]) == (403, "paid_plan_required")
    with app.app_context():
        change_plan(person.email, "business")
    assert person.api.get("/projects").status_code == 200


def test_me_names_the_credential_and_its_limits(app: Flask, owner: TestUser) -> None:
    project = owner.example_project()
    key = owner.new_key(new_id("key"), "tasks:write", project_ids=frozenset({project.project_id}))
    me = Api(app, key).get("/me").json
    assert me["user"] == {"id": owner.person.id, "name": owner.person.name, "email": owner.person.email}
    assert me["plan"] == "pro"
    assert me["credential"]["scopes"] == ["tasks:read", "tasks:write"]
    assert me["credential"]["project_ids"] == [project.project_id]
    assert me["credential"]["tail"] == key[-4:]


def test_the_last_use_is_recorded(app: Flask) -> None:
    person = add_user(app)
    person.api.get("/projects", headers={"User-Agent": "weather-station/2"})
    with app.app_context():
        (key,) = list_keys(person.access, PageRequest()).rows
    assert (key.last_used_endpoint, key.last_used_status) == ("GET /projects", 200)
    assert key.last_used_agent == "weather-station/2"
    assert key.last_used_at
    assert now() - key.last_used_at < timedelta(minutes=1)


def test_the_last_use_is_recorded_whatever_the_address_holds(app: Flask) -> None:
    person = add_user(app)
    person.api.get("/tasks/a%00b")
    with app.app_context():
        (key,) = list_keys(person.access, PageRequest()).rows
    assert key.last_used_endpoint == "GET /tasks/a\ufffdb"


def test_the_last_use_is_recorded_once_a_minute(app: Flask) -> None:
    person = add_user(app)
    person.api.get("/projects")
    person.api.get("/me")
    with app.app_context():
        (key,) = list_keys(person.access, PageRequest()).rows
        assert key.last_used_endpoint == "GET /projects"
        db.session.execute(update(ApiKey).where(ApiKey.id == key.id).values(last_used_at=now() - timedelta(seconds=61)))
        db.session.commit()
    person.api.get("/me")
    with app.app_context():
        assert keys.find_key(person.access, key.id).last_used_endpoint == "GET /me"
