"""A replica of the database: what it does not answer, the primary does."""

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, TypeVar

from sqlalchemy import Connection, CursorResult, Executable
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from calmboard.db import AnyRow, autocommit
from calmboard.prepared import Prepared, Reads, prepared_reads

RETRY_S = 10

T = TypeVar("T")


class Replica:
    """The bind `replica`. When it does not answer it is left alone for RETRY_S, and then tried by one request at a time."""

    def __init__(self) -> None:
        self._next_try_at: float | None = None

    @contextmanager
    def connect(self) -> Iterator[Reads]:
        """A connection that goes on at the primary with the first statement that the replica does not answer."""
        with ExitStack() as stack:
            connection = self._connect(stack) if self._may_try() else None
            yield stack.enter_context(prepared_reads()) if connection is None else _ReplicaReads(self, stack, connection)

    def pause(self, error: Exception) -> None:
        self._next_try_at = time.monotonic() + RETRY_S
        logging.getLogger(__name__).warning("The replica does not answer; the primary does for %s s: %s", RETRY_S, error)

    def _may_try(self) -> bool:
        if self._next_try_at is None:
            return True
        at = time.monotonic()
        if at < self._next_try_at:
            return False
        self._next_try_at = at + RETRY_S  # nobody else waits for this attempt
        return True

    def _connect(self, stack: ExitStack) -> Connection | None:
        try:
            connection = stack.enter_context(autocommit("replica"))
        except (DBAPIError, PoolTimeout) as error:
            self.pause(error)
            return None
        self._next_try_at = None
        return connection


class _ReplicaReads:
    def __init__(self, replica: Replica, stack: ExitStack, connection: Connection) -> None:
        self._replica = replica
        self._stack = stack
        self._connection = connection
        self._is_primary = False

    def execute(self, statement: Executable, parameters: Mapping[str, Any] | None = None, /) -> CursorResult[*tuple[Any, ...]]:
        return self._answer(lambda connection: connection.execute(statement, parameters))

    def all(self, statement: Prepared, values: Mapping[str, Any]) -> list[AnyRow]:
        return self._answer(lambda connection: statement.all(connection, values))

    def _answer(self, read: Callable[[Connection], T]) -> T:
        """A replica also cancels what stands in the way of its replay, and lags behind a migration."""
        if not self._is_primary:
            try:
                return read(self._connection)
            except DBAPIError as error:
                if error.connection_invalidated:
                    self._replica.pause(error)
                self._connection = self._stack.enter_context(autocommit())
                self._is_primary = True
        return read(self._connection)
