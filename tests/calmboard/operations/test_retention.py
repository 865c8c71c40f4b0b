"""What the worker removes for its age."""

import io
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import DBAPIError

from calmboard.access.credentials.session_tokens import create_session_token, open_token_session
from calmboard.access.credentials.sessions import find_session, open_session
from calmboard.clock import now
from calmboard.db import Base, db
from calmboard.engines import retention_role
from calmboard.ids import new_id
from calmboard.models import (
    Activity,
    ApiKey,
    AuditEntry,
    Invitation,
    KeyNetwork,
    OutboxMessage,
    SecondFactor,
    SessionToken,
    UserSession,
)
from calmboard.queue import queue
from calmboard.settings import SETTINGS, Settings
from tests.support.users import TestUser, add_project_and_board

NewUser = Callable[..., TestUser]


def add_entries(app: Flask, subject_id: str, count: int, days: int) -> None:
    entry = {"action": "key.created", "subject_kind": "key", "subject_id": subject_id, "source": "system", "details": {}}
    at = now() - timedelta(days=days)
    with app.app_context():
        db.session.execute(insert(AuditEntry), [{"id": new_id("aud"), "at": at, **entry} for _ in range(count)])
        db.session.commit()


def ages_in_days(app: Flask, subject_id: str) -> list[int]:
    with app.app_context():
        times = db.session.execute(select(AuditEntry.at).where(AuditEntry.subject_id == subject_id)).scalars()
        return sorted((now() - at).days for at in times)


def test_the_audit_log_is_kept_400_days(app: Flask) -> None:
    subject_id = new_id("key")
    add_entries(app, subject_id, count=2100, days=401)
    for days in (0, 399, 400):
        add_entries(app, subject_id, count=1, days=days)
    run_jobs_of(app, now().replace(hour=3, minute=37))
    assert ages_in_days(app, subject_id) == [0, 399, 400]


def run_jobs_of(app: Flask, at: datetime) -> None:
    queue.app = app
    for task in queue.read_periodic(at):
        queue.execute(task)


def run_nightly_jobs(app: Flask) -> None:
    for minute in (32, 42, 47, 52, 57):
        run_jobs_of(app, now().replace(hour=3, minute=minute))


def exists(app: Flask, table: type[Base], row_id: str) -> bool:
    with app.app_context():
        return db.session.get(table, row_id) is not None


@pytest.mark.parametrize(("days", "stays"), [(399, True), (401, False)])
def test_what_happened_is_kept_400_days(app: Flask, owner: TestUser, days: int, stays: bool) -> None:
    at, project_id = now() - timedelta(days=days), owner.example_project().project_id
    rows = [new_activity(project_id, at) for _ in range(1 if stays else 2100)]
    with app.app_context():
        db.session.execute(insert(Activity), rows)
        db.session.commit()
    run_nightly_jobs(app)
    with app.app_context():
        left = db.session.execute(select(Activity.id).where(Activity.id.in_([row["id"] for row in rows]))).all()
    assert len(left) == (len(rows) if stays else 0)


def test_the_operator_decides_how_long(make_app: Callable[..., Flask], settings: Settings, owner: TestUser) -> None:
    app, project_id = make_app(kept=replace(settings.kept, activity_days=7)), owner.example_project().project_id
    older, newer = (new_activity(project_id, now() - timedelta(days=days)) for days in (8, 6))
    with app.app_context():
        db.session.execute(insert(Activity), [older, newer])
        db.session.execute(delete(Activity).where(Activity.at < now() - timedelta(days=7), Activity.id != older["id"]))
        db.session.commit()
    run_nightly_jobs(app)
    assert (exists(app, Activity, older["id"]), exists(app, Activity, newer["id"])) == (False, True)


def new_activity(project_id: str, at: datetime) -> dict[str, Any]:
    row_id = new_id("act")
    return {"id": row_id, "project_id": project_id, "subject_id": row_id, "what": "x", "changes": {}, "source": "key", "at": at}


