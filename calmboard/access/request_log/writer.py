"""What a process keeps of its requests until it is written: so no call waits for its log."""

import logging
import os
import threading
import time
import weakref
from collections import deque
from datetime import datetime
from functools import cache
from multiprocessing.util import Finalize

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from calmboard.access.request_log.store import UNWRITABLE, is_written, write_gap, write_records
from calmboard.access.request_record import RequestRecord
from calmboard.extensions import Extension

_log = logging.getLogger(__name__)

BATCH = 500
LONGEST_WAIT_S = 1.0
_IDLE_S = 5.0
# What waits where the database cannot be written, about 10 MB. Calls beyond are missing in the log, which says so.
MAX_WAITING = 5000
_TOO_OFTEN = "rate_limit_exceeded"


class RequestLog:
    """One for each app. Its thread starts with the first request, in each process by itself, and sleeps while nothing arrives."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._start_empty()
        _logs.add(self)

    def _start_empty(self) -> None:
        self._waiting: deque[RequestRecord] = deque()
        self._gap: tuple[datetime, datetime] | None = None
        self._thread: threading.Thread | None = None
        self._has_arrived, self._is_full = threading.Event(), threading.Event()
        self._writing, self._starting = threading.Lock(), threading.Lock()

    @property
    def gap(self) -> tuple[datetime, datetime] | None:
        """The time of which calls are missing, where even that could not be written yet."""
        return self._gap

    def add(self, record: RequestRecord) -> None:
        """Take the record of a request that is over, if it came with a credential."""
        if record.access is None and (record.refused_secret is None or record.code == _TOO_OFTEN):
            return
        waiting = len(self._waiting)
        if waiting >= MAX_WAITING:
            self._miss(record.at)
            return
        self._waiting.append(record)
        if not self._has_arrived.is_set():
            self._wake()
        if waiting >= BATCH:
            self._is_full.set()

    def flush(self) -> None:
        """Write what waits, at once. Where that fails it goes on waiting."""
        with self._writing, self._app.app_context():
            try:
                while self._write_batch():
                    pass
                self._write_gap()
            except SQLAlchemyError as error:
                _log.warning("Requests are not logged while the database does not take them: %s", error)

    def _write_batch(self) -> bool:
        batch = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
        parts = [batch] if batch else []
        try:
            while parts:
                self._write_last(parts)
        except BaseException:
            for part in parts:
                self._waiting.extendleft(reversed(part))
            raise
        return bool(batch)

    def _write_last(self, parts: list[list[RequestRecord]]) -> None:
        """Write the last part and take it away; halve it where a request of it cannot be written, until that one is alone."""
        part = parts[-1]
        try:
            write_records(part)
        except UNWRITABLE as error:
            parts.pop()
            half = len(part) // 2
            if half:
                parts += [part[half:], part[:half]]
            elif not is_written(part[0]):
                _log.warning("A request is missing in the log, which cannot hold it: %s", type(error).__name__)
                self._miss(part[0].at)
        else:
            parts.pop()

    def _miss(self, at: datetime) -> None:
        self._gap = (min(self._gap[0], at), max(self._gap[1], at)) if self._gap else (at, at)

    def _write_gap(self) -> None:
        if self._gap is not None:
            gap = self._gap
            write_gap(*gap)
            if self._gap == gap:
                self._gap = None

    def _wake(self) -> None:
        self._has_arrived.set()
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="request log", daemon=True)
                self._thread.start()
                _flush_at_exit(os.getpid())

    def _run(self) -> None:
        while self._waits_for_more():
            self._is_full.wait(LONGEST_WAIT_S)
            self._has_arrived.clear()
            self._is_full.clear()
            self._flush_whatever_happens()
            if self._waiting:
                self._has_arrived.set()
                time.sleep(LONGEST_WAIT_S)

    def _waits_for_more(self) -> bool:
        """False once nothing has arrived for some time; the next request starts another thread."""
        if self._has_arrived.wait(_IDLE_S):
            return True
        with self._starting:
            if self._has_arrived.is_set():
                return True
            self._thread = None
            return False

    def _flush_whatever_happens(self) -> None:
        try:
            self.flush()
        except Exception:
            _log.exception("The log of requests goes on without some")


REQUEST_LOG: Extension[RequestLog] = Extension("request_log")

_logs: weakref.WeakSet[RequestLog] = weakref.WeakSet()


@cache
def _flush_at_exit(_process: int) -> None:
    """Once for each process, also for one that was forked, whose atexit is its parent's."""
    Finalize(None, _flush_all, exitpriority=1)


def _flush_all() -> None:
    for log in list(_logs):
        log._flush_whatever_happens()


def _start_again() -> None:
    """A thread does not follow into a process that is forked, and what waited is its parent's to write."""
    for log in list(_logs):
        log._start_empty()


os.register_at_fork(after_in_child=_start_again)
