"""How many messages one person sends, and how many one mailbox gets: over all projects, senders and kinds of mail."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, insert, select, update

from calmboard.clock import now
from calmboard.db import db
from calmboard.ids import new_id
from calmboard.models import Invitation, OutboxMessage, User
from calmboard.texts.mailboxes import mailbox_of
from tests.portal.forms import send
from tests.support.users import Answer, TestUser, add_project_and_board

NewUser = Callable[..., TestUser]


@pytest.fixture
def person(new_user: NewUser) -> TestUser:
    """Somebody whose first day is over."""
    return with_age(new_user(), timedelta(days=2))


@pytest.fixture
def stranger() -> str:
    return new_address_of_mail()


def test_a_person_sends_ten_invitations_on_the_first_day_over_all_projects(app: Flask, new_user: NewUser) -> None:
    person = with_age(new_user(), timedelta(hours=23))
    projects = [add_project_and_board(app, person).project_id for _ in range(2)]
    answers = [invite(person, projects[number % 2], new_address_of_mail()) for number in range(11)]
    assert [answer.status_code for answer in answers] == [201] * 10 + [429]
    assert_refused(answers[-1], "on an account's first day", timedelta(hours=1))
    with_age(person, timedelta(hours=25))
    assert invite(person, projects[0], new_address_of_mail()).status_code == 201


@pytest.mark.parametrize(
    ("sent", "ago", "wait", "words"),
    [
        (30, timedelta(minutes=50), timedelta(minutes=10), "You sent 30 invitations within an hour"),
        (100, timedelta(hours=20), timedelta(hours=4), "You sent 100 invitations within a day"),
    ],
)
def test_a_person_sends_so_many_in_a_time(
    app: Flask, person: TestUser, stranger: str, sent: int, ago: timedelta, wait: timedelta, words: str
) -> None:
    project_id = add_project_and_board(app, person).project_id
    add_invitations(app, person, sent, ago)
    answer = invite(person, project_id, stranger)
    assert_refused(answer, words, wait)
    pass_time(app, OutboxMessage.sender_id == person.person.id, timedelta(seconds=int(answer.headers["Retry-After"])))
    assert invite(person, project_id, stranger).status_code == 201


def test_who_has_room_in_one_window_waits_for_the_other(app: Flask, person: TestUser, stranger: str) -> None:
    add_invitations(app, person, 75, timedelta(hours=20))
    add_invitations(app, person, 30, timedelta(minutes=50))
    answer = invite(person, add_project_and_board(app, person).project_id, stranger)
    assert_refused(answer, "within a day", timedelta(hours=4))


def test_an_address_gets_five_invitations_a_day_from_all_people(app: Flask, new_user: NewUser, stranger: str) -> None:
    name, _, domain = stranger.partition("@")
    written = (stranger, stranger.upper(), f"{name}+shop@{domain}", f"{name}+1@{domain}", stranger)
    for address in written:
        person = new_user()
        assert invite(person, add_project_and_board(app, person).project_id, address).status_code == 201
    pass_time(app, OutboxMessage.mailbox == mailbox_of(stranger), timedelta(hours=23))
    person = new_user()
    project_id = add_project_and_board(app, person).project_id
    assert_refused(invite(person, project_id, f"{name}+2@{domain}"), "was sent 5 invitations within a day", timedelta(hours=1))
    assert invite(person, project_id, new_address_of_mail()).status_code == 201


def test_an_address_gets_twenty_messages_a_day_of_all_kinds(
    app: Flask, client: FlaskClient, person: TestUser, stranger: str
) -> None:
    project_id = add_project_and_board(app, person).project_id
    assert invite(person, project_id, stranger).status_code == 201
    add_messages(app, 18, kind="password_reset", recipient=stranger)
    pages = [send(client, "/forgot-password", "/forgot-password", email=stranger) for _ in range(3)]
    assert {(page.status_code, page.text) for page in pages} == {(200, pages[0].text)}
    assert count_messages(app, stranger) == 20
    assert_refused(invite(person, project_id, stranger), "was sent 20 messages within a day", timedelta(days=1))


def test_what_is_refused_changes_nothing(app: Flask, new_user: NewUser, stranger: str) -> None:
    person = new_user()
    project_id = add_project_and_board(app, person).project_id
    invite(person, project_id, stranger)
    add_invitations(app, person, 9, timedelta())
    before = invitations_of(app, project_id)
    assert invite(person, project_id, stranger).status_code == 429
    assert invite(person, project_id, new_address_of_mail()).status_code == 429
    assert invitations_of(app, project_id) == before
    assert count_messages(app, stranger) == 1


def test_many_at_once_are_no_more_than_one_after_another(app: Flask, new_user: NewUser, stranger: str) -> None:
    one = new_user()
    projects = [add_project_and_board(app, one).project_id for _ in range(12)]
    assert at_once([(one, project_id, new_address_of_mail()) for project_id in projects]) == [201] * 10 + [429] * 2
    people = [new_user() for _ in range(8)]
    requests = [(person, add_project_and_board(app, person).project_id, stranger) for person in people]
    assert at_once(requests) == [201] * 5 + [429] * 3


def at_once(requests: list[tuple[TestUser, str, str]]) -> list[int]:
    start = Barrier(len(requests))
    for person, _, _ in requests:
        assert person.key

    def ask(request: tuple[TestUser, str, str]) -> int:
        start.wait()
        return invite(*request).status_code

    with ThreadPoolExecutor(len(requests)) as pool:
        return sorted(pool.map(ask, requests))


def invite(person: TestUser, project_id: str, email: str) -> Answer:
    return person.api.post(f"/projects/{project_id}/invitations", json={"email": email})


def assert_refused(answer: Answer, words: str, wait: timedelta) -> None:
    """Retry-After is that long, but for the minute that the test may take."""
    assert (answer.status_code, answer.json["code"], answer.json["policy"]) == (429, "rate_limit_exceeded", "invitations")
    assert words in answer.json["detail"]
    assert 0 <= wait.total_seconds() - int(answer.headers["Retry-After"]) < 60


def new_address_of_mail() -> str:
    return f"{new_id('usr')}@harbour.example"


def with_age(person: TestUser, age: timedelta) -> TestUser:
    with person.app.app_context():
        db.session.execute(update(User).where(User.id == person.person.id).values(created_at=now() - age))
        db.session.commit()
    return person


def add_invitations(app: Flask, person: TestUser, count: int, ago: timedelta) -> None:
    recipients = [{"recipient": new_address_of_mail()} for _ in range(count)]
    add_messages(app, count, recipients, kind="invitation", sender_id=person.person.id, created_at=now() - ago)


def add_messages(app: Flask, count: int, recipients: list[dict[str, str]] | None = None, **values: object) -> None:
    """Messages that were sent."""
    rows = [{**values, **row, "ended_at": now()} for row in recipients or [{}] * count]
    with app.app_context():
        db.session.execute(insert(OutboxMessage), rows)
        db.session.commit()


def pass_time(app: Flask, of_whom: object, time: timedelta) -> None:
    with app.app_context():
        for message in db.session.execute(select(OutboxMessage).where(of_whom)).scalars():  # type: ignore[arg-type]
            message.created_at -= time
        db.session.commit()


def count_messages(app: Flask, address: str) -> int:
    with app.app_context():
        statement = select(func.count()).where(OutboxMessage.mailbox == mailbox_of(address))
        return db.session.execute(statement).scalar_one()


def invitations_of(app: Flask, project_id: str) -> list[tuple[str, bytes]]:
    with app.app_context():
        rows = db.session.execute(select(Invitation.email, Invitation.digest).where(Invitation.project_id == project_id))
        return [(row.email, row.digest) for row in rows]
