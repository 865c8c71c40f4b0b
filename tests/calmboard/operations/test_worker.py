"""What is enqueued is done by the worker, on each store, and nothing secret is stored there meanwhile."""

import pickle
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from calmboard.access.credentials.passwords import reset_password, verify
from calmboard.access.credentials.sessions import IDLE
from calmboard.clock import now
from calmboard.db import db
from calmboard.errors import NotFound, Unavailable
from calmboard.models import UserSession
from calmboard.operations.jobs import mail_reset_link
from calmboard.queue import beat, do_jobs_wait, is_worker_alive, open_queue, queue
from calmboard.settings import SETTINGS, Settings
from tests.calmboard.smtp_server import running_smtp_server
from tests.support.servers.postgres import postgres_url
from tests.support.servers.programs import free_port, wait_until
from tests.support.servers.server import environment_of, started
from tests.support.users import TestUser

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
    make_app: MakeApp, new_user: Callable[..., TestUser], queue_url: str | None, tmp_path: Path
) -> None:
    app, person = make_app(queue_url=queue_url), new_user()
    with running_worker(app) as worker:
        with app.app_context():
            mail_reset_link(person.email)
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


def test_nobody_is_mailed_for_an_unknown_address(make_app: MakeApp, tmp_path: Path) -> None:
    app = make_app()
    enqueue_and_run(app, "nobody@calmboard.test")
    assert messages(tmp_path) == []


def test_what_waits_holds_the_address_and_no_token(make_app: MakeApp, new_user: Callable[..., TestUser], tmp_path: Path) -> None:
    app, person = make_app(), new_user()
    with app.app_context():
        mail_reset_link(person.email)
    (queued,) = queue.storage.enqueued_items()
    run_next(app)
    (token,) = LINK.findall(messages(tmp_path)[0])
    assert person.email.encode() in bytes(queued)
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("queue.db*"))
    assert token.encode() not in bytes(queued) + stored


@pytest.mark.slow
def test_a_busy_mail_server_is_tried_again_later(make_app: MakeApp, new_user: Callable[..., TestUser]) -> None:
    person = new_user()
    with running_smtp_server(busy=2) as server:
        app = make_app(smtp_url=f"smtp://127.0.0.1:{server.port}")
        enqueue_and_run(app, person.email)
        assert run_scheduled(app, in_s=9) == 0
        assert run_scheduled(app, in_s=11) == 1
        assert run_scheduled(app, in_s=35) == 1
    assert server.recipients == [person.email]
    assert LINK.search(server.text)
    assert "one hour" in server.text


def test_a_newer_link_ends_the_older_one(make_app: MakeApp, new_user: Callable[..., TestUser], tmp_path: Path) -> None:
    app, person = make_app(), new_user()
    for _ in range(2):
        enqueue_and_run(app, person.email)
    older, newer = (LINK.findall(message)[0] for message in messages(tmp_path))
    with app.app_context():
        with pytest.raises(NotFound):
            reset_password(older, "a quite different one")
        reset_password(newer, "a quite different one")


def test_work_that_others_planted_is_not_even_unpacked(make_app: MakeApp) -> None:
    make_app()
    queue.storage.enqueue(pickle.dumps(["anything"]))
    with pytest.raises(ValueError, match=r"[Ss]ignature|[Ss]eparator"):
        queue.dequeue()


@pytest.mark.parametrize("scheme", ["redis", "postgresql"])
def test_a_queue_that_does_not_answer_is_said_and_the_app_starts_still(make_app: MakeApp, scheme: str) -> None:
    app = make_app(queue_url=f"{scheme}://127.0.0.1:{free_port()}/0")
    with app.app_context():
        with pytest.raises(Unavailable):
            is_worker_alive()
        with pytest.raises(Unavailable):
            mail_reset_link("ana@calmboard.test")
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
        assert ("Mails wait at the moment." in browser.get("/integrations").text) is says_so
        assert client.get("/healthz").status_code == 200


def _set_heartbeat(heard: bytes | Callable[[], None] | None) -> None:
    queue.storage.pop_data("heartbeat")
    if isinstance(heard, bytes):
        queue.storage.put_data("heartbeat", heard)
    elif heard is not None:
        heard()


def test_sessions_that_ran_out_are_dropped_once_a_day(make_app: MakeApp, new_user: Callable[..., TestUser]) -> None:
    app, user_id = make_app(), new_user().person.id
    ages = (IDLE + timedelta(hours=1), timedelta(hours=1))
    with app.app_context():
        seen = [UserSession(user_id=user_id, digest=bytes([n] * 32), last_seen_at=now() - age) for n, age in enumerate(ages)]
        db.session.add_all(seen)
        db.session.commit()
    day = [now() + timedelta(minutes=minute) for minute in range(24 * 60)]
    due = [task for moment in day for task in queue.read_periodic(moment)]
    assert len({task.name for task in due}) == len(due)
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
    with started([sys.executable, "worker.py"], environment, subprocess.DEVNULL) as worker:
        yield worker


def enqueue_and_run(app: Flask, email: str) -> None:
    """Request a link, and do what the worker does next."""
    with app.app_context():
        mail_reset_link(email)
    run_next(app)


def run_next(app: Flask) -> None:
    queue.app = app
    queue.execute(queue.dequeue())


def run_scheduled(app: Flask, in_s: int) -> int:
    """Do what the worker does so many seconds from now; returns how many jobs were due."""
    queue.app = app
    at = datetime.now(UTC).replace(tzinfo=None) + timedelta(seconds=in_s)
    due = queue.read_schedule(at)
    for task in due:
        queue.execute(task, at)
    return len(due)


def messages(instance_dir: Path) -> list[str]:
    """What was mailed, oldest first."""
    return [path.read_text() for path in sorted((instance_dir / "mail").glob("*.eml"))]
