"""Lookups: rows read by the driver are those that SQLAlchemy would give, and a lost connection costs nobody an answer."""

from collections.abc import Callable
from datetime import UTC

import pytest
from flask import Flask
from sqlalchemy import bindparam, select, text

from calmboard.db import autocommit, db
from calmboard.lookups import Lookup
from calmboard.models import ApiKey
from tests.support.users import TestUser

_STATEMENT = select(
    ApiKey.id,
    ApiKey.digest,
    ApiKey.scopes,
    ApiKey.project_ids.label("allowed_project_ids"),
    ApiKey.expires_at,
    ApiKey.created_at,
    ApiKey.paused_at,
).where(ApiKey.id == bindparam("id"))


@pytest.fixture
def person(new_user: Callable[..., TestUser]) -> TestUser:
    return new_user()


def test_a_lookup_gives_the_row_that_the_statement_gives(app: Flask, person: TestUser) -> None:
    secret = person.new_key("Mirror", "tasks:read")
    values = {"id": next(key["id"] for key in person.api.get("/keys").json["data"] if key["name"] == "Mirror")}
    with app.app_context(), autocommit() as connection:
        row, looked_up = connection.execute(_STATEMENT, values).one(), Lookup(_STATEMENT).first(values)
    assert looked_up is not None
    assert looked_up._asdict() == row._asdict()
    assert (looked_up.scopes, looked_up.created_at.tzinfo) == ("tasks:read", UTC)
    assert secret[-4:] not in repr(looked_up)


def test_a_lookup_without_a_row_gives_none(app: Flask) -> None:
    with app.app_context():
        assert Lookup(_STATEMENT).first({"id": "key_none"}) is None


@pytest.mark.database("postgresql")
def test_a_key_is_known_at_once_after_the_database_dropped_its_connection(app: Flask, person: TestUser) -> None:
    with app.app_context():
        db.engines["autocommit"].dispose()
        with autocommit() as connection:
            backend = connection.execute(text("SELECT pg_backend_pid()")).scalar()
        db.session.execute(text("SELECT pg_terminate_backend(:backend)"), {"backend": backend})
        db.session.rollback()
    assert person.api.get("/me").status_code == 200
