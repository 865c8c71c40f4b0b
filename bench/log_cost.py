"""What the log of requests costs a call: `make bench ONLY=log`.

The call is that of `bench.budget`, with the log and without it in turns, and all CPU of this process: that of the thread that
writes the log too, until all is written.
"""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from statistics import median
from time import process_time
from typing import Any
from unittest.mock import patch

from flask import Flask

from bench.budget import Call, on_each_database
from bench.quiet import quiet
from calmboard.access.request_log import REQUEST_LOG, RequestLog

ROUNDS, REQUESTS = 40, 250
MORE_AT_MOST = 0.03


@dataclass(frozen=True, slots=True)
class LogCost:
    """Microseconds of CPU of a call, and how much more it is with the log, in the middle of the rounds."""

    without_us: float
    more: float

    @property
    def is_little(self) -> bool:
        return self.more <= MORE_AT_MOST


def measure_log() -> dict[str, LogCost]:
    """By the kind of the database."""
    return on_each_database(_measure)


def _measure(app: Flask, calls: list[Call]) -> LogCost:
    with quiet():
        _cpu_us(app, calls, nullcontext())
        rounds = [(_cpu_us(app, calls, nullcontext()), _cpu_us(app, calls, _without_log())) for _ in range(ROUNDS)]
    return LogCost(median(off for _, off in rounds), median(on / off for on, off in rounds) - 1)


def _without_log() -> AbstractContextManager[Any]:
    return patch.object(RequestLog, "add", lambda *_: None)


def _cpu_us(app: Flask, calls: list[Call], change: AbstractContextManager[Any]) -> float:
    started_s = process_time()
    with change:
        for number in range(REQUESTS):
            calls[number % len(calls)]()
        REQUEST_LOG.get(app).flush()
    return (process_time() - started_s) / REQUESTS * 1e6
