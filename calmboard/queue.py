"""The queue: jobs that a request enqueues for the worker, stored in SQLite, Redis, Valkey or PostgreSQL."""

import logging
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial, wraps
from pathlib import Path
from typing import Any, ParamSpec

import psycopg
import redis
from flask import Flask
from huey import Huey
from huey.constants import EmptyData
from huey.serializer import SignedSerializer
from huey.storage import BaseStorage, PostgresStorage, RedisStorage, SqliteStorage
from sqlalchemy.engine import make_url

from calmboard.clock import now
from calmboard.engines.patience import PatientConnection
from calmboard.errors import Unavailable
from calmboard.settings import Settings

_NAME = "calmboard"
_TIMEOUT_S = 5
# Any number will do, as long as nothing else in the database uses it as a lock id.
_LOCK_ID = 7_265_002
_HEARTBEAT = "heartbeat"
# A worker that was not heard of for so long does not live.
_SILENCE = timedelta(minutes=1)
_PAUSE_S = 10

P = ParamSpec("P")


class Queue(Huey):  # type: ignore[misc]  # huey has no types
    """Jobs run in a context of `app`, which only a process that runs them has to set."""

    app: Flask
    unasked_until_s = 0.0

    def enqueue(self, task: Any) -> Any:
        with _raising_unavailable():
            return super().enqueue(task)

    def execute(self, task: Any, timestamp: datetime | None = None) -> Any:
        with self.app.app_context():
            return super().execute(task, timestamp)


queue = Queue(_NAME, results=False, storage_class=BaseStorage)


def open_queue(settings: Settings) -> Queue:
    """Bind this process's one queue to its store.

    Its messages are signed, so that nobody else with access to the store can inject jobs.
    """
    queue.storage.close()
    queue.unasked_until_s = 0.0
    queue.serializer = SignedSerializer(secret=settings.secret_key, salt="calmboard-queue")
    queue.storage = _storage(settings)
    return queue


def job(**options: float) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """Make a function a job: a call enqueues it for the worker.

    Its arguments are stored in clear text: never a secret. `options` are huey's: `retries`, `retry_delay` in seconds, and
    `retry_backoff`, the factor from one delay to the next. The call raises Unavailable where the queue does not answer.
    """

    def decorate(function: Callable[P, None]) -> Callable[P, None]:
        task = queue.task(**options)(function)

        @wraps(function)
        def enqueue(*args: P.args, **kwargs: P.kwargs) -> None:
            task(*args, **kwargs)

        return enqueue

    return decorate


def beat() -> None:
    """Note that a worker lives. Raises Unavailable where the queue does not answer."""
    with _raising_unavailable():
        queue.storage.put_data(_HEARTBEAT, str(now().timestamp()).encode())


def is_worker_alive() -> bool:
    """Whether a worker was heard of within a minute, on whatever host. Raises Unavailable where the queue does not answer."""
    with _raising_unavailable():
        beaten = queue.storage.peek_data(_HEARTBEAT)
    return beaten is not EmptyData and datetime.fromtimestamp(float(beaten), UTC) > now() - _SILENCE


def do_jobs_wait() -> bool:
    """Whether nobody does what is enqueued, because no worker lives or the queue does not answer.

    One that did not answer is not asked again for a while: who opens a page does not wait for it each time.
    """
    if time.monotonic() < queue.unasked_until_s:
        return True
    try:
        return not is_worker_alive()
    except Unavailable:
        queue.unasked_until_s = time.monotonic() + _PAUSE_S
        return True


def _leave_store() -> None:
    """A connection is of one process; whoever uses the queue next, here or in the forked process, opens their own."""
    queue.storage.close()


os.register_at_fork(before=_leave_store)


@contextmanager
def _raising_unavailable() -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, redis.RedisError, psycopg.Error, OSError) as error:
        logging.getLogger(__name__).error("The queue does not answer: %s", error)
        raise Unavailable("The queue does not answer.") from error


def _storage(settings: Settings) -> BaseStorage:
    url = settings.queue_url or "sqlite:///queue.db"
    if url.startswith("sqlite:"):
        return _sqlite(settings.instance_dir / (make_url(url).database or "queue.db"))
    if url.startswith("postgresql:"):
        connect = partial(PatientConnection.connect, url, connect_timeout=_TIMEOUT_S)
        return _Postgres(_NAME, connection=connect, create_tables=False)
    pool = redis.ConnectionPool.from_url(url, socket_timeout=_TIMEOUT_S, socket_connect_timeout=_TIMEOUT_S)
    return RedisStorage(_NAME, connection_pool=pool)


def _sqlite(path: Path) -> SqliteStorage:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    return SqliteStorage(_NAME, filename=str(path), timeout=_TIMEOUT_S)


class _Postgres(PostgresStorage):  # type: ignore[misc]
    """Creates its tables at the first connection, so that the app starts before its server does."""

    def _create_connection(self) -> psycopg.Connection[Any]:
        connection: psycopg.Connection[Any] = super()._create_connection()
        with connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK_ID,))
            for statement in self.ddl:
                connection.execute(statement)
        return connection
