"""The fixtures of all tests: an app on a database, the users, a real server, a browser.

Whatever touches the database runs on each kind that --database names. Databases are seeded and live for the whole run:
a test reads the seeded people and projects, and changes only what it created itself.
"""

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser

from calmboard.access.request_log import REQUEST_LOG
from calmboard.db import db
from calmboard.queue import open_queue
from calmboard.settings import Settings
from tests.support.clients.browser import Pages, running_chromium
from tests.support.servers.databases import Databases, open_databases, settings_for
from tests.support.servers.html_checker import HtmlChecker, running_html_checker
from tests.support.servers.kept import Kept
from tests.support.servers.postgres import stop_postgres
from tests.support.servers.programs import find_program, free_port
from tests.support.servers.redis_server import running_redis, running_redis_by_tls, running_valkey
from tests.support.servers.run import make_run_dir
from tests.support.servers.server import Server, running_server
from tests.support.users import ProjectAndBoard, Seeded, TestUser, add_project_and_board, add_user, demo_user, new_address
from wsgi import create_app

pytest_plugins = ["tests.support.selection", "tests.support.compatibility"]

_RUN_DIR = pytest.StashKey[Path]()


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
    """A run in which every test was skipped counts as a failure, and with CI=true one in which any was."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter and exitstatus == pytest.ExitCode.OK and not reporter.stats.get("passed"):
        session.exitstatus = pytest.ExitCode.NO_TESTS_COLLECTED
    if reporter and os.environ.get("CI") == "true" and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        stop_postgres(config.stash[_RUN_DIR])
        shutil.rmtree(config.stash[_RUN_DIR], ignore_errors=True)


@pytest.fixture(scope="session")
def run_dir(pytestconfig: pytest.Config) -> Path:
    """A directory that all processes of this run share; short enough for sockets."""
    return pytestconfig.stash[_RUN_DIR]


@pytest.fixture(scope="session")
def kept() -> Iterator[Kept]:
    """Apps and servers, which a change to the other kind of database leaves as they are."""
    with ExitStack() as until_end:
        yield Kept(until_end)


@pytest.fixture(scope="session")
def database(request: pytest.FixtureRequest, run_dir: Path) -> Databases:
    """Creates databases of the kind that this test runs on."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    return open_databases(request.param, run_dir, worker)


@pytest.fixture(scope="session")
def database_url(database: Databases) -> str:
    """The seeded database that app and server share."""
    return database.shared_url


@pytest.fixture
def empty_database_url(database: Databases) -> str:
    """A database of this test's own, without tables."""
    return database.empty()


@pytest.fixture(scope="session")
def settings(database: Databases, database_url: str) -> Settings:
    """Settings of app and server; a rate limit that no test reaches by accident."""
    return settings_for(database_url, database.directory)


@pytest.fixture(scope="session")
def app(settings: Settings, kept: Kept) -> Flask:
    app = kept.enter(("app", settings.database_url), lambda: _created_app(settings))
    open_queue(settings)  # a process has one queue, that of the database in use
    return app


@contextmanager
def _created_app(settings: Settings) -> Iterator[Flask]:
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
        open_queue(settings)  # a process has one queue, that of the app created last


def close(app: Flask) -> None:
    """What its log of requests holds is written before, or its thread would connect again."""
    with app.app_context():
        REQUEST_LOG.get().flush()
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
def server(settings: Settings, kept: Kept) -> Server:
    """The real server with two workers, on the database of `app`."""
    return kept.enter(("server", settings.database_url), lambda: running_server(_at_free_port(settings)))


@pytest.fixture(scope="session")
def strict_server(settings: Settings, kept: Kept) -> Server:
    """The same, which accepts a refresh token only once."""
    key = "strict server", settings.database_url
    return kept.enter(key, lambda: running_server(_at_free_port(settings), CALMBOARD_REFRESH_GRACE_S="0"))


def _at_free_port(settings: Settings) -> Settings:
    port = free_port()
    return replace(settings, port=port, origin=f"http://127.0.0.1:{port}")


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate and its key, for this machine and for a host name."""
    directory = tmp_path_factory.mktemp("certificate")
    key, certificate = directory / "key.pem", directory / "certificate.pem"
    command = [find_program("openssl", "openssl"), "req", "-x509", "-nodes", "-days", "1", "-subj", "/CN=other-server"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1,DNS:rebinding.example", "-newkey", "ec"]
    command += ["-pkeyopt", "ec_paramgen_curve:prime256v1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    return certificate, key


@pytest.fixture(scope="session")
def html_checker(kept: Kept) -> HtmlChecker:
    return kept.enter(("html checker", ""), running_html_checker)


@pytest.fixture(scope="session")
def searches(pytestconfig: pytest.Config) -> list[list[str]]:
    """The options of each run of schemathesis: always the same examples, or with --deep many more."""
    seeds, examples = (range(1, 6), 100) if pytestconfig.getoption("--deep") else (range(1, 2), 15)
    return [[f"--seed={seed}", f"--max-examples={examples}"] for seed in seeds]


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_redis(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture(scope="session")
def redis_by_tls_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_redis_by_tls(tmp_path_factory.mktemp("rediss")) as url:
        yield url


@pytest.fixture(scope="session")
def valkey_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_valkey(tmp_path_factory.mktemp("valkey")) as url:
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
