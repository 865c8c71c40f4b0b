"""The audit log, as tests read it."""

import re
from typing import Any

from flask import Flask
from sqlalchemy import Row, select

from calmboard.db import db
from calmboard.models import AuditEntry

_SECRET = re.compile(r"cb[ckmors]_[0-9A-Za-z]{36}")


def audit_entries(app: Flask, **values: str) -> list[Row[Any]]:
    """The entries with these values, such as `user_id=…`, oldest first; none of them may hold a secret."""
    with app.app_context():
        statement = select(*AuditEntry.__table__.columns).filter_by(**values).order_by(AuditEntry.id)
        entries = list(db.session.execute(statement).all())
    assert not _SECRET.search(str(entries))
    return entries


def audited_actions(app: Flask, **values: str) -> list[str]:
    return [entry.action for entry in audit_entries(app, **values)]
