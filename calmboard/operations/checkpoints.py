"""Moves SQLite's write-ahead log into its file, which else a request does that has written, and waits for the disk.

https://www.sqlite.org/wal.html#checkpointing: a passive one stands in nobody's way.
"""

import logging

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from calmboard.db import autocommit, db

_log = logging.getLogger(__name__)


def is_logged() -> bool:
    return db.engines["autocommit"].dialect.name == "sqlite"


def move_log() -> int:
    """Returns how many pages are left in the log alone."""
    try:
        with autocommit() as connection:
            _, pages, moved = connection.execute(text("PRAGMA wal_checkpoint(PASSIVE)")).one()
    except SQLAlchemyError as error:
        _log.warning("The database's log was not moved into its file: %s", error)
        return 0
    return int(pages - moved)
