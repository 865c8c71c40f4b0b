"""What every store promises: an exact count in a window that begins with the first hit."""

import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
from flask import Flask
from flask_limiter import Limiter
from limits.storage import storage_from_string

from calmboard.access.limits.storage import FixedWindow, storage_uri

PROCESSES = 3


@pytest.fixture(scope="module")
def processes() -> Iterator[ProcessPoolExecutor]:
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        yield pool


def hit(uri: str, keys: list[str], times: int) -> list[int]:
    """Hit every key so often; returns each count as it was answered."""
    store = storage_from_string(uri)
    assert isinstance(store, FixedWindow)
    return [store.count(key, 60)[0] for _ in range(times) for key in keys]


@pytest.mark.slow
def test_processes_that_hit_one_key_never_see_the_same_count(
    store: FixedWindow, uri: str, processes: ProcessPoolExecutor
) -> None:
    answers = processes.map(hit, [uri] * PROCESSES, [["key"]] * PROCESSES, [500] * PROCESSES)
    assert sorted(count for counts in answers for count in counts) == list(range(1, PROCESSES * 500 + 1))
    assert store.peek("key")[0] == PROCESSES * 500


@pytest.mark.slow
def test_processes_count_a_thousand_keys_apart(store: FixedWindow, uri: str, processes: ProcessPoolExecutor) -> None:
    keys = [f"key {number}" for number in range(1000)]
    list(processes.map(hit, [uri] * PROCESSES, [keys] * PROCESSES, [2] * PROCESSES))
    assert {store.peek(key)[0] for key in keys} == {PROCESSES * 2}


@pytest.fixture
def restless_threads() -> Iterator[None]:
    """Threads that change places as often as they can."""
    interval_s = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval_s)


@pytest.mark.usefixtures("restless_threads")
def test_threads_that_hit_one_key_never_see_the_same_count(store: FixedWindow) -> None:
    def hit_often(_: int) -> list[int]:
        return [store.count("key", 60)[0] for _ in range(1000)]

    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(hit_often, range(4)))
    assert sorted(count for counts in answers for count in counts) == list(range(1, 4001))


def test_the_window_begins_with_the_first_hit_and_is_not_moved_by_others(store: FixedWindow) -> None:
    count, first_reset_in_s = store.count("key", 60)
    time.sleep(0.05)
    assert (count, store.count("key", 60)[0]) == (1, 2)
    assert 59.9 < first_reset_in_s <= 60
    assert store.count("key", 60)[1] < first_reset_in_s - 0.04


@pytest.mark.slow
def test_a_window_that_is_over_starts_again_at_one(store: FixedWindow) -> None:
    reset_in_s = [store.count("key", 1)[1] for _ in range(3)][-1]
    time.sleep(reset_in_s + 0.01)
    assert store.peek("key") == (0, 0.0)
    assert store.count("key", 1)[0] == 1


def test_a_hit_can_weigh_more_than_one(store: FixedWindow) -> None:
    assert store.count("key", 60, amount=5)[0] == 5
    assert store.count("key", 60, amount=2)[0] == 7


def test_a_hit_is_taken_back_and_no_more_than_there_were(store: FixedWindow) -> None:
    store.give_back("never seen")
    assert (store.count("key", 60)[0], store.count("key", 60)[0]) == (1, 2)
    store.give_back("key")
    count, reset_in_s = store.peek("key")
    assert (count, 59 < reset_in_s <= 60) == (1, True)
    for _ in range(3):
        store.give_back("key")
    assert (store.count("key", 60)[0], store.count("never seen", 60)[0]) == (1, 1)


def test_looking_at_a_key_is_no_hit(store: FixedWindow) -> None:
    assert store.peek("key") == (0, 0.0)
    store.count("key", 60)
    count, reset_in_s = store.peek("key")
    assert count == store.peek("key")[0] == 1
    assert 59 < reset_in_s <= 60


def test_a_cleared_key_starts_again_and_leaves_the_others(store: FixedWindow) -> None:
    store.count("key", 60)
    store.count("other", 60)
    store.clear("key")
    store.clear("never seen")
    assert (store.peek("key")[0], store.peek("other")[0]) == (0, 1)


def test_a_restarted_window_is_whole_again(store: FixedWindow) -> None:
    store.count("key", 1)
    store.restart("key", 60)
    store.restart("new", 60)
    for count, reset_in_s in (store.peek("key"), store.peek("new")):
        assert count >= 1
        assert 59 < reset_in_s <= 60


def test_a_reset_clears_every_key(store: FixedWindow) -> None:
    for number in range(50):
        store.count(f"key {number}", 60)
    store.reset()
    assert {store.peek(f"key {number}") for number in range(50)} == {(0, 0.0)}


def test_any_text_is_a_key(store: FixedWindow) -> None:
    for key in ("", "\0", "ключ", "\ud800", "a" * 10_000):
        assert (store.count(key, 60)[0], store.count(key, 60)[0]) == (1, 2)


def test_a_store_that_works_says_so(store: FixedWindow) -> None:
    assert store.check()


@pytest.mark.usefixtures("store")
def test_flask_limiter_lets_through_as_many_as_the_limit_allows(uri: str) -> None:
    app = Flask(__name__)
    Limiter(lambda: "person", app=app, default_limits=["3/minute"], storage_uri=uri, headers_enabled=True)
    app.add_url_rule("/", view_func=lambda: "here")
    answers = [app.test_client().get("/") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer.headers["X-RateLimit-Remaining"] for answer in answers] == ["2", "1", "0", "0"]
    assert 58 <= int(answers[-1].headers["Retry-After"]) <= 60


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        (None, "calmboard+shm:///srv/calm%20board/limits.shm"),
        ("redis://:secret@cache:6379/2", "calmboard+redis://:secret@cache:6379/2"),
        ("rediss://cache", "calmboard+rediss://cache"),
        ("unix:///run/redis.sock?db=1", "calmboard+unix:///run/redis.sock?db=1"),
    ],
)
def test_the_setting_decides_the_store(setting: str | None, expected: str) -> None:
    assert storage_uri(setting, Path("/srv/calm board")) == expected
