"""Somebody else who writes to the database for long: whoever only reads does not wait for them."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

from flask import Flask
from sqlalchemy.engine import make_url

from calmboard.settings import SETTINGS


@contextmanager
def writing_elsewhere(app: Flask) -> Iterator[None]:
    """Hold the one lock of all writers to SQLite."""
    path = make_url(SETTINGS.get(app).database_url).database or ""
    with closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        yield
        holder.execute("ROLLBACK")
