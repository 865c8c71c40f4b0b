"""Prepared statements: rows read by the driver are those that SQLAlchemy gives, and a lost connection costs nobody an answer."""

from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC

import pytest
from flask import Flask
from sqlalchemy import bindparam, literal_column, select, text, update
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from calmboard.clock import now
from calmboard.db import autocommit, db
from calmboard.ids import new_id
from calmboard.models import ApiKey, RequestLogGap, Task, User
from calmboard.prepared import Prepared, insert_many, is_one_of
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


def test_a_prepared_row_is_the_one_that_the_statement_gives(app: Flask, person: TestUser) -> None:
    secret = person.new_key("Mirror", "tasks:read")
    values = {"id": next(key["id"] for key in person.api.get("/keys").json["data"] if key["name"] == "Mirror")}
    with app.app_context(), autocommit() as connection:
        row, prepared = connection.execute(_STATEMENT, values).one(), Prepared(_STATEMENT).first(connection, values)
    assert prepared is not None
    assert prepared._mapping == row._mapping
    assert (prepared.scopes, prepared.created_at.tzinfo) == ("tasks:read", UTC)
    assert secret[-4:] not in repr(prepared)


def test_rows_that_are_refused_are_refused_as_sqlalchemy_does(app: Flask) -> None:
    at = now()
    row = {"id": new_id("gap"), "began_at": at, "ended_at": at}
    with app.app_context(), db.engine.begin() as connection, pytest.raises(IntegrityError):
        insert_many(connection, RequestLogGap, [row, row])
    with app.app_context(), db.engine.begin() as connection, pytest.raises((DataError, IntegrityError)):
        insert_many(connection, RequestLogGap, [{**row, "id": None}])


def test_no_row_is_none(app: Flask) -> None:
    with app.app_context(), autocommit() as connection:
        assert Prepared(_STATEMENT).first(connection, {"id": "key_none"}) is None


def test_a_value_that_is_missing_is_no_null(app: Flask) -> None:
    with app.app_context(), autocommit() as connection, pytest.raises(KeyError):
        Prepared(_STATEMENT).first(connection, {})


@pytest.mark.parametrize(("states", "found"), [((), set()), (("done",), {"done"}), (("done", "ready"), {"done", "ready"})])
def test_a_list_is_bound_whole_whatever_its_type_and_length(app: Flask, states: tuple[str, ...], found: set[str]) -> None:
    statement = select(Task.state).where(is_one_of(Task.state, "states"), Task.title != "").distinct()
    with app.app_context(), autocommit() as connection:
        rows = Prepared(statement).all(connection, {"states": states})
    assert {row.state for row in rows} == found


def test_an_error_is_the_one_that_sqlalchemy_raises_without_the_values(app: Flask) -> None:
    broken = Prepared(select(ApiKey.id, literal_column("no_such_column").label("none")).where(ApiKey.id == bindparam("id")))
    with app.app_context(), autocommit() as connection, pytest.raises(DBAPIError) as raised:
        broken.first(connection, {"id": "a value of somebody"})
    assert "no_such_column" in str(raised.value)
    assert "somebody" not in str(raised.value)


def test_a_transaction_reads_what_it_wrote_and_goes_on_after_a_rollback(app: Flask, person: TestUser) -> None:
    name = Prepared(select(User.name).where(User.id == bindparam("id")))
    values = {"id": person.person.id}
    with app.app_context():
        for _ in range(2):
            db.session.execute(update(User).where(User.id == person.person.id).values(name="Somebody Else"))
            assert name.all(db.session.connection(), values)[0].name == "Somebody Else"
            db.session.rollback()
            assert name.all(db.session.connection(), values)[0].name == person.person.name
            db.session.rollback()


@pytest.mark.database("postgresql")
@pytest.mark.parametrize("change", ["ALTER TABLE prepared_for_a_test ALTER number TYPE text", "DEALLOCATE ALL"])
def test_a_statement_is_prepared_again_after_a_migration(app: Flask, change: str) -> None:
    number = Prepared(select(literal_column("number").label("number")).select_from(text("prepared_for_a_test")))
    with app.app_context(), autocommit() as connection:
        connection.execute(text("CREATE TEMPORARY TABLE prepared_for_a_test AS SELECT 7 AS number"))
        assert number.all(connection, {})[0].number == 7
        connection.execute(text(change))
        assert str(number.all(connection, {})[0].number) == "7"
        connection.execute(text("DROP TABLE prepared_for_a_test"))


@pytest.mark.database("postgresql")
def test_a_connection_keeps_no_more_than_so_many_statements(app: Flask) -> None:
    kept = text("SELECT count(*) FROM pg_prepared_statements")
    with app.app_context(), autocommit() as connection:
        for number in range(700):
            assert Prepared(select(literal_column(str(number)).label("number"))).all(connection, {})[0].number == number
        assert 250 < connection.execute(kept).scalar_one() <= 400  # psycopg keeps a hundred of its own


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
