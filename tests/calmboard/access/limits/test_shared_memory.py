"""The store in a file: who shares it, what a dying process leaves, and what a flood of keys does."""

import os
import signal
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path

import pytest

from calmboard.access.limits.storage import SharedMemory, storage_uri
from calmboard.errors import Unavailable
from calmboard.range_lock import RangeLock
from calmboard.settings import SettingsError

forking = get_context("fork")
MORE_KEYS_THAN_SLOTS = 140_000


@pytest.fixture
def store(tmp_path: Path) -> SharedMemory:
    return SharedMemory(storage_uri(None, tmp_path / "instance"))


def reopened(store: SharedMemory) -> SharedMemory:
    return SharedMemory(f"calmboard+shm://{store.storage}")


@contextmanager
def forked(work: Callable[[], None]) -> Iterator[int]:
    process = forking.Process(target=work)
    process.start()
    assert process.pid is not None
    yield process.pid
    process.kill()
    process.join()


@contextmanager
def everything_held(store: SharedMemory) -> Iterator[int]:
    """The id of another process that holds the lock of every key until the block ends."""
    holding = forking.Event()

    def hold() -> None:
        descriptor = os.open(store.storage, os.O_RDWR)
        with RangeLock(descriptor, 0, os.fstat(descriptor).st_size):
            holding.set()
            signal.pause()

    with forked(hold) as process_id:
        assert holding.wait(5)
        yield process_id


def test_the_file_is_for_its_owner_alone(store: SharedMemory) -> None:
    assert stat.S_IMODE(store.storage.stat().st_mode) == 0o600


def test_counts_outlive_a_restart(store: SharedMemory) -> None:
    store.count("key", 60)
    assert reopened(store).count("key", 60)[0] == 2


def test_a_forked_process_continues_counting_in_the_same_store(store: SharedMemory) -> None:
    store.count("key", 60)

    def hit() -> None:
        for _ in range(2000):
            store.count("key", 60)

    children = [forking.Process(target=hit) for _ in range(2)]
    for child in children:
        child.start()
    hit()
    for child in children:
        child.join()
    assert store.count("key", 60)[0] == 6002


def test_a_killed_holder_of_the_lock_stops_nobody(store: SharedMemory) -> None:
    with everything_held(store) as holder:
        os.kill(holder, signal.SIGKILL)
        os.waitpid(holder, 0)
        assert store.count("key", 60)[0] == 1


def test_a_process_killed_while_it_counts_loses_no_hit_of_the_others(store: SharedMemory) -> None:
    def hit_for_ever() -> None:
        while True:
            store.count("key", 60)

    with forked(hit_for_ever) as process_id:
        while store.count("key", 60)[0] < 2000:
            pass
        os.kill(process_id, signal.SIGKILL)
        os.waitpid(process_id, 0)
    count = store.peek("key")[0]
    assert [store.count("key", 60)[0] for _ in range(3)] == [count + 1, count + 2, count + 3]


@pytest.mark.slow
def test_a_holder_that_does_not_move_makes_the_store_unavailable_for_a_while(store: SharedMemory) -> None:
    with everything_held(store):
        started_at = time.monotonic()
        with pytest.raises(Unavailable) as refusal:
            store.count("key", 60)
        assert time.monotonic() - started_at < 2
        assert refusal.value.retry_after_s == 1
    assert store.count("key", 60)[0] == 1


def flood(store: SharedMemory, window_s: int) -> float:
    """Hit more keys than there are slots, from two processes; returns the seconds to the last reset."""

    def hit(first: int) -> None:
        for number in range(first, MORE_KEYS_THAN_SLOTS, 2):
            store.count(f"flood {number}", window_s)

    children = [forking.Process(target=hit, args=(first,)) for first in range(2)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    return store.count("last", window_s)[1]


@pytest.mark.slow
def test_a_flood_of_keys_resets_nobodys_count(store: SharedMemory) -> None:
    for _ in range(100):
        for number in range(20):
            store.count(f"busy {number}", 60)
    flood(store, window_s=60)
    assert {store.count(f"busy {number}", 60)[0] for number in range(20)} == {101}
    late = [[store.count(f"late {number}", 60)[0] for _ in range(5)] for number in range(50)]
    assert all(count >= hits for counts in late for hits, count in enumerate(counts, start=1))
    assert any(counts[0] > 1 for counts in late), "no key came into a full bucket"


@pytest.mark.slow
def test_slots_whose_window_is_over_are_used_again(store: SharedMemory) -> None:
    time.sleep(flood(store, window_s=1))
    assert {store.count(f"later {number}", 60)[0] for number in range(1000)} == {1}


def test_a_window_never_lasts_longer_than_its_limit_says(store: SharedMemory) -> None:
    store.count("key", 3600)
    assert store.count("key", 60)[1] <= 60


def test_a_file_of_another_kind_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "limits.shm"
    path.write_text("my notes")
    with pytest.raises(SettingsError, match=r"limits\.shm"):
        SharedMemory(f"calmboard+shm://{path}")
    assert path.read_text() == "my notes"


def test_a_store_whose_file_was_taken_away_is_not_ready(store: SharedMemory) -> None:
    store.storage.unlink()
    assert not store.check()
    reopened(store)
    assert not store.check()
