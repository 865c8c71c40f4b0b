"""The store in Redis: what happens when the server is down, slow, full or forgetful."""

import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import redis
from flask import Flask
from flask_limiter import Limiter

from calmboard.access.limits.storage import RedisScript, storage_uri
from calmboard.errors import Unavailable

NOBODY_LISTENS = "calmboard+redis://127.0.0.1:1"


@pytest.fixture
def server(redis_url: str) -> redis.Redis:
    return redis.Redis.from_url(redis_url)


@pytest.fixture
def store(redis_url: str) -> RedisScript:
    store = RedisScript(f"calmboard+{redis_url}")
    store.reset()
    return store


CALLS: list[Callable[[RedisScript], object]] = [
    lambda store: store.count("key", 60),
    lambda store: store.give_back("key"),
    lambda store: store.peek("key"),
    lambda store: store.clear("key"),
    lambda store: store.reset(),
    lambda store: store.incr("key", 60),
    lambda store: store.get("key"),
    lambda store: store.get_expiry("key"),
]


@pytest.mark.parametrize("call", CALLS)
def test_a_server_that_is_down_is_unavailable(call: Callable[[RedisScript], object]) -> None:
    with pytest.raises(Unavailable) as refusal:
        call(RedisScript(NOBODY_LISTENS))
    assert refusal.value.retry_after_s == 1


def test_a_server_that_is_down_lets_nobody_through_flask_limiter() -> None:
    app = Flask(__name__)
    Limiter(lambda: "person", app=app, default_limits=["3/minute"], storage_uri=NOBODY_LISTENS)
    app.add_url_rule("/", view_func=lambda: "here")
    app.register_error_handler(Unavailable, lambda problem: (problem.detail, problem.status))
    assert app.test_client().get("/").status_code == 503


def test_a_server_that_is_down_is_not_ready() -> None:
    assert not RedisScript(NOBODY_LISTENS).check()


@pytest.mark.slow
def test_a_server_that_never_answers_is_unavailable_within_a_second() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        store = RedisScript(f"calmboard+redis://127.0.0.1:{silent.getsockname()[1]}")
        started_at = time.monotonic()
        with pytest.raises(Unavailable):
            store.count("key", 60)
        assert time.monotonic() - started_at < 1


def test_a_server_that_refuses_to_write_is_unavailable(store: RedisScript, server: redis.Redis) -> None:
    server.config_set("maxmemory", "1")
    try:
        with pytest.raises(Unavailable):
            store.count("key", 60)
    finally:
        server.config_set("maxmemory", "0")
    assert store.count("key", 60)[0] == 1


def test_a_server_that_forgot_the_script_is_sent_it_again(store: RedisScript, server: redis.Redis) -> None:
    store.count("key", 60)
    server.script_flush()
    assert store.count("key", 60)[0] == 2


def test_a_connection_that_the_server_closed_costs_no_hit(store: RedisScript, server: redis.Redis) -> None:
    store.count("key", 60)
    server.client_kill_filter(_type="normal", skipme=True)
    assert store.count("key", 60)[0] == 2


def test_a_key_that_lost_its_end_gets_a_new_one(store: RedisScript, server: redis.Redis) -> None:
    store.count("key", 60)
    for name in server.scan_iter("*key"):
        server.persist(name)
    assert 59 < store.count("key", 60)[1] <= 60


def test_a_reset_leaves_what_others_keep_in_the_server(store: RedisScript, server: redis.Redis) -> None:
    server.set("queue", "kept", ex=60)
    store.reset()
    assert server.get("queue") == b"kept"


def test_counting_is_one_round_trip(store: RedisScript, server: redis.Redis) -> None:
    store.count("key", 60)
    server.config_resetstat()
    store.count("key", 60)
    stats = server.info("commandstats")
    inside_the_script = {"cmdstat_incrby", "cmdstat_pttl"}
    calls = {name: stat["calls"] for name, stat in stats.items() if name not in inside_the_script}
    assert calls == {"cmdstat_config|resetstat": 1, "cmdstat_evalsha": 1}


def test_the_address_may_name_a_socket(redis_socket: Path) -> None:
    store = RedisScript(storage_uri(f"unix://{redis_socket}?db=1", redis_socket))
    assert [store.count("key", 60)[0] for _ in range(2)] == [1, 2]
