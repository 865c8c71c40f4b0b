"""The order of those who write to SQLite: it has one writer at a time, and lets the others sleep for longer and longer."""

import os
import time
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
    long goes on to SQLite, which says what is the matter.
    """

    def __init__(self, database: Path) -> None:
        self._path = database.with_name(f"{database.name}-writers")
        self._owner = 0
        self._next: RangeLock
        self._writing: RangeLock

    def enter(self, connection: Connection) -> None:
        """Wait for one's turn, before a transaction begins."""
        with spending_patience():
            if self._is_open() and self._wait(time.monotonic() + min(LOCK_TIMEOUT_S, left_s())):
                connection.info[_HELD] = self._writing

    def leave(self, _connection: Any, record: ConnectionPoolEntry) -> None:
        """Let the next one write, once the connection is back in its pool."""
        lock: RangeLock | None = record.info.pop(_HELD, None)
        if lock is not None:
            lock.release()

    def _wait(self, until_s: float) -> bool:
        if not self._next.acquire(until_s - time.monotonic()):
            return False
        try:
            return self._writing.acquire(until_s - time.monotonic())
        finally:
            self._next.release()

    def _is_open(self) -> bool:
        """Opened again in each process: a lock belongs to the open file, which a child would share.

        False where the file cannot be made, as on a full disk; writers are then in SQLite's own order.
        """
        if self._owner != os.getpid():
            try:
                descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            except OSError:
                return False
            self._next, self._writing = (RangeLock(descriptor, start, 1, _RETRY_INTERVAL_S) for start in (0, 1))
            self._owner = os.getpid()
        return True
