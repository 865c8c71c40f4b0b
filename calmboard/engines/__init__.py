"""The engines of the database: how each connects, and what SQLite has to be told."""

import select
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Dialect, Engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry

from calmboard.engines.patience import LOCK_TIMEOUT_S, PatientPool, PatientSqlitePool, limit_lock_wait
from calmboard.engines.postgres import PreparingConnection
from calmboard.engines.write_queue import WriteQueue

# What a trigger of SQLite, which has no roles, asks before it lets an old entry of the audit log go.
RETENTION_FUNCTION = "is_retention"
RETENTION_ROLE = "calmboard_retention"
# An option of statements that PostgreSQL plans at each execution, for the values of that one, and keeps no plan of.
PLANNED_EACH_TIME = "planned_each_time"
_REPLICA_WAIT_S = 3
# What libpq needs to notice that a host is gone which sends nothing any more; without them the kernel tries for many minutes.
_LOST_NETWORK = {"keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3, "tcp_user_timeout": 8000}
# Values stay out of what is logged of an error: they are people's messages, texts and digests. The connection that was used
# last has the most of it in the caches.
_OPTIONS = {"hide_parameters": True, "pool_use_lifo": True}
# Pages of SQLite's write-ahead log, 64 MB. The worker moves them into the database long before; without it a request does.
_LONGEST_LOG = 16_000
_NEVER_IN_TRANSACTION = {"isolation_level": "AUTOCOMMIT", "skip_autocommit_rollback": True, "pool_reset_on_return": None}


def engine_options(database_url: str) -> dict[str, Any]:
    if make_url(database_url).get_backend_name() == "sqlite":
        return {
            "hide_parameters": True,
            "poolclass": PatientSqlitePool,
            "pool_use_lifo": True,
            "connect_args": {"timeout": LOCK_TIMEOUT_S},
        }
    connect = {"prepare_threshold": 0, "connect_timeout": 5, **_LOST_NETWORK}
    return {**_OPTIONS, "poolclass": PatientPool, "connect_args": connect}


def autocommit_bind(database_url: str) -> dict[str, Any]:
    return {"url": database_url, **engine_options(database_url), **_NEVER_IN_TRANSACTION}


def replica_bind(replica_url: str) -> dict[str, Any]:
    """A replica that does not answer is given up soon: the primary answers in its place."""
    bind = autocommit_bind(replica_url)
    return {**bind, "connect_args": {**bind["connect_args"], "connect_timeout": 2, "tcp_user_timeout": 2000}}


def make_private(database_url: str) -> None:
    """Create SQLite's file for its owner alone; it holds password hashes."""
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite" and url.database:
        path = Path(url.database)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)


def prepare(engines: Mapping[str | None, Engine]) -> None:
    """`engines` by their bind; the one without a name begins transactions."""
    for bind, engine in engines.items():
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", _set_up_connection)
        else:
            event.listen(engine, "do_connect", _connect_to_replica if bind == "replica" else _connect)
            event.listen(engine, "checkout", _require_open)
            event.listen(engine, "do_execute", _plan_each_time)
    if engines[None].dialect.name == "sqlite":
        _order_writers(engines[None])


def _plan_each_time(cursor: Any, statement: str, parameters: Any, context: Any) -> bool:
    """Whether it was executed here."""
    if context is None or not context.execution_options.get(PLANNED_EACH_TIME):
        return False
    cursor.execute(statement, parameters, prepare=False)
    return True


@contextmanager
def retention_role(connection: Connection) -> Iterator[None]:
    """Act as retention until the block ends, which has to end the transaction that it began."""
    if connection.dialect.name == "sqlite":
        driver: Any = connection.connection.driver_connection
        driver.create_function(RETENTION_FUNCTION, 0, lambda: True)
        try:
            yield
        finally:
            driver.create_function(RETENTION_FUNCTION, 0, lambda: False)
    else:
        if connection.execute(text("SELECT to_regrole(:role) IS NOT NULL"), {"role": RETENTION_ROLE}).scalar():
            connection.execute(text(f"SET LOCAL ROLE {RETENTION_ROLE}"))
        yield


def _require_open(connection: Any, _record: ConnectionPoolEntry, _proxy: Any) -> None:
    """Let the pool replace its connections once the server has closed one.

    No query asks for it: where none was sent, there is nothing to read from the socket but the end.
    """
    if connection.closed or _is_readable(connection.fileno()):
        raise InvalidatePoolError


def _is_readable(descriptor: int) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))


class _ReplicaConnection(PreparingConnection):
    """The primary answers what a replica takes too long for, in the time that is left then."""

    longest_wait_s = _REPLICA_WAIT_S


def _connect(_dialect: Dialect, _record: Any, arguments: tuple[Any, ...], options: dict[str, Any]) -> PreparingConnection:
    return PreparingConnection.connect(*arguments, **options)


def _connect_to_replica(
    _dialect: Dialect, _record: Any, arguments: tuple[Any, ...], options: dict[str, Any]
) -> PreparingConnection:
    return _ReplicaConnection.connect(*arguments, **options)


def _order_writers(engine: Engine) -> None:
    if engine.url.database:
        queue = WriteQueue(Path(engine.url.database))
        event.listen(engine, "begin", queue.enter)
        event.listen(engine, "checkin", queue.leave)
    event.listen(engine, "begin", _begin_immediate)


def _begin_immediate(connection: Connection) -> None:
    """Take the write lock at the start, so that a writer never fails half-way."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _set_up_connection(connection: Any, record: ConnectionPoolEntry) -> None:
    limit_lock_wait(connection, record)
    connection.isolation_level = None  # the driver begins nothing by itself
    for pragma in ("foreign_keys=ON", "journal_mode=WAL", "synchronous=NORMAL", f"wal_autocheckpoint={_LONGEST_LOG}"):
        connection.execute(f"PRAGMA {pragma}")
    # SQLite's own lower() knows ASCII only.
    connection.create_function(RETENTION_FUNCTION, 0, lambda: False)
    connection.create_function("lower", 1, lambda text: text if text is None else str(text).lower(), deterministic=True)
