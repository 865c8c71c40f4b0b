"""The key for ten minutes: one click makes it, it may what one endpoint needs, and it ends by itself or by another click."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from calmboard.access.credentials.key_life.trial_keys import NAME
from calmboard.access.plans import PLANS
from calmboard.clock import now
from calmboard.db import db
from calmboard.models import ApiKey, AuditEntry
from tests.support.users import Api, TestUser, csrf_token

_TRY, _END = "/integrations/keys/try", "/integrations/keys/try/end"
_FROM_SCRIPT = {"Accept": "application/json"}


def _post(browser: FlaskClient, path: str, headers: dict[str, str] | None = None, **fields: str) -> TestResponse:
    token = csrf_token(browser.get("/account"))
    return browser.post(path, data={"csrf_token": token, **fields}, headers=_FROM_SCRIPT if headers is None else headers)


def _trial_keys(app: Flask, person: TestUser) -> list[ApiKey]:
    with app.app_context():
        statement = select(ApiKey).where(ApiKey.user_id == person.person.id, ApiKey.name == NAME).order_by(ApiKey.id)
        return list(db.session.scalars(statement))


def test_it_lasts_ten_minutes_and_may_what_the_endpoint_needs(app: Flask, person: TestUser, browser_of: FlaskClient) -> None:
    answer = _post(browser_of, _TRY, endpoint="create_task")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    created: dict[str, Any] = answer.json or {}
    assert created["scopes"] == ["tasks:read", "tasks:write"]
    assert created["expires_in"] == 600
    me = Api(app, created["key"]).get("/me").json
    assert me["credential"]["name"] == NAME
    assert Api(app, created["key"]).get("/projects").status_code == 403
    [row] = _trial_keys(app, person)
    assert row.project_ids is None
    assert row.expires_at
    assert timedelta(minutes=9) < row.expires_at - now() <= timedelta(minutes=10)


@pytest.mark.parametrize(("endpoint", "scopes"), [("list_tasks", ["tasks:read"]), ("read_me", ["projects:read"])])
def test_it_has_no_other_right(browser_of: FlaskClient, endpoint: str, scopes: list[str]) -> None:
    assert (_post(browser_of, _TRY, endpoint=endpoint).json or {})["scopes"] == scopes


def test_a_second_click_ends_the_first_key(app: Flask, person: TestUser, browser_of: FlaskClient) -> None:
    first, second = ((_post(browser_of, _TRY, endpoint="read_me").json or {})["key"] for _ in range(2))
    assert Api(app, first).get("/me").json["code"] == "api_key_revoked"
    assert Api(app, second).get("/me").status_code == 200
    assert [row.revoked_reason for row in _trial_keys(app, person)] == ["replaced", None]


def test_another_click_ends_it(app: Flask, browser_of: FlaskClient) -> None:
    key = (_post(browser_of, _TRY, endpoint="read_me").json or {})["key"]
    assert [_post(browser_of, _END).status_code for _ in range(2)] == [204, 204]
    assert Api(app, key).get("/me").json["code"] == "api_key_revoked"


def test_it_stands_in_the_list_of_keys_without_its_secret(browser_of: FlaskClient) -> None:
    key = (_post(browser_of, _TRY, endpoint="read_me").json or {})["key"]
    page = browser_of.get("/integrations").text
    assert NAME in page
    assert key not in page


def test_making_and_ending_it_is_audited(app: Flask, person: TestUser, browser_of: FlaskClient) -> None:
    _post(browser_of, _TRY, endpoint="read_me")
    _post(browser_of, _END)
    with app.app_context():
        actions = db.session.scalars(
            select(AuditEntry.action)
            .where(AuditEntry.user_id == person.person.id, AuditEntry.action.startswith("key."))
            .order_by(AuditEntry.id)
        )
        assert list(actions) == ["key.created", "key.revoked"]


def test_a_key_of_the_readers_own_by_that_name_stays(app: Flask, person: TestUser, browser_of: FlaskClient) -> None:
    own = person.new_key(NAME)
    answer = _post(browser_of, _TRY, endpoint="read_me")
    assert answer.status_code == 422
    assert "You already have a key called" in (answer.json or {})["detail"]
    _post(browser_of, _END)
    assert Api(app, own).get("/me").status_code == 200


def test_it_counts_among_the_keys_of_the_plan(app: Flask, person: TestUser, browser_of: FlaskClient) -> None:
    most = PLANS["pro"].max_keys
    for number in range(most - 1):
        person.new_key(f"Key {number}", "projects:read")
    assert [_post(browser_of, _TRY, endpoint="read_me").status_code for _ in range(2)] == [200, 200]
    person.new_key("One more", "projects:read")
    refused = _post(browser_of, _TRY, endpoint="read_me")
    assert refused.status_code == 409
    assert f"holds {most} keys" in (refused.json or {})["detail"]


def test_the_free_plan_is_told_why_not(app: Flask, new_user: Callable[..., TestUser]) -> None:
    free = new_user(plan="free")
    answer = _post(free.sign_in(), _TRY, endpoint="read_me")
    assert answer.status_code == 403
    assert "does not include integration APIs" in (answer.json or {})["detail"]
    assert _trial_keys(app, free) == []


def test_without_the_token_of_the_session_none_is_made(app: Flask, person: TestUser, browser_of: FlaskClient) -> None:
    answer = browser_of.post(_TRY, data={"endpoint": "read_me"}, headers=_FROM_SCRIPT)
    assert answer.status_code == 400
    assert _trial_keys(app, person) == []


def test_a_key_makes_none(app: Flask, person: TestUser) -> None:
    answer = app.test_client().post(
        _TRY, data={"endpoint": "read_me"}, headers={**_FROM_SCRIPT, "Authorization": f"Bearer {person.key}"}
    )
    assert answer.status_code == 303
    assert "/sign-in" in answer.location
    assert _trial_keys(app, person) == []


@pytest.mark.parametrize("endpoint", ["", "unicorn", "read_me ", "x" * 9000])
def test_an_endpoint_that_is_not_there_makes_none(app: Flask, person: TestUser, browser_of: FlaskClient, endpoint: str) -> None:
    assert _post(browser_of, _TRY, endpoint=endpoint).status_code == 404
    assert _trial_keys(app, person) == []


def test_without_script_the_form_for_a_key_opens(app: Flask, person: TestUser, browser_of: FlaskClient) -> None:
    answer = _post(browser_of, _TRY, headers={"Accept": "text/html"}, endpoint="create_task")
    assert answer.status_code == 303
    assert answer.location.startswith("/integrations/keys/new?")
    assert "scopes=tasks:write" in answer.location
    assert _trial_keys(app, person) == []
