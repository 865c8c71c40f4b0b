"""A process that is forked from this one in the middle of its work, and whose clock may be set."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, tzinfo
from multiprocessing import get_context
from typing import Generic, TypeVar

from calmboard import clock

T = TypeVar("T")

_forking = get_context("fork")


class Twin(Generic[T]):
    """Answers as this process would that it was forked from."""

    def __init__(self, ask: Callable[[], T]) -> None:
        self._ask = ask
        self._ours, self._theirs = _forking.Pipe()

    def ask(self, clock_set_by: timedelta = timedelta()) -> T:
        """The answer with the clock set forward or back by so much."""
        self._ours.send(clock_set_by)
        answer: T = self._ours.recv()
        return answer

    def answer_on(self) -> None:
        while True:
            _set_clock(self._theirs.recv())
            self._theirs.send(self._ask())


@contextmanager
def forked(ask: Callable[[], T]) -> Iterator[Twin[T]]:
    twin = Twin(ask)
    process = _forking.Process(target=twin.answer_on)
    process.start()
    try:
        yield twin
    finally:
        process.kill()
        process.join()


def _set_clock(by: timedelta) -> None:
    class Clock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + by

    clock.datetime = Clock  # type: ignore[attr-defined]
    time.time = lambda: _time_ns() / 1e9 + by.total_seconds()
    time.time_ns = lambda: _time_ns() + int(by.total_seconds() * 1e9)


_time_ns = time.time_ns
