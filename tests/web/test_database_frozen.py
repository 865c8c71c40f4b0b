"""While the database is frozen every request ends within ten seconds, and being alive is said at once."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
import requests
from sqlalchemy import make_url

from tests.support.servers.programs import wait_until
from tests.support.users import new_address
from tests.web.conftest import Mortal

pytestmark = [pytest.mark.database("postgresql"), pytest.mark.processes]

_WITHIN_S, _ALIVE_WITHIN_S = 10, 1
_TOOL: Any = {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {"name": "list_projects"}}


def open_page(mortal: Mortal) -> requests.Response:
    return requests.get(f"{mortal.server}/integrations", headers=mortal.person.by_cookie, timeout=_WITHIN_S)


def read(mortal: Mortal) -> requests.Response:
    return requests.get(f"{mortal.server}/api/v1/projects", headers=mortal.person.by_key, timeout=_WITHIN_S)


def write(mortal: Mortal) -> requests.Response:
    headers = {**mortal.person.by_key, "Idempotency-Key": new_address()}
    return requests.post(f"{mortal.server}/api/v1/projects", json={"name": "Late"}, headers=headers, timeout=_WITHIN_S)


def call_tool(mortal: Mortal) -> requests.Response:
    return requests.post(f"{mortal.server}/mcp", json=_TOOL, headers=mortal.person.by_key, timeout=_WITHIN_S)


def refresh(mortal: Mortal) -> requests.Response:
    form = {"grant_type": "refresh_token", "client_id": "cli_01kb2m8r4ve7w9yq3zt5xhn6pd", "refresh_token": "any"}
    headers = {"X-Forwarded-For": new_address()}
    return requests.post(f"{mortal.server}/api/oauth/token", form, headers=headers, timeout=_WITHIN_S)


def ask_readiness(mortal: Mortal) -> requests.Response:
    return requests.get(f"{mortal.server}/readyz", timeout=_WITHIN_S)


KINDS = (open_page, read, write, call_tool, refresh, ask_readiness)


@contextmanager
def under_way(mortal: Mortal, each: int) -> Iterator[list[Future[requests.Response]]]:
    """So many requests of each kind at once; waits for their ends."""
    with ThreadPoolExecutor(each * len(KINDS)) as threads:
        yield [threads.submit(kind, mortal) for _ in range(each) for kind in KINDS]


def require_life(mortal: Mortal, sent: list[Future[Any]]) -> None:
    """Ask over and over until all are answered."""
    while not all(future.done() for future in sent):
        assert requests.get(f"{mortal.server}/healthz", timeout=_ALIVE_WITHIN_S).text == "ok\n"


def require_service(mortal: Mortal) -> None:
    wait_until(lambda: ask_readiness(mortal).status_code == 200, "The server")
    for _ in range(4):
        assert [open_page(mortal).status_code, read(mortal).status_code] == [200, 200]


@pytest.mark.parametrize("each", [12, pytest.param(130, marks=pytest.mark.deep)])
def test_requests_end_and_life_is_told(mortal: Mortal, each: int) -> None:
    require_service(mortal)
    with mortal.postgres.frozen(), under_way(mortal, each) as sent:
        require_life(mortal, sent)
        assert {future.result().status_code for future in sent} == {503}
        assert all("Retry-After" in future.result().headers for future in sent)
    require_service(mortal)


@pytest.mark.deep
def test_a_lock_that_is_never_released_holds_a_request_no_longer(mortal: Mortal) -> None:
    require_service(mortal)
    url = mortal.postgres.url(str(make_url(mortal.person.app.config["SQLALCHEMY_DATABASE_URI"]).database))
    with psycopg.connect(url) as connection, under_way(mortal, 1) as sent:
        connection.execute("LOCK TABLE projects IN ACCESS EXCLUSIVE MODE")
        require_life(mortal, sent)
        assert {future.result().status_code for future in sent} <= {400, 401, 200, 503}
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        wait_until(lambda: connection.execute(waiting).fetchone() == (0,), "The server")
    require_service(mortal)
