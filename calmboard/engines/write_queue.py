"""The order of those who write to SQLite: it has one writer at a time, and lets the others sleep for longer and longer."""

import os
import time
import weakref
from pathlib import Path
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.pool import ConnectionPoolEntry

from calmboard.engines.patience import LOCK_TIMEOUT_S, left_s, spending_patience
from calmboard.range_lock import RangeLock

_RETRY_INTERVAL_S = 0.0003
_HELD = "write queue"


class WriteQueue:
    """One for each database file: its writers wait for each other here, in all processes, and then find the lock free.

    One is next, and everybody else waits to be that: so no process passes another again and again. Whoever waited for too
    long goes on to SQLite, which says what is the matter; so does everybody where the file cannot be made, as on a full disk.
    """

    def __init__(self, database: Path) -> None:
        self._path = database.with_name(f"{database.name}-writers")
        self.open()
        _queues.add(self)

    def open(self) -> None:
        """Again in each process that is forked: the locks belong to the open file, which it would share with its parent."""
        self._locks: tuple[RangeLock, RangeLock] | None = None
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError:
            return
        self._close = weakref.finalize(self, os.close, descriptor)
        self._locks = RangeLock(descriptor, 0, 1, _RETRY_INTERVAL_S), RangeLock(descriptor, 1, 1, _RETRY_INTERVAL_S)

    def reopen(self) -> None:
        if self._locks is not None:
            self._close()
        self.open()

    def enter(self, connection: Connection) -> None:
        """Wait for one's turn, before a transaction begins."""
        if self._locks is None:
            return
        following, writing = self._locks
        with spending_patience():
            if _wait(following, writing, time.monotonic() + min(LOCK_TIMEOUT_S, left_s())):
                connection.info[_HELD] = writing

    def leave(self, _connection: Any, record: ConnectionPoolEntry) -> None:
        """Let the next one write, once the connection is back in its pool."""
        lock: RangeLock | None = record.info.pop(_HELD, None)
        if lock is not None:
            lock.release()


def _wait(following: RangeLock, writing: RangeLock, until_s: float) -> bool:
    if not following.acquire(until_s - time.monotonic()):
        return False
    try:
        return writing.acquire(until_s - time.monotonic())
    finally:
        following.release()


_queues: weakref.WeakSet[WriteQueue] = weakref.WeakSet()


def _reopen_all() -> None:
    for queue in list(_queues):
        queue.reopen()


os.register_at_fork(after_in_child=_reopen_all)
