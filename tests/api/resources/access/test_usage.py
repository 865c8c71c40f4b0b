"""How a key is used: counted by day, by outcome and by endpoint, with what is left of its window."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from calmboard.access.credentials.keys import NewKey, issue_key
from calmboard.access.request_log import REQUEST_LOG
from calmboard.access.request_log.usage import usage_by_day, usage_of
from calmboard.clock import now
from calmboard.db import db
from calmboard.models import UsageDay, UsageHour
from tests.support.statements import recorded
from tests.support.users import Api, TestUser


@pytest.fixture
def person(new_user: Callable[..., TestUser]) -> TestUser:
    return new_user()


def id_of(api: Api) -> str:
    key_id: str = api.get("/me").json["credential"]["id"]
    return key_id


def usage(person: TestUser, key_id: str) -> dict[str, Any]:
    answer = person.api.get(f"/keys/{key_id}/usage")
    assert answer.status_code == 200
    body: dict[str, Any] = answer.json
    return body


def test_calls_are_counted_by_day_and_endpoint(app: Flask, person: TestUser) -> None:
    other = Api(app, person.new_key("Mirror"))
    key_id = id_of(other)
    for _ in range(3):
        other.get("/projects")
    other.get("/projects/nothing")
    found = usage(person, key_id)
    assert len(found["days"]) == 30
    assert found["days"][-1] == {"day": str(now().date()), "answered": 4, "refused": 1, "limited": 0, "failed": 0}
    assert sum(day["answered"] for day in found["days"][:-1]) == 0
    counts = {each["endpoint"]: (each["answered"], each["refused"]) for each in found["endpoints"]}
    route = "GET /api/v1/projects"
    assert counts == {route: (3, 0), f"{route}/<project_id>": (0, 1), "GET /api/v1/me": (1, 0)}
    assert found["endpoints"][0]["endpoint"] == route
    assert 0 < found["p50_ms"] <= found["p95_ms"]
    assert found["window"]["limit"] - found["window"]["remaining"] == 5


def test_a_key_that_was_never_used_has_thirty_empty_days(app: Flask, person: TestUser) -> None:
    with app.app_context():
        key_id, _ = issue_key(person.person.id, NewKey("Idle", "jira", frozenset(["tasks:read"])))
        db.session.commit()
    found = usage(person, key_id)
    assert {tuple(day.values())[1:] for day in found["days"]} == {(0, 0, 0, 0)}
    assert (found["endpoints"], found["p50_ms"], found["p95_ms"]) == ([], None, None)
    assert found["window"]["remaining"] == found["window"]["limit"]


def test_what_is_older_than_thirty_days_does_not_count(app: Flask, person: TestUser) -> None:
    key_id = id_of(person.api)
    with app.app_context():
        REQUEST_LOG.get().flush()
        ago = now() - timedelta(days=30, hours=1)
        db.session.execute(update(UsageDay).where(UsageDay.credential_id == key_id).values(day=ago.date()))
        db.session.execute(update(UsageHour).where(UsageHour.credential_id == key_id).values(hour=ago))
        db.session.commit()
        assert {calls.total for calls in usage_by_day([key_id])[key_id].values()} == {0}
    assert usage(person, key_id)["endpoints"] == []


def test_half_of_the_calls_took_at_most_what_is_said(app: Flask, person: TestUser) -> None:
    """90 calls of up to 2 ms and 10 of up to 500: of a hundred 95 took between 200 and 500."""
    key_id = id_of(person.api)
    with app.app_context():
        REQUEST_LOG.get().flush()
        counts = {name: 0 for name in UsageHour.__table__.columns.keys() if name.startswith("ms_")}  # noqa: SIM118
        values = counts | {"ms_2": 90, "ms_500": 10}
        db.session.execute(update(UsageHour).where(UsageHour.credential_id == key_id).values(**values))
        db.session.commit()
        found = usage_of(key_id)
    assert found.p50_ms is not None
    assert found.p95_ms is not None
    assert 1 < found.p50_ms < 2
    assert 200 < found.p95_ms < 500


def test_the_days_of_many_keys_are_one_statement(app: Flask) -> None:
    with app.app_context(), recorded(app) as statements:
        usage_by_day([f"key_{number:026}" for number in range(25)])
    assert len(statements) == 1


def test_nobody_sees_the_use_of_another_s_key(person: TestUser, outsider: TestUser) -> None:
    assert outsider.api.get(f"/keys/{id_of(person.api)}/usage").status_code == 403
    assert person.api.get("/keys/key_01m86ffkj1eyt9k86t46h61k8b/usage").status_code == 404
