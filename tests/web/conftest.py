"""A server on a PostgreSQL of its own, which a test may stop or freeze."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import make_url

from calmboard.settings import Settings
from tests.support.servers.postgres import OwnPostgres, running_postgres
from tests.support.servers.programs import free_port
from tests.support.servers.server import Server, running_server
from tests.support.users import ProjectAndBoard, TestUser, add_project_and_board, add_user


@dataclass(frozen=True)
class Mortal:
    """A server, its PostgreSQL, and a person whom both know."""

    server: Server
    postgres: OwnPostgres
    person: TestUser
    project: ProjectAndBoard


@pytest.fixture(scope="session")
def mortal(
    app: Flask, settings: Settings, database_url: str, run_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mortal]:
    person, port, name = add_user(app), free_port(), make_url(database_url).database
    project = add_project_and_board(app, person)
    assert name
    assert person.key
    assert person.session_cookie
    own = replace(settings, port=port, origin=f"http://127.0.0.1:{port}", instance_dir=tmp_path_factory.mktemp("mortal"))
    with running_postgres(run_dir, run_dir / f"own-{name}") as postgres:
        own = replace(own, database_url=postgres.url(name))
        factory = "tests.web.failing_app:create_failing_server_app"
        with running_server(own, factory, CALMBOARD_RATE_FAILURES="3/minute") as server:
            yield Mortal(server, postgres, person, project)
