"""What is enqueued is done by the worker, on each store, and nothing secret is stored there meanwhile."""

import pickle
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, text

from calmboard.access.credentials.passwords import reset_password, verify
from calmboard.access.credentials.sessions import IDLE
from calmboard.clock import now
from calmboard.db import db
from calmboard.errors import NotFound, Unavailable
from calmboard.models import UserSession
from calmboard.operations.jobs import wake_mailers
from calmboard.queue import beat, do_jobs_wait, is_worker_alive, open_queue, queue
from calmboard.settings import SETTINGS, Settings
from calmboard.work.people import request_password_reset
from tests.support.servers.databases import Databases
from tests.support.servers.postgres import postgres_url
from tests.support.servers.programs import free_port, wait_until
from tests.support.servers.server import environment_of, started
from tests.support.users import TestUser, add_user

LINK = re.compile(r"http://127\.0\.0\.1:8000/reset-password/(\S+)")

MakeApp = Callable[..., Flask]


@pytest.fixture(autouse=True)
def _queue_of_the_shared_app(settings: Settings) -> Iterator[None]:
    """A process has one queue, that of the app made last; give it back."""
    yield
    open_queue(settings)


@pytest.fixture(params=["sqlite", "redis", "redis_by_tls", "valkey", "postgresql"])
def queue_url(request: pytest.FixtureRequest, run_dir: Path) -> str | None:
    if request.param == "postgresql":
        return postgres_url(run_dir, "postgres")
    return None if request.param == "sqlite" else request.getfixturevalue(f"{request.param}_url")


@pytest.mark.processes
@pytest.mark.database("sqlite")
def test_the_worker_mails_a_link_that_sets_a_new_password_once(
    make_app: MakeApp, database: Databases, queue_url: str | None, tmp_path: Path
) -> None:
    app = make_app(queue_url=queue_url, database_url=database.seeded())
    person = add_user(app)
    with running_worker(app) as worker:
        with app.app_context():
            request_password_reset(person.email)
            wake_mailers()
        wait_until(lambda: bool(messages(tmp_path)), "The worker")
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(10) == 0
    (message,) = messages(tmp_path)
    token = LINK.findall(message)[0]
    assert f"To: {person.email}" in message
    assert f"Hello {person.person.name}," in message
    with app.app_context():
        reset_password(token, "a quite different one")
        assert verify(person.email, "a quite different one")
        with pytest.raises(NotFound):
            reset_password(token, "and another one again")


@pytest.mark.processes
@pytest.mark.database("sqlite")
def test_the_worker_takes_in_the_texts_that_wait_to_be_searched(make_app: MakeApp, database: Databases) -> None:
    app = make_app(database_url=database.seeded())
    assert count_waiting_texts(app) > 0
    with running_worker(app):
        wait_until(lambda: count_waiting_texts(app) == 0, "The worker")


def test_work_that_others_planted_is_not_even_unpacked(make_app: MakeApp) -> None:
    make_app()
    queue.storage.enqueue(pickle.dumps(["anything"]))
    with pytest.raises(ValueError, match=r"[Ss]ignature|[Ss]eparator"):
        queue.dequeue()


@pytest.mark.parametrize("scheme", ["redis", "postgresql"])
def test_a_queue_that_does_not_answer_is_said_and_the_app_starts_still(make_app: MakeApp, scheme: str) -> None:
    app = make_app(queue_url=f"{scheme}://127.0.0.1:{free_port()}/0")
    with app.app_context(), pytest.raises(Unavailable):
        is_worker_alive()
    answer = app.test_client().get("/readyz")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


@pytest.mark.database("sqlite")
def test_a_worker_that_is_not_heard_of_is_said(make_app: MakeApp, queue_url: str | None, owner: TestUser) -> None:
    client, browser = (app := make_app(queue_url=queue_url)).test_client(), replace(owner, app=app).sign_in()
    silent = str((now() - timedelta(seconds=61)).timestamp()).encode()
    for heard, says_so in ((None, True), (silent, True), (beat, False)):
        _set_heartbeat(heard)
        assert do_jobs_wait() is says_so
        answer = client.get("/readyz")
        assert (answer.status_code, "mails wait" in answer.text) == ((503, True) if says_so else (200, False))
        assert ("E-mails wait at the moment." in browser.get("/integrations").text) is says_so
        assert client.get("/healthz").status_code == 200


def test_a_queue_that_did_not_answer_is_not_asked_again_at_each_page(make_app: MakeApp) -> None:
    """A store that takes connections and says nothing costs its timeout once."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        make_app(queue_url=f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
        queue.storage.pool.connection_kwargs |= {"socket_timeout": 0.1}
        assert do_jobs_wait()
        assert _count_connections(silent) > 0
        assert do_jobs_wait()
        assert _count_connections(silent) == 0
    make_app()
    beat()
    assert not do_jobs_wait()


def _count_connections(server: socket.socket) -> int:
    """How many clients connected since it was last counted."""
    server.setblocking(False)
    number = 0
    with suppress(BlockingIOError):
        while True:
            server.accept()[0].close()
            number += 1
    return number


def count_waiting_texts(app: Flask) -> int:
    with app.app_context():
        number: int = db.session.execute(text("SELECT count(*) FROM search_waiting")).scalar_one()
        db.session.rollback()
    return number


def _set_heartbeat(heard: bytes | Callable[[], None] | None) -> None:
    queue.storage.pop_data("heartbeat")
    if isinstance(heard, bytes):
        queue.storage.put_data("heartbeat", heard)
    elif heard is not None:
        heard()


def test_sessions_that_ran_out_are_dropped_once_an_hour(make_app: MakeApp, new_user: Callable[..., TestUser]) -> None:
    app, user_id = make_app(), new_user().person.id
    ages = (IDLE + timedelta(hours=1), timedelta(hours=1))
    with app.app_context():
        seen = [UserSession(user_id=user_id, digest=bytes([n] * 32), last_seen_at=now() - age) for n, age in enumerate(ages)]
        db.session.add_all(seen)
        db.session.commit()
    hour = [now().replace(hour=12) + timedelta(minutes=minute) for minute in range(60)]
    due = [task for moment in hour for task in queue.read_periodic(moment)]
    assert [task.name for task in due].count("delete_expired_sessions") == 1
    queue.app = app
    for task in due:
        queue.execute(task)
    with app.app_context():
        left = db.session.execute(select(UserSession.digest).where(UserSession.user_id == user_id)).scalars().all()
    assert left == [bytes([1] * 32)]


@contextmanager
def running_worker(app: Flask) -> Iterator[subprocess.Popen[bytes]]:
    settings = SETTINGS.get(app)
    environment = environment_of(settings) | {"CALMBOARD_QUEUE_URL": settings.queue_url or ""}
    environment |= {"CALMBOARD_SMTP_URL": settings.smtp_url} if settings.smtp_url else {}
    with started([sys.executable, "worker.py"], environment, subprocess.DEVNULL) as worker:
        yield worker


def messages(instance_dir: Path) -> list[str]:
    """What was mailed, oldest first."""
    return [path.read_text() for path in sorted((instance_dir / "mail").glob("*.eml"))]
