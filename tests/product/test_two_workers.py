"""The rate limit of a key on the real server: one count for both of its workers, never unlimited."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from email.message import Message
from pathlib import Path

import pytest

from calmboard.settings import RateLimit, Settings
from tests.support.servers.programs import free_port, wait_until
from tests.support.servers.redis_server import running_redis
from tests.support.servers.server import Server, answers, running_server
from tests.support.servers.workers import all_wrote_since, written_by_workers
from tests.support.users import TestUser

LIMIT = 25

# Windows are counted in shared memory or in Redis, whatever the database.
pytestmark = [pytest.mark.processes, pytest.mark.database("sqlite")]


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Message
    body: dict[str, object]


@pytest.fixture
def narrow(settings: Settings, tmp_path: Path) -> Settings:
    """Settings of a server of this test's own, on which a key has a low rate limit."""
    return replace(narrowed(settings), instance_dir=tmp_path)


@pytest.fixture(scope="module")
def redis_server(settings: Settings, redis_url: str) -> Iterator[Server]:
    """The same with Redis, for tests that count on a key of their own and leave the server as it is."""
    with running_server(narrowed(settings), CALMBOARD_RATE_STORAGE_URL=redis_url) as server:
        yield server


def narrowed(settings: Settings) -> Settings:
    port = free_port()
    rates = {"pro": RateLimit(LIMIT, 60), "business": RateLimit(LIMIT, 60)}
    return replace(settings, port=port, origin=f"http://127.0.0.1:{port}", rates=rates)


@pytest.fixture
def key(new_user: Callable[..., TestUser]) -> str:
    return new_user().key


def test_exactly_the_limit_passes_under_two_workers(narrow: Settings, key: str) -> None:
    with running_server(narrow) as server:
        assert statuses_of_a_burst(server, key) == {200: LIMIT, 429: LIMIT}


def test_exactly_the_limit_passes_when_redis_counts(redis_server: Server, key: str) -> None:
    assert statuses_of_a_burst(redis_server, key) == {200: LIMIT, 429: LIMIT}


@pytest.mark.parametrize("store", ["redis_by_tls", "valkey"])
def test_exactly_the_limit_passes_by_tls_and_with_valkey(
    narrow: Settings, key: str, store: str, request: pytest.FixtureRequest
) -> None:
    """Limits and queue both, as they are set for many hosts."""
    url = request.getfixturevalue(f"{store}_url")
    with running_server(narrow, CALMBOARD_RATE_STORAGE_URL=url, CALMBOARD_QUEUE_URL=url) as server:
        assert statuses_of_a_burst(server, key) == {200: LIMIT, 429: LIMIT}


def test_servers_that_share_redis_share_the_count(narrow: Settings, redis_server: Server, key: str, redis_url: str) -> None:
    with running_server(narrow, CALMBOARD_RATE_STORAGE_URL=redis_url) as other:
        answers = [get_me(server, key).status for _ in range(LIMIT) for server in (redis_server, other)]
    assert answers == [200] * LIMIT + [429] * LIMIT


def test_a_window_outlives_a_restart(narrow: Settings, key: str) -> None:
    for remaining in (LIMIT - 1, LIMIT - 2):
        with running_server(narrow) as server:
            assert get_me(server, key).headers["X-RateLimit-Remaining"] == str(remaining)


def test_without_its_store_the_server_lets_nobody_through(narrow: Settings, key: str, tmp_path: Path) -> None:
    with ExitStack() as redis_open:
        redis_url = redis_open.enter_context(running_redis(tmp_path))
        with running_server(narrow, CALMBOARD_RATE_STORAGE_URL=redis_url) as server:
            assert get_me(server, key).status == 200
            redis_open.close()
            refusals = [get_me(server, key) for _ in range(6)]
    assert {refusal.status for refusal in refusals} == {503}
    assert {refusal.body["code"] for refusal in refusals} == {"unavailable"}
    assert all(int(refusal.headers["Retry-After"]) >= 1 for refusal in refusals)


def statuses_of_a_burst(server: Server, key: str) -> dict[int, int]:
    """How often each status came, of twice as many requests at once as the window holds, answered by both workers."""
    started = written_by_workers(server)
    wait_until(lambda: answers(f"{server.url}/healthz", server.process) and all_wrote_since(started, server), "A worker")
    before = written_by_workers(server)
    with ThreadPoolExecutor(8) as threads:
        statuses = list(threads.map(lambda _: get_me(server, key).status, range(2 * LIMIT)))
        # Where one worker took the whole burst, the other has to reject the same key too, once it gets something to do.
        wait_until(
            lambda: {429} == set(threads.map(lambda _: get_me(server, key).status, range(8))) and all_wrote_since(before, server),
            "A worker",
        )
    assert len(before) == 2
    return {status: statuses.count(status) for status in sorted(set(statuses))}


def get_me(server: Server, key: str) -> Answer:
    """GET /me on a connection of its own."""
    request = urllib.request.Request(f"{server.url}/api/v1/me", headers={"Authorization": f"Bearer {key}"})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return Answer(answer.status, answer.headers, json.load(answer))
    except urllib.error.HTTPError as refusal:
        with refusal:
            return Answer(refusal.code, refusal.headers, json.load(refusal))
