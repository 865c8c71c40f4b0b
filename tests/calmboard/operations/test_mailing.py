"""Messages are sent at least once, and at most twice where the worker is killed; nothing secret waits with them."""

import re
import signal
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import flask_migrate
import pytest
from flask import Flask
from sqlalchemy import select, text, update

from calmboard.access.credentials.passwords import reset_password
from calmboard.clock import now
from calmboard.db import db
from calmboard.errors import NotFound
from calmboard.events.outbox import take_message
from calmboard.models import OutboxMessage
from calmboard.operations.mailing import send_next_message
from calmboard.work.people import request_password_reset
from tests.calmboard.operations.test_worker import messages, running_worker
from tests.calmboard.smtp_server import running_smtp_server
from tests.portal.forms import send
from tests.support.servers.databases import Databases
from tests.support.servers.programs import free_port, wait_until
from tests.support.users import TestUser, add_project_and_board, add_user

LINK = re.compile(r"http://127\.0\.0\.1:8000/reset-password/(\S+)")

MakeApp = Callable[..., Flask]


@pytest.fixture
def make_mail_app(make_app: MakeApp, database: Databases) -> MakeApp:
    """Create an app with a database of its own, whose outbox no other test fills."""
    return lambda **changes: make_app(database_url=database.seeded(), **changes)


@pytest.mark.slow
def test_nobody_is_mailed_for_an_unknown_address_and_the_answer_is_the_same(make_mail_app: MakeApp, tmp_path: Path) -> None:
    app = make_mail_app()
    client, person = app.test_client(), add_user(app)
    pages = []
    for email in ("nobody@calmboard.test", person.email):
        pages.append(send(client, "/forgot-password", "/forgot-password", email=email).text.replace(email, ""))
        assert [message.recipient for message in waiting(app)] == [email]
        send_all(app)
    assert len(messages(tmp_path)) == 1
    assert pages[0] == pages[1]
    assert waiting(app) == []


def test_what_waits_holds_the_address_and_no_token(make_mail_app: MakeApp, tmp_path: Path) -> None:
    app = make_mail_app()
    person = add_user(app)
    request(app, person)
    (message,) = waiting(app)
    send_all(app)
    (token,) = LINK.findall(messages(tmp_path)[0])
    assert message.recipient == person.email
    assert token not in str(vars(message))


@pytest.mark.slow
def test_a_busy_mail_server_is_tried_again_later(make_mail_app: MakeApp) -> None:
    with running_smtp_server(busy=2) as server:
        app = make_mail_app(smtp_url=f"smtp://127.0.0.1:{server.port}")
        person = add_user(app)
        request(app, person)
        for delay in (timedelta(seconds=10), timedelta(seconds=30)):
            asked_at = now()
            send_all(app)
            (message,) = waiting(app)
            assert asked_at + delay <= message.next_attempt_at <= now() + delay
            pass_time(app)
        send_all(app)
    assert server.recipients == [person.email]
    assert "one hour" in server.text
    assert waiting(app) == []


@pytest.mark.slow
def test_a_message_that_cannot_be_sent_holds_up_no_other_and_is_given_up_in_the_end(make_mail_app: MakeApp) -> None:
    with running_smtp_server(busy=1) as server:
        app = make_mail_app(smtp_url=f"smtp://127.0.0.1:{server.port}")
        first, second = add_user(app), add_user(app)
        request(app, first)
        request(app, second)
        send_all(app)
        assert server.recipients == [second.email]
        server.busy = 99
        for attempt in range(2, 7):
            assert [message.attempts for message in waiting(app)] == [attempt - 1]
            pass_time(app)
            send_all(app)
    assert waiting(app) == []


def test_a_newer_link_ends_the_older_one(make_mail_app: MakeApp, tmp_path: Path) -> None:
    app = make_mail_app()
    person = add_user(app)
    for _ in range(2):
        request(app, person)
        send_all(app)
    older, newer = (LINK.findall(message)[0] for message in messages(tmp_path))
    with app.app_context():
        with pytest.raises(NotFound):
            reset_password(older, "a quite different one")
        reset_password(newer, "a quite different one")


def test_a_queue_that_does_not_answer_delays_a_message_and_fails_no_request(make_mail_app: MakeApp, tmp_path: Path) -> None:
    app = make_mail_app(queue_url=f"redis://127.0.0.1:{free_port()}/0")
    person = add_user(app)
    assert send(app.test_client(), "/forgot-password", "/forgot-password", email=person.email).status_code == 200
    path = f"/projects/{add_project_and_board(app, person).project_id}/invitations"
    assert person.api.post(path, json={"email": "kai@harbour.example"}).status_code == 201
    send_all(app)
    assert [re.findall("To: (.*)", message) for message in messages(tmp_path)] == [[person.email], ["kai@harbour.example"]]


