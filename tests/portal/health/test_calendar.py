"""When keys expire, as a calendar: an event for each key, with an alarm a week before."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from calmboard.access.credentials.keys import NewKey, issue_key, revoke_key
from calmboard.clock import now
from calmboard.db import db
from tests.support.users import TestUser

_PATH = "/integrations/keys/expiries.ics"
_NAME = "Ein Schlüssel; mit, allem \\ und einem sehr langen Namen, der gefaltet wird: 日本語"


@pytest.fixture
def person(new_user: Callable[..., TestUser]) -> TestUser:
    return new_user()


def add_key(person: TestUser, name: str, days: int | None) -> str:
    end = None if days is None else now() + timedelta(days=days)
    with person.app.app_context():
        key_id, _ = issue_key(person.person.id, NewKey(name, "workflow", frozenset({"tasks:read"}), expires_at=end))
        db.session.commit()
    return key_id


def test_each_key_that_expires_is_an_event_with_an_alarm(person: TestUser) -> None:
    key_id = add_key(person, _NAME, 30)
    for name, days in (("No end", None), ("Over", -1)):
        add_key(person, name, days)
    revoked = add_key(person, "Revoked", 30)
    with person.app.app_context():
        revoke_key(person.access, revoked)
    answer = person.sign_in().get(_PATH)
    assert answer.content_type == "text/calendar; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    lines = answer.data.split(b"\r\n")
    assert max(map(len, lines)) <= 75
    text = answer.data.replace(b"\r\n ", b"").decode()
    assert text.startswith("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:")
    assert text.endswith("END:VCALENDAR\r\n")
    assert text.count("BEGIN:VEVENT") == text.count("TRIGGER:-P7D") == text.count("END:VEVENT") == 1
    assert f"UID:{key_id}@" in text
    assert f"DTSTART:{now() + timedelta(days=30):%Y%m%d}T" in text
    assert "SUMMARY:“Ein Schlüssel\\; mit\\, allem \\\\ und einem" in text


def test_the_calendar_is_for_its_owner_alone(app: Flask, person: TestUser, outsider: TestUser) -> None:
    key_id = add_key(person, "Mine", 30)
    assert key_id not in outsider.sign_in().get(_PATH).text
    assert app.test_client().get(_PATH).status_code == 303
    assert app.test_client().get(_PATH, headers=person.by_key).status_code == 303
