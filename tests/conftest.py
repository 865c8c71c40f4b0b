"""The fixtures of all tests: an app on a database, the users, a real server, a browser.

Whatever touches the database runs on each kind that --database names. Databases are seeded and live for the whole run:
a test reads the seeded people and projects, and changes only what it created itself.
"""

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser

from calmboard.db import db
from calmboard.queue import open_queue, queue
from calmboard.settings import Settings
from tests.support.browser import Pages, running_chromium
from tests.support.databases import KINDS, Databases, open_databases, settings_for
from tests.support.postgres import stop_postgres
from tests.support.programs import free_port
from tests.support.redis_server import running_redis
from tests.support.run import make_run_dir
from tests.support.server import Server, running_server
from tests.support.users import ProjectAndBoard, Seeded, TestUser, add_project_and_board, add_user, demo_user, new_address
from wsgi import create_app

_RUN_DIR = pytest.StashKey[Path]()


def pytest_addoption(parser: pytest.Parser) -> None:
    kinds = os.environ.get("CALMBOARD_TEST_DATABASE", "sqlite")
    parser.addoption("--database", choices=(*KINDS, "all"), default=kinds, help="the databases to run on (sqlite)")


def pytest_configure(config: pytest.Config) -> None:
    if worker := getattr(config, "workerinput", None):
        config.stash[_RUN_DIR] = Path(worker["run_dir"])
        return
    config.stash[_RUN_DIR] = make_run_dir()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C does, it stops the run's servers too


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    node.workerinput["run_dir"] = str(node.config.stash[_RUN_DIR])


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """A run in which every test was skipped counts as a failure."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter and exitstatus == pytest.ExitCode.OK and not reporter.stats.get("passed"):
        session.exitstatus = pytest.ExitCode.NO_TESTS_COLLECTED


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        stop_postgres(config.stash[_RUN_DIR])
        shutil.rmtree(config.stash[_RUN_DIR], ignore_errors=True)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database" not in metafunc.fixturenames:
        return
    option = metafunc.config.getoption("--database")
    kinds = KINDS if option == "all" else (option,)
    for mark in metafunc.definition.iter_markers("database"):
        kinds = mark.args
    metafunc.parametrize("database", kinds, indirect=True, scope="session")


@pytest.fixture(scope="session")
def run_dir(pytestconfig: pytest.Config) -> Path:
    """A directory that all processes of this run share; short enough for sockets."""
    return pytestconfig.stash[_RUN_DIR]


@pytest.fixture(scope="session")
def database(request: pytest.FixtureRequest, run_dir: Path) -> Databases:
    """Creates databases of the kind that this test runs on."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    return open_databases(request.param, run_dir, worker)


@pytest.fixture(scope="session")
def database_url(database: Databases) -> str:
    """The seeded database that app and server share."""
    return database.seeded()


@pytest.fixture
def empty_database_url(database: Databases) -> str:
    """A database of this test's own, without tables."""
    return database.empty()


@pytest.fixture(scope="session")
def settings(database: Databases, database_url: str) -> Settings:
    """Settings of app and server; a rate limit that no test reaches by accident."""
    return settings_for(database_url, database.directory)


@pytest.fixture(scope="session")
def app(settings: Settings) -> Iterator[Flask]:
    app = create_app(settings)
    yield app
    close(app)


@pytest.fixture
def make_app(settings: Settings, tmp_path: Path) -> Iterator[Callable[..., Flask]]:
    """Create another app with some settings changed, on the same database, with an instance directory of its own."""
    apps: list[Flask] = []

    def make(**changes: Any) -> Flask:
        app = create_app(replace(settings, **{"instance_dir": tmp_path, **changes}))
        apps.append(app)
        return app

    yield make
    for app in apps:
        close(app)
    if apps:
        queue.storage.close()
        open_queue(settings)  # a process has one queue, that of the app created last


def close(app: Flask) -> None:
    with app.app_context():
        for engine in db.engines.values():
            engine.dispose()


@pytest.fixture(autouse=True)
def _push_request_context() -> None:
    """Overrides pytest-flask's, under which every request of a test would share one `g`, and so the first sign-in."""


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser that is not signed in, with an address of its own."""
    client = app.test_client()
    client.environ_base["REMOTE_ADDR"] = new_address()
    return client


@pytest.fixture(scope="session")
def owner(app: Flask) -> TestUser:
    """On the plan pro; owns the shared projects."""
    return demo_user(app, "owner")


@pytest.fixture(scope="session")
def member(app: Flask) -> TestUser:
    """On the plan pro; a member of the owner's projects."""
    return demo_user(app, "member")


@pytest.fixture(scope="session")
def viewer(app: Flask) -> TestUser:
    """On the plan pro; a viewer in the owner's projects."""
    return demo_user(app, "viewer")


@pytest.fixture(scope="session")
def outsider(app: Flask) -> TestUser:
    """On the plan pro, with a project of their own; in none of the owner's."""
    return demo_user(app, "outsider")


@pytest.fixture(scope="session")
def free(app: Flask) -> TestUser:
    """On the plan free; a member of the owner's projects."""
    return demo_user(app, "free")


@pytest.fixture
def new_user(app: Flask) -> Callable[..., TestUser]:
    """Add a person whom this test may change: `new_user(plan="pro")`."""
    return partial(add_user, app)


@pytest.fixture
def new_project(app: Flask) -> Callable[..., ProjectAndBoard]:
    """Add a project with one empty board: `new_project(owner, viewer="viewer")` names the roles of the others."""
    return partial(add_project_and_board, app)


@pytest.fixture(scope="session")
def seeded(owner: TestUser, outsider: TestUser) -> Seeded:
    """Ids of a seeded project, board and task of the owner's, and of the outsider's."""
    return Seeded(owner.example_project(), outsider.example_project())


@pytest.fixture(scope="session")
def server(settings: Settings) -> Iterator[Server]:
    """The real server with two workers, on the database of `app`."""
    port = free_port()
    with running_server(replace(settings, port=port, origin=f"http://127.0.0.1:{port}")) as server:
        yield server


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_redis(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with running_chromium() as browser:
        yield browser


@pytest.fixture
def page_for(browser: Browser, server: Server) -> Iterator[Pages]:
    """Open a page of the server as a user: `page_for(owner, javascript=False, scheme="dark", width=360)`.

    After the test no page may have violated the CSP, thrown an error, or received a 5xx; `page_for.errors` lists those.
    """
    pages = Pages(browser, server.url)
    yield pages
    pages.close()
    assert pages.errors == []
