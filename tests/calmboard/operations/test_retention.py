"""What the worker removes for its age."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, insert, select
from sqlalchemy.exc import DBAPIError

from calmboard.clock import now
from calmboard.db import db
from calmboard.engines import retention_role
from calmboard.ids import new_id
from calmboard.models import AuditEntry
from calmboard.queue import queue


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
    queue.app = app
    for task in queue.read_periodic(now().replace(hour=3, minute=37)):
        queue.execute(task)
    assert ages_in_days(app, subject_id) == [0, 399, 400]


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
