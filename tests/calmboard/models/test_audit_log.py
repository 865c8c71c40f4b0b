"""The audit log only grows: the database itself refuses to change it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from calmboard.clock import now
from calmboard.db import db
from calmboard.ids import new_id
from calmboard.models import AuditEntry

AddEntry = Callable[[int], str]


@pytest.fixture
def add_entry(app: Flask) -> AddEntry:
    """Add an entry of so many days ago; returns its id."""

    def add(days: int) -> str:
        entry = AuditEntry(
            id=new_id("aud"), at=now() - timedelta(days=days), action="key.created", subject_kind="key", subject_id="key_x"
        )
        entry.source, entry.details = "system", {}
        entry_id = entry.id
        with app.app_context():
            db.session.add(entry)
            db.session.commit()
        return entry_id

    return add


def run(app: Flask, statement: str, entry_id: str) -> None:
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text(statement), {"id": entry_id})


def action_of(app: Flask, entry_id: str) -> str | None:
    with app.app_context():
        entry = db.session.get(AuditEntry, entry_id)
        return entry.action if entry else None


@pytest.mark.parametrize("days", [0, 399, 500])
@pytest.mark.parametrize("column", ["action", "at", "details"])
def test_the_database_refuses_to_change_an_entry(app: Flask, add_entry: AddEntry, column: str, days: int) -> None:
    entry_id = add_entry(days)
    with pytest.raises(DBAPIError, match="The audit log only grows"):
        run(app, f"UPDATE audit_log SET {column} = {column} WHERE id = :id", entry_id)


@pytest.mark.parametrize("days", [0, 399, 401])
def test_the_database_lets_nobody_but_retention_remove_an_entry(app: Flask, add_entry: AddEntry, days: int) -> None:
    entry_id = add_entry(days)
    with pytest.raises(DBAPIError, match="The audit log only grows"):
        run(app, "DELETE FROM audit_log WHERE id = :id", entry_id)
    assert action_of(app, entry_id) == "key.created"


@pytest.mark.database("sqlite")
def test_an_entry_is_not_replaced_by_another(app: Flask, add_entry: AddEntry) -> None:
    entry_id = add_entry(0)
    columns = "id, at, action, subject_kind, subject_id, source, details"
    with pytest.raises(DBAPIError, match="The audit log only grows"):
        run(app, f"INSERT OR REPLACE INTO audit_log ({columns}) VALUES (:id, 1, 'x', 'x', 'x', 'system', '{{}}')", entry_id)
    assert action_of(app, entry_id) == "key.created"


@pytest.mark.database("postgresql")
def test_the_log_is_not_emptied_at_once(app: Flask, add_entry: AddEntry) -> None:
    entry_id = add_entry(500)
    with pytest.raises(DBAPIError, match="The audit log only grows"):
        run(app, "TRUNCATE audit_log", entry_id)
    assert action_of(app, entry_id) == "key.created"
