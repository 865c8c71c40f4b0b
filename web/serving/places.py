"""The places of requests that run at the same time."""

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

# More threads that compete for the interpreter answer fewer requests.
_PLACES = 2
_PATIENCE_S = 0.1
_MAX_FURTHER = 30
# What a request may wait in all, for its place and for the database. More than so many wait only while places become free: a
# thread has to be left for those who ask whether the process is alive.
_LONGEST_WAIT_S = 6
_MAX_WAITING = 64
_STANDSTILL_S = 0.25


class Places:
    """Lets few requests run at a time, in the order in which they came. One that takes long mostly waits for others, so it then
    gives up its place.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._number_free = _PLACES
        self._queue: deque[threading.Lock] = deque()
        self._started_at: dict[int, float] = {}
        self._given_up: set[int] = set()
        self._waiting: set[int] = set()
        self._number_left = 0

    @property
    def number_present(self) -> int:
        """How many requests have a place or wait for one."""
        return len(self._started_at) + len(self._waiting)

    @contextmanager
    def taken(self) -> Iterator[float]:
        """A place for as long as the block takes, with the seconds that it may still wait for the database.

        Where no place becomes free, none is taken and no second is left: what needs no database is answered all the same.
        """
        since_s, thread_id = time.monotonic(), threading.get_ident()
        if not self._take(thread_id):
            yield 0
            return
        self._started_at[thread_id] = time.monotonic()
        try:
            yield _LONGEST_WAIT_S - (self._started_at[thread_id] - since_s)
        finally:
            self._leave(thread_id)

    def give_up_long_taken(self) -> None:
        """Let others run beside those that have run for long; called over and over."""
        latest = time.monotonic() - _PATIENCE_S
        for thread_id, started_at in list(self._started_at.items()):
            if started_at < latest:
                self._give_up(thread_id)

    def _take(self, thread_id: int) -> bool:
        may_stand_still = len(self._waiting) < _MAX_WAITING
        self._waiting.add(thread_id)
        try:
            return self._wait(_LONGEST_WAIT_S) if may_stand_still else self._wait_while_some_leave()
        finally:
            self._waiting.remove(thread_id)

    def _wait_while_some_leave(self) -> bool:
        until_s, left_before = time.monotonic() + _LONGEST_WAIT_S, -1
        while left_before != self._number_left and time.monotonic() < until_s:
            left_before = self._number_left
            if self._wait(_STANDSTILL_S):
                return True
        return False

    def _wait(self, timeout_s: float) -> bool:
        with self._lock:
            if self._number_free:
                self._number_free -= 1
                return True
            turn = threading.Lock()
            turn.acquire()
            self._queue.append(turn)
        if turn.acquire(timeout=timeout_s):
            return True
        with self._lock:
            if turn not in self._queue:
                return True  # it came just now
            self._queue.remove(turn)
            return False

    def _give_up(self, thread_id: int) -> None:
        with self._lock:
            is_running = thread_id in self._started_at and thread_id not in self._given_up
            if is_running and len(self._given_up) < _MAX_FURTHER:
                self._given_up.add(thread_id)
                self._hand_on()

    def _leave(self, thread_id: int) -> None:
        with self._lock:
            self._number_left += 1
            del self._started_at[thread_id]
            if thread_id in self._given_up:
                self._given_up.remove(thread_id)
            else:
                self._hand_on()

    def _hand_on(self) -> None:
        """To who waits for the longest, whom nobody who comes now may pass; the caller has the lock."""
        if self._queue:
            self._queue.popleft().release()
        else:
            self._number_free += 1