def test_what_is_refused_or_withdrawn_sends_nothing(make_mail_app: MakeApp, tmp_path: Path) -> None:
    app = make_mail_app()
    person = add_user(app)
    path = f"/projects/{add_project_and_board(app, person).project_id}/invitations"
    assert person.api.post(path, json={"email": person.email}).status_code == 409
    assert waiting(app) == []
    invitation = person.api.post(path, json={"email": "kai@harbour.example"}).json
    assert person.api.delete(f"/invitations/{invitation['id']}").status_code == 204
    send_all(app)
    assert messages(tmp_path) == []
    assert waiting(app) == []


def test_of_two_workers_one_takes_a_message(make_mail_app: MakeApp) -> None:
    app = make_mail_app()
    request(app, add_user(app))
    with app.app_context():
        assert take_message() is not None
        assert take_message() is None


def test_what_waits_outlives_an_upgrade_and_the_way_back(make_app: MakeApp, empty_database_url: str) -> None:
    app = make_app(database_url=empty_database_url)
    columns = "id, kind, recipient, attempts, created_at, next_attempt_at"
    values = "'msg_1', 'invitation', 'Kai@harbour.example', 2, '2026-01-01 00:00:00+00:00', '2026-01-01 00:00:00+00:00'"
    with app.app_context():
        flask_migrate.upgrade(revision="0014")
        db.session.execute(text(f"INSERT INTO outbox_messages ({columns}) VALUES ({values})"))
        db.session.commit()
        flask_migrate.upgrade()
        assert [(message.mailbox, message.attempts) for message in waiting(app)] == [("kai@harbour.example", 2)]
        flask_migrate.downgrade(revision="0014")
        assert db.session.execute(text("SELECT recipient FROM outbox_messages")).scalars().all() == ["Kai@harbour.example"]


@pytest.mark.processes
@pytest.mark.parametrize(("held_at", "sent"), [pytest.param("RCPT", 1, marks=pytest.mark.deep), ("DATA", 2)])
def test_a_message_outlives_a_worker_that_is_killed(make_mail_app: MakeApp, held_at: str, sent: int) -> None:
    """Once the server has it all and nobody saw it say so, it is sent again."""
    with running_smtp_server(held_at=held_at) as server:
        app = make_mail_app(smtp_url=f"smtp://127.0.0.1:{server.port}")
        person = add_user(app)
        request(app, person)
        with running_worker(app) as worker:
            wait_until(server.is_holding.is_set, "The worker")
            worker.send_signal(signal.SIGKILL)
            worker.wait()
        server.may_answer.set()
        assert [message.recipient for message in waiting(app)] == [person.email]
        pass_time(app)
        with running_worker(app):
            wait_until(lambda: waiting(app) == [], "The worker")
    assert [message["To"] for message in server.messages] == [person.email] * sent


@pytest.mark.deep
@pytest.mark.processes
def test_a_worker_keeps_a_message_however_long_the_server_takes(make_mail_app: MakeApp) -> None:
    with running_smtp_server(held_at="DATA") as server:
        app = make_mail_app(smtp_url=f"smtp://127.0.0.1:{server.port}")
        request(app, add_user(app))
        with running_worker(app):
            wait_until(server.is_holding.is_set, "The worker")
            first = lease_end(app)
            wait_until(lambda: lease_end(app) > first, "The lease")


def request(app: Flask, person: TestUser) -> None:
    with app.app_context():
        request_password_reset(person.email)


def send_all(app: Flask) -> None:
    """What the worker does once it looks."""
    with app.app_context():
        while send_next_message():
            pass


def waiting(app: Flask) -> list[OutboxMessage]:
    with app.app_context():
        unsent = select(OutboxMessage).where(OutboxMessage.ended_at.is_(None)).order_by(OutboxMessage.id)
        return list(db.session.execute(unsent).scalars())


def pass_time(app: Flask) -> None:
    """Let leases and delays run out."""
    past: dict[str, Any] = {"next_attempt_at": now() - timedelta(seconds=1), "leased_until": None}
    with app.app_context():
        db.session.execute(update(OutboxMessage).values(**past))
        db.session.commit()


def lease_end(app: Flask) -> datetime:
    (message,) = waiting(app)
    assert message.leased_until
    return message.leased_until
