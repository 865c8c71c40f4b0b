"""Those for whom the pages stand in one state or another; each is made new."""

from collections.abc import Iterable
from datetime import timedelta

from flask import Flask

from calmboard.access.access import CredentialUse
from calmboard.access.credentials.keys import NewKey, issue_key, pause_key, record_key_use, revoke_key
from calmboard.access.providers import find_provider
from calmboard.clock import now
from calmboard.db import db
from tests.support.users import TestUser, add_project_and_board, add_user

_LONG = "A key with a name of many words, such as people give to keys that they want to find again"[:80]
_USE = CredentialUse("203.0.113.24", "python-requests/2.32", "GET /api/v1/boards/{board_id}/tasks", 200, None, None)


def newcomer(app: Flask) -> TestUser:
    return add_user(app)


def newcomer_on_free(app: Flask) -> TestUser:
    return add_user(app, "free")


def with_project(app: Flask) -> TestUser:
    reader = add_user(app)
    add_project_and_board(app, reader)
    return reader


def with_keys(app: Flask) -> TestUser:
    """Keys in each state that a row can have."""
    reader = with_project(app)
    add_keys(reader, [("Jira sprint mirror", "jira", 90), ("Trello changeover", "trello", None), (_LONG, "agent", 9)])
    _, paused, _ = add_keys(reader, [("Old script", "workflow", -3), ("Release bot", "workflow", 200), ("Stand-up", "slack", 30)])
    revoked = add_keys(reader, [("Leaked", "asana", 30)])
    with app.app_context():
        record_key_use(add_keys(reader, [("Nightly report", "workflow", 365)])[0], _USE)
        pause_key(reader.access, paused)
        revoke_key(reader.access, revoked[0], "leaked")
    return reader


def with_many_keys(app: Flask) -> TestUser:
    reader = add_user(app, "business")
    add_keys(reader, [(f"Nightly {number}", "workflow", 20 * number - 40) for number in range(30)])
    return reader


def at_the_limit(app: Flask) -> TestUser:
    reader = with_project(app)
    add_keys(reader, [(f"Nightly {number}", "workflow", None) for number in range(50)])
    return reader


def free_with_keys(app: Flask) -> TestUser:
    reader = add_user(app, "free")
    _, paused, _ = add_keys(reader, [("From before", "jira", None), ("Resting", "slack", 90), ("Another", "agent", 30)])
    with app.app_context():
        pause_key(reader.access, paused)
    return reader


def add_keys(reader: TestUser, keys: Iterable[tuple[str, str, int | None]]) -> list[str]:
    """The ids of new keys: name, tool, and in how many days it ends, or ended; None for no end."""
    with reader.app.app_context():
        added = [issue_key(reader.person.id, _new_key(*key))[0] for key in keys]
        db.session.commit()
    return added


def _new_key(name: str, tool: str, days: int | None) -> NewKey:
    provider = find_provider(tool)
    assert provider
    end = None if days is None else now() + timedelta(days=days)
    return NewKey(name, tool, provider.scopes or frozenset({"tasks:read"}), expires_at=end)
