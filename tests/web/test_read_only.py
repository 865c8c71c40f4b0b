"""A database that can only be read: reading goes on, and what would change something is refused with the reason."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
import requests
from sqlalchemy import make_url

from calmboard.access.credentials.sessions import IDLE
from tests.support.servers.programs import wait_until
from tests.web.conftest import Mortal

pytestmark = [pytest.mark.database("postgresql"), pytest.mark.processes]

_TIMEOUT_S = 10
_SIGN_IN_LONG_AGO = "UPDATE sessions SET last_seen_at = now() - make_interval(secs => %s)"


@contextmanager
def read_only(mortal: Mortal) -> Iterator[None]:
    name = make_url(mortal.person.app.config["SQLALCHEMY_DATABASE_URI"]).database
    with psycopg.connect(mortal.postgres.url(str(name)), autocommit=True) as operator:
        operator.execute(_SIGN_IN_LONG_AGO, (IDLE.total_seconds() / 2,))
        operator.execute("SET default_transaction_read_only = off")
        operator.execute("ALTER SYSTEM SET default_transaction_read_only = on")
        operator.execute("SELECT pg_reload_conf()")
        try:
            yield
        finally:
            operator.execute("ALTER SYSTEM RESET default_transaction_read_only")
            operator.execute("SELECT pg_reload_conf()")


def readiness(mortal: Mortal) -> int:
    return requests.get(f"{mortal.server}/readyz", timeout=_TIMEOUT_S).status_code


def test_reading_goes_on_and_writing_says_why_not(mortal: Mortal) -> None:
    wait_until(lambda: readiness(mortal) == 200, "The server")
    with read_only(mortal):
        wait_until(lambda: {readiness(mortal) for _ in range(8)} == {503}, "Each worker")
        read = [
            ("/integrations", mortal.person.by_cookie),
            ("/account", mortal.person.by_cookie),
            ("/api/v1/projects", mortal.person.by_key),
        ]
        for path, headers in read:
            assert requests.get(f"{mortal.server}{path}", headers=headers, timeout=_TIMEOUT_S).status_code == 200, path
        for refused in _writes(mortal):
            assert (refused.status_code, "can only be read" in refused.text) == (503, True), refused.text
            assert "Retry-After" in refused.headers
    wait_until(lambda: readiness(mortal) == 200, "The server")


def _writes(mortal: Mortal) -> Iterator[requests.Response]:
    key, board = mortal.person.by_key, f"/api/v1/boards/{mortal.project.board_id}/tasks"
    yield requests.post(f"{mortal.server}{board}", json={"title": "New"}, headers=key, timeout=_TIMEOUT_S)
    yield requests.post(
        f"{mortal.server}{board}", json={"title": "New"}, headers={**key, "Idempotency-Key": "once"}, timeout=_TIMEOUT_S
    )
    arguments = {"board_id": mortal.project.board_id, "title": "New"}
    call: Any = {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {"name": "create_task", "arguments": arguments}}
    yield requests.post(f"{mortal.server}/mcp", json=call, headers=key, timeout=_TIMEOUT_S)
    registration = {"redirect_uris": ["http://127.0.0.1/back"]}
    yield requests.post(f"{mortal.server}/api/oauth/register", json=registration, timeout=_TIMEOUT_S)
    credentials = {"email": mortal.person.email, "password": mortal.person.password}
    yield requests.post(f"{mortal.server}/api/auth/session", json=credentials, timeout=_TIMEOUT_S)
    yield requests.get(f"{mortal.server}/readyz", timeout=_TIMEOUT_S)