@pytest.mark.parametrize(("days", "stays"), [(36, True), (38, False)])
def test_an_invitation_goes_a_month_after_its_link(app: Flask, new_user: NewUser, days: int, stays: bool) -> None:
    person = new_user()
    project = add_project_and_board(app, person)
    sent = {"email": f"{new_id('usr')}@harbour.example", "role": "member"}
    invitation_id = person.api.post(f"/projects/{project.project_id}/invitations", json=sent).json["id"]
    with app.app_context():
        ends_at = now() + timedelta(days=7 - days)
        db.session.execute(update(Invitation).where(Invitation.id == invitation_id).values(expires_at=ends_at))
        db.session.commit()
    run_nightly_jobs(app)
    assert exists(app, Invitation, invitation_id) == stays


@pytest.mark.parametrize("column", ["revoked_at", "expires_at"])
@pytest.mark.parametrize(("days", "stays"), [(399, True), (401, False)])
def test_a_dead_key_is_listed_400_days(app: Flask, new_user: NewUser, column: str, days: int, stays: bool) -> None:
    person = new_user()
    key_id = add_keys(app, person, {column: now() - timedelta(days=days)})[0]
    run_nightly_jobs(app)
    assert exists(app, ApiKey, key_id) == stays


def test_of_many_revoked_keys_the_last_500_stay_and_all_that_live(app: Flask, new_user: NewUser) -> None:
    person, other = new_user(), new_user()
    living = add_keys(app, person, {}, {"expires_at": now() - timedelta(days=1)})
    revoked = add_keys(app, person, *({"revoked_at": now() - timedelta(minutes=minute)} for minute in range(502)))
    theirs = add_keys(app, other, *({"revoked_at": now() - timedelta(days=9)} for _ in range(2)))
    run_nightly_jobs(app)
    with app.app_context():
        left = set(db.session.execute(select(ApiKey.id).where(ApiKey.user_id.in_([person.person.id, other.person.id]))).scalars())
    assert left == {*living, *revoked[:500], *theirs}


def add_keys(app: Flask, person: TestUser, *keys: dict[str, Any]) -> list[str]:
    rest = {"integration": "workflow", "last4": "0000", "scopes": "tasks:read"}
    optional = {"revoked_at": None, "expires_at": None, "user_id": person.person.id}
    rows = [{"id": new_id("key"), "digest": os.urandom(32), **rest, **optional, **key} for key in keys]
    with app.app_context():
        db.session.execute(insert(ApiKey), [{"name": row["id"], **row} for row in rows])
        db.session.commit()
    return [str(row["id"]) for row in rows]


def test_a_network_goes_400_days_after_its_last_use_and_with_its_key(app: Flask, new_user: NewUser) -> None:
    stays, gone = add_keys(app, new_user(), {}, {"revoked_at": now() - timedelta(days=401)})
    ages = {"203.0.113.0/24": 399, "198.51.100.0/24": 401}
    with app.app_context():
        for network, days in ages.items():
            times = {"first_at": now() - timedelta(days=500), "last_at": now() - timedelta(days=days)}
            db.session.execute(insert(KeyNetwork), [{"key_id": key_id, "network": network, **times} for key_id in (stays, gone)])
        db.session.commit()
    run_nightly_jobs(app)
    with app.app_context():
        found = select(KeyNetwork.key_id, KeyNetwork.network).where(KeyNetwork.key_id.in_([stays, gone]))
        assert [tuple(row) for row in db.session.execute(found)] == [(stays, "203.0.113.0/24")]


