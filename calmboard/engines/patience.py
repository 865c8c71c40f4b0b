"""How long a request waits for the database in all. What has no patience to lose, such as a migration, waits for ever."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from math import ceil, inf
from typing import Any, Self, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.errors import _WaitTimeout
from sqlalchemy.exc import DisconnectionError, InvalidRequestError
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool
from sqlalchemy.util.queue import Empty

T = TypeVar("T")

_WAKE_EVERY_S = 0.1
# Even without patience a database that answers gets the moment that a rollback takes.
_LEAST_S = 0.05
# The server learns late, or never, that nobody waits any more.
_END_WHAT_WAS_GIVEN_UP = "SET statement_timeout = '8s'"
LOCK_TIMEOUT_S = 10
_LOCK_TIMEOUT = "lock timeout"
_CHECK_OUTS = 3
_GIVEN_UP = "The database did not answer in the time that a request may wait for it."


class _Patience:
    """Runs out while something is waited for, and not while the request works."""

    __slots__ = ("_left_s", "_waiting_since_s")

    def __init__(self, left_s: float) -> None:
        self._left_s = left_s
        self._waiting_since_s: float | None = None

    def left_s(self) -> float:
        return self._left_s if self._waiting_since_s is None else self._left_s - (time.monotonic() - self._waiting_since_s)

    def start(self) -> bool:
        """Whether this is where it starts: what waits inside of another wait counts once."""
        is_first = self._waiting_since_s is None
        if is_first:
            self._waiting_since_s = time.monotonic()
        return is_first

    def stop(self) -> None:
        self._left_s, self._waiting_since_s = self.left_s(), None

    def lose(self) -> None:
        self._left_s = 0


_current: ContextVar[_Patience | None] = ContextVar("patience", default=None)


class patience:  # noqa: N801 -- read as the block that it begins; a generator would cost each request twice as much
    """Within the block, wait for the database so many seconds in all."""

    __slots__ = ("_patience", "_token")

    def __init__(self, seconds: float) -> None:
        self._patience = _Patience(seconds)

    def __enter__(self) -> None:
        self._token = _current.set(self._patience)

    def __exit__(self, *_error: object) -> None:
        _current.reset(self._token)


@contextmanager
def spending_patience() -> Iterator[None]:
    """Count the time that the block takes."""
    current = _current.get()
    starts = current is not None and current.start()
    try:
        yield
    finally:
        if starts and current is not None:
            current.stop()


def lose_patience() -> None:
    """Wait no longer in this block: the database has just been found not to answer."""
    if (current := _current.get()) is not None:
        current.lose()


def left_s() -> float:
    """The seconds that may still be waited, or infinity."""
    current = _current.get()
    return inf if current is None else max(_LEAST_S, current.left_s())


class PatientConnection(psycopg.Connection[Any]):
    """Waits itself rather than relying on the server or on TCP: a server that is frozen ends no statement, and its kernel
    acknowledges all that is sent. A connection that was given up in the middle of an answer is closed.
    """

    longest_wait_s = inf

    @classmethod
    def connect(cls, conninfo: str = "", *, connect_timeout: int, **options: Any) -> Self:  # type: ignore[override]
        current = _current.get()
        if current is None:
            return super().connect(conninfo, connect_timeout=connect_timeout, **options)
        if current.left_s() <= 0:
            raise psycopg.OperationalError(_GIVEN_UP)
        with spending_patience():
            connection = super().connect(conninfo, connect_timeout=min(connect_timeout, ceil(current.left_s())), **options)
            connection.autocommit = True
            connection.execute(_END_WHAT_WAS_GIVEN_UP)
            connection.autocommit = False
            return connection

    def wait(self, gen: PQGen[T], interval: float = _WAKE_EVERY_S, timeout: float | None = None) -> T:
        current = _current.get()
        if current is None:
            return super().wait(gen, interval, timeout)
        starts = current.start()
        try:
            return super().wait(gen, interval, min(self.longest_wait_s, max(_LEAST_S, current.left_s())))
        except _WaitTimeout:
            self.pgconn.finish()
            raise psycopg.OperationalError(_GIVEN_UP) from None
        finally:
            if starts:
                current.stop()


class PatientPool(QueuePool):
    """Waiting for a connection that others have counts as well."""

    @property
    def _timeout(self) -> float:
        return min(self._longest_s, left_s())

    @_timeout.setter
    def _timeout(self, seconds: float) -> None:
        self._longest_s = seconds

    def _do_get(self) -> ConnectionPoolEntry:
        try:
            return self._pool.get(False)
        except Empty:
            with spending_patience():
                return super()._do_get()

    def take(self) -> ConnectionPoolEntry:
        """A connection without the proxy that would return it by itself, which costs more than a query; see `put_back`."""
        entry = self._do_get()
        try:
            self._check_out(entry)
        except BaseException:
            entry.invalidate()
            self.put_back(entry)
            raise
        return entry

    def put_back(self, entry: ConnectionPoolEntry) -> None:
        self._return_conn(entry)

    def _check_out(self, entry: Any) -> None:
        """As SQLAlchemy does it: who listens may say that it is no connection any more, and then sees the next one."""
        for _ in range(_CHECK_OUTS):
            connection = entry.get_connection()
            try:
                for listener in self.dispatch.checkout:
                    listener(connection, entry, None)
            except DisconnectionError:
                entry.invalidate()
            else:
                return
        raise InvalidRequestError("No connection that was made stayed open.")


class PatientSqlitePool(PatientPool):
    def _do_get(self) -> ConnectionPoolEntry:
        record = super()._do_get()
        if record.dbapi_connection is not None:
            limit_lock_wait(record.dbapi_connection, record)
        return record


def limit_lock_wait(connection: Any, record: ConnectionPoolEntry) -> None:
    """SQLite itself waits for a lock that another program holds, for as long as it was last told."""
    left = min(LOCK_TIMEOUT_S, left_s())
    timeout_ms = int(1000 * (left if left <= _LEAST_S else ceil(left)))
    if record.info.get(_LOCK_TIMEOUT, LOCK_TIMEOUT_S * 1000) != timeout_ms:
        connection.execute(f"PRAGMA busy_timeout = {timeout_ms}")
        record.info[_LOCK_TIMEOUT] = timeout_ms
