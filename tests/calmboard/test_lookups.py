"""Lookups: rows read by the driver are those that SQLAlchemy would give, and a lost connection costs nobody an answer."""

from collections.abc import Callable
from contextlib import ExitStack
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
@pytest.mark.parametrize("is_program", [True, False])
def test_nobody_notices_that_the_database_dropped_every_connection(app: Flask, person: TestUser, is_program: bool) -> None:
    program, browser = person.api, person.sign_in()
    drop_connections(app)
    answer = program.get("/me") if is_program else browser.get("/integrations")
    assert answer.status_code == 200


def drop_connections(app: Flask) -> None:
    """Several that lie in the pool, as after a minute of many requests."""
    with app.app_context(), ExitStack() as open_at_once:
        for engine in db.engines.values():
            engine.dispose()
        connections = [open_at_once.enter_context(autocommit()) for _ in range(3)]
        backends = [connection.execute(text("SELECT pg_backend_pid()")).scalar() for connection in connections]
        open_at_once.close()
        for backend in backends:
            db.session.execute(text("SELECT pg_terminate_backend(:backend, 5000)"), {"backend": backend})
        db.session.rollback()
