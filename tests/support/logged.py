"""Calls of the log as if they had come at some time before."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert

from calmboard import ids
from calmboard.access.plans import PLANS
from calmboard.clock import now
from calmboard.db import db
from calmboard.models import LoggedCall
from tests.support.users import TestUser


def add_call(person: TestUser, credential_id: str, at: datetime | None = None, **changes: Any) -> str:
    """A call of GET /me that was answered ten seconds ago, unless the changes say otherwise; returns its id."""
    at = at or now() - timedelta(seconds=10)
    call_id = ids.id_at("req", at)
    call = {
        "kept_days": PLANS[person.person.plan].log_days,
        "id": call_id,
        "at": at,
        "user_id": person.person.id,
        "credential_id": credential_id,
        "method": "GET",
        "route": "/api/v1/me",
        "status": 200,
        "duration_us": 6200,
        "network": "203.0.113.24",
        "user_agent": "stand-up/2.1",
        "request_id": call_id,
    }
    with person.app.app_context():
        db.session.execute(insert(LoggedCall).values(**{**call, **changes}))
        db.session.commit()
    return call_id