def test_a_session_token_goes_within_the_hour_and_its_session_with_it(app: Flask, new_user: NewUser) -> None:
    person = new_user()
    with app.app_context():
        open_token_session(person.person, None, None)
        ends = db.session.execute(select(UserSession.id).where(UserSession.user_id == person.person.id)).scalar_one()
        browser = open_session(person.person, None, None)
        found = find_session(browser)
        assert found
        stays = found.id
        create_session_token(person.access, stays)
        past = now() - timedelta(minutes=1)
        db.session.execute(update(SessionToken).where(SessionToken.session_id.in_([ends, stays])).values(expires_at=past))
        db.session.execute(update(UserSession).where(UserSession.id == ends).values(expires_at=past))
        db.session.commit()
    run_jobs_of(app, now().replace(minute=7))
    with app.app_context():
        tokens = db.session.execute(select(SessionToken).where(SessionToken.session_id.in_([ends, stays]))).all()
        assert (tokens, find_session(browser) is not None) == ([], True)
    assert not exists(app, UserSession, ends)


@pytest.mark.parametrize(("hours", "stays"), [(23, True), (25, False)])
def test_a_second_factor_that_nobody_confirmed_goes_after_a_day(app: Flask, new_user: NewUser, hours: int, stays: bool) -> None:
    user_ids = [new_user().person.id for _ in range(2)]
    values = {"ciphertext": b"secret", "created_at": now() - timedelta(hours=hours)}
    with app.app_context():
        for user_id, confirmed_at in zip(user_ids, (None, now()), strict=True):
            db.session.add(SecondFactor(user_id=user_id, confirmed_at=confirmed_at, **values))
        db.session.commit()
    run_jobs_of(app, now().replace(minute=9))
    with app.app_context():
        left = db.session.execute(select(SecondFactor.user_id).where(SecondFactor.user_id.in_(user_ids))).scalars().all()
    assert sorted(left) == sorted(user_ids if stays else user_ids[1:])


def test_files_of_a_deleted_project_go_within_an_hour(app: Flask, new_user: NewUser) -> None:
    person = new_user()
    project = add_project_and_board(app, person)
    task = person.api.post(f"/boards/{project.board_id}/tasks", json={"title": "Measure the mirror"}).json["id"]
    form = {"file": (io.BytesIO(b"Measured twice."), "note.txt")}
    file_id = person.api.post(f"/tasks/{task}/attachments", data=form).json["id"]
    path = SETTINGS.get(app).files_dir / file_id
    os.utime(path, ((now() - timedelta(minutes=11)).timestamp(),) * 2)
    assert person.api.delete(f"/projects/{project.project_id}").status_code == 204
    assert path.exists()
    for minute in range(60):
        run_jobs_of(app, now().replace(hour=12, minute=minute))
    assert not path.exists()


def test_nobody_but_retention_removes_an_entry_however_old(app: Flask) -> None:
    subject_id = new_id("key")
    add_entries(app, subject_id, count=1, days=401)

    with app.app_context(), pytest.raises(DBAPIError, match="The audit log only grows"):
        db.session.execute(delete(AuditEntry).where(AuditEntry.subject_id == subject_id))
    assert ages_in_days(app, subject_id) == [401]


def test_retention_itself_removes_no_entry_before_its_time(app: Flask) -> None:
    subject_id = new_id("key")
    add_entries(app, subject_id, count=1, days=399)

    with app.app_context(), retention_role(db.session.connection()), pytest.raises(DBAPIError, match="The audit log only grows"):
        db.session.execute(delete(AuditEntry).where(AuditEntry.subject_id == subject_id))
    assert ages_in_days(app, subject_id) == [399]


@pytest.mark.parametrize(("hours", "has_ended", "stays"), [(47, True, True), (49, True, False), (49, False, True)])
def test_a_message_that_was_sent_is_counted_for_two_days_and_then_gone(
    app: Flask, hours: int, has_ended: bool, stays: bool
) -> None:
    ended_at = now() if has_ended else None
    sent = OutboxMessage(
        kind="invitation", recipient="kai@harbour.example", created_at=now() - timedelta(hours=hours), ended_at=ended_at
    )
    with app.app_context():
        db.session.add(sent)
        db.session.commit()
        message_id = sent.id
    run_nightly_jobs(app)
    assert exists(app, OutboxMessage, message_id) is stays
