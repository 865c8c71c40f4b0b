"""Leases on rows: they are renewed for as long as the process that works on them lives, and end soon after it."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cache

from sqlalchemy import ColumnElement, Engine, Update, update
from sqlalchemy.exc import SQLAlchemyError

from calmboard.clock import now
from calmboard.db import Base, db

LEASE = timedelta(seconds=10)
# Two renewals may fail before a lease ends.
_INTERVAL_S = LEASE.total_seconds() / 3


@contextmanager
def renewed(table: type[Base], rows: ColumnElement[bool]) -> Iterator[None]:
    """Push `leased_until` of these rows ahead while the block runs, if that takes long."""
    lease = _Lease(db.engines["autocommit"], update(table).where(rows))
    _renewal().held.add(lease)
    try:
        yield
    finally:
        _renewal().held.discard(lease)


class _Lease:
    def __init__(self, engine: Engine, of_rows: Update) -> None:
        self._engine = engine
        self._of_rows = of_rows

    def renew(self) -> None:
        try:
            with self._engine.connect() as connection:
                connection.execute(self._of_rows.values(leased_until=now() + LEASE))
        except SQLAlchemyError as error:
            logging.getLogger(__name__).warning("A lease could not be renewed: %s", error)


class _Renewal:
    """The one thread of this process that renews."""

    def __init__(self) -> None:
        self.held: set[_Lease] = set()
        threading.Thread(target=self._renew_over_and_over, name="leases", daemon=True).start()

    def _renew_over_and_over(self) -> None:
        while True:
            time.sleep(_INTERVAL_S)
            for lease in list(self.held):
                lease.renew()


@cache
def _renewal() -> _Renewal:
    return _Renewal()
