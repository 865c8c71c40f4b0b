"""The log of calls, and who changed what."""

from datetime import timedelta
from typing import Any

from flask import Flask
from playwright.sync_api import Page

from calmboard import ids
from calmboard.access.credentials.key_lists import list_keys
from calmboard.clock import now
from calmboard.db import db
from calmboard.models import RequestLogGap
from calmboard.pagination import PageRequest
from tests.support.logged import add_call
from tests.support.states.readers import newcomer, with_keys
from tests.support.states.state import State, at
from tests.support.users import TestUser

_PAGE = "/integrations/activity"
_REFUSED: dict[str, Any] = {
    "status": 403,
    "code": "insufficient_scope",
    "refused_by": "scope",
    "hint": "The key has no tasks:write. Create one that has it.",
}
_OTHERS: tuple[dict[str, Any], ...] = (
    {"method": "PUT", "route": "/api/v1/boards/<board_id>/tasks/by-external/<source>/<path:external_id>"},
    {"method": "POST", "route": "/mcp", "tool": "list_tasks", "user_agent": "Claude/1.0 (a client with a long name of its own)"},
    {"route": "/api/v1/tasks/<task_id>", "status": 403, "code": "forbidden", "refused_by": "project", "hint": "Ask an owner."},
    {"status": 429, "code": "rate_limit_exceeded", "refused_by": "limit", "hint": "Wait for the seconds in Retry-After."},
    {"status": 401, "code": "api_key_revoked", "refused_by": "credential", "hint": "Create a new key.", "network": "2001:db8::7"},
    {"status": 500, "code": "internal_error", "hint": "Try again; if it stays, tell us the request id."},
    {"method": "PATCH", "route": "/api/v1/tasks/<task_id>", **_REFUSED},
)


def _with_calls(app: Flask) -> TestUser:
    reader = with_keys(app)
    with app.app_context():
        keys = list_keys(reader.access, PageRequest()).rows
    for number in range(30):
        add_call(reader, keys[number % len(keys)].id, now() - timedelta(hours=number + 2))
    for number, changes in enumerate(_OTHERS):
        add_call(reader, keys[number % len(keys)].id, now() - timedelta(minutes=20 - number), **changes)
    return reader


def _with_gap(app: Flask) -> TestUser:
    reader = _with_calls(app)
    with app.app_context():
        db.session.add(RequestLogGap(id=ids.new_id("gap"), began_at=now() - timedelta(minutes=3), ended_at=now()))
        db.session.commit()
    return reader


def _opened(page: Page, _reader: TestUser) -> None:
    page.goto(_PAGE)
    page.locator(".call > summary").first.click()
    page.get_by_text("As curl", exact=True).first.click()


def _following(page: Page, _reader: TestUser) -> None:
    page.goto(_PAGE)
    page.get_by_role("switch", name="Follow").check()


def _reaching(page: Page, _reader: TestUser) -> None:
    page.goto("/account/audit")
    page.get_by_role("link", name="Observatory").click()


def _cut_off_question(page: Page, reader: TestUser) -> None:
    _reaching(page, reader)
    page.get_by_role("link", name="Cut off…").first.click()


def _cleared(app: Flask) -> TestUser:
    """No gap of another state is left for them."""
    with app.app_context():
        db.session.query(RequestLogGap).delete()
        db.session.commit()
    return _with_calls(app)


ACTIVITY = (
    State("activity, nothing yet", at(_PAGE), newcomer),
    State("activity, one call opened", _opened, _cleared),
    State("activity, followed", _following, _with_calls),
    State("activity, nothing found", at(f"{_PAGE}?status=418"), _with_calls),
    State("activity, filters that cannot be", at(f"{_PAGE}?status=abc&call=moon&since=never"), _with_calls),
    State("activity, some calls missing", at(_PAGE), _with_gap),
    State("activity without script", at(_PAGE), _cleared, has_script=False),
    State("audit log", at("/account/audit"), with_keys),
    State("audit log, filters that cannot be", at("/account/audit?about=moon&since=never"), with_keys),
    State("audit log without script", at("/account/audit?about=key"), with_keys, has_script=False),
    State("what reaches a project", _reaching, with_keys),
    State("the question before a key is cut off", _cut_off_question, with_keys),
)
