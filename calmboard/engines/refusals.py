"""What the database refuses, as problems: what is the matter, and what still works."""

import sqlite3

import psycopg
from sqlalchemy.exc import DatabaseError, InterfaceError, OperationalError, PendingRollbackError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from calmboard.errors import Problem, Unavailable

_NO_ANSWER = "CalmBoard's database does not answer. Try again in a few seconds."
_FULL = "The disk of CalmBoard's database is full, so nothing can be saved. What is there can be read."
_READ_ONLY = "CalmBoard's database can only be read at the moment, so nothing can be saved."
_BUSY = "Another program holds CalmBoard's database, so this had to wait too long. Nothing was changed; try again."
_FAILING = "CalmBoard's database cannot be read or written: its disk is full, or fails."
_DAMAGED = "CalmBoard's database cannot be read, because its file is damaged or is not one."

# https://www.sqlite.org/rescode.html: the primary code is the lowest byte.
_BY_SQLITE_CODE = {
    sqlite3.SQLITE_BUSY: _BUSY,
    sqlite3.SQLITE_LOCKED: _BUSY,
    sqlite3.SQLITE_READONLY: _READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: _FAILING,
    sqlite3.SQLITE_IOERR: _FAILING,
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
}
# https://www.postgresql.org/docs/current/errcodes-appendix.html
_BY_SQLSTATE = {
    "25006": _READ_ONLY,  # read_only_sql_transaction
    "53100": _FULL,  # disk_full
    "58030": _FAILING,  # io_error
}


def as_unavailable(error: Exception) -> Problem | None:
    """The problem that an error of the database is which time or its operator mends, or None for any other."""
    sentence = _sentence(error)
    if sentence is None:
        return None
    problem = Unavailable(sentence)
    problem.__cause__ = error
    return problem


def _sentence(error: Exception) -> str | None:
    original = getattr(error, "orig", None) if isinstance(error, SQLAlchemyError) else None
    if isinstance(original, sqlite3.Error):
        found = _BY_SQLITE_CODE.get(getattr(original, "sqlite_errorcode", 0) & 0xFF)
    elif isinstance(original, psycopg.Error):
        found = _BY_SQLSTATE.get(original.sqlstate or "")
    else:
        found = None
    return found or (_NO_ANSWER if _is_lost(error) else None)


def _is_lost(error: Exception) -> bool:
    if isinstance(error, DatabaseError) and error.connection_invalidated:
        return True
    return isinstance(error, OperationalError | InterfaceError | PendingRollbackError | PoolTimeout)
