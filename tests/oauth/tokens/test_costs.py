"""What OAuth costs: few statements, and one commit a request."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, event

from calmboard.db import db
from tests.oauth.conftest import HostApp
from tests.support.statements import checked_out, recorded
from tests.support.users import Api, TestUser

Make = Callable[..., HostApp]


@pytest.fixture
def application(host_app: Make, owner: TestUser) -> HostApp:
    return host_app(owner)


def test_a_token_is_checked_by_one_look_at_the_database_as_a_key_is(app: Flask, application: HostApp, owner: TestUser) -> None:
    token = application.api(application.get_tokens()["access_token"])
    assert _count(app, token) == _count(app, owner.api) == 1


def test_a_refresh_takes_six_statements_and_one_commit(app: Flask, application: HostApp) -> None:
    token = application.get_tokens()["refresh_token"]
    with recorded(app) as statements, committed(app) as commits:
        assert application.refresh(token).status_code == 200
    assert len([text for text, _ in statements if not text.startswith("BEGIN")]) == 6
    assert len(commits) == 1


def test_a_code_is_exchanged_in_six_statements_and_one_commit(app: Flask, application: HostApp) -> None:
    code = application.get_code()
    with recorded(app) as statements, committed(app) as commits:
        assert application.redeem(code).status_code == 200
    assert len([text for text, _ in statements if not text.startswith("BEGIN")]) == 6
    assert len(commits) == 1


def test_a_client_is_deleted_with_all_its_grants_in_one_commit(app: Flask, client: FlaskClient, application: HostApp) -> None:
    """Otherwise a client without grants, which still requests authorization, would be visible in between."""
    tokens = application.get_tokens()
    auth = {"Authorization": f"Bearer {application.registration['registration_access_token']}"}
    with committed(app) as commits:
        response = client.delete(f"/api/oauth/register/{application.client_id}", headers=auth)
    assert (response.status_code, len(commits)) == (204, 1)
    assert application.api(tokens["access_token"]).get("/me").status_code == 401
    assert application.refresh(tokens["refresh_token"]).status_code == 401


@contextmanager
def committed(app: Flask) -> Iterator[list[Connection]]:
    """A connection for each commit of the block."""
    commits: list[Connection] = []

    def record(connection: Connection) -> None:
        commits.append(connection)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "commit", record)
    try:
        yield commits
    finally:
        event.remove(engine, "commit", record)


def _count(app: Flask, api: Api) -> int:
    """How often the database is accessed, by statement or by the driver itself, once the use of the credential is recorded."""
    assert api.get("/me").status_code == 200
    with recorded(app) as statements, checked_out(app) as connections:
        assert api.get("/me").status_code == 200
    return max(len(statements), len(connections))
