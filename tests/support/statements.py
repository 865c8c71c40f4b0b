"""The statements that an app sends to its database."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from sqlalchemy import event

from calmboard.db import db

Statement = tuple[str, Any]


@contextmanager
def recorded(app: Flask) -> Iterator[list[Statement]]:
    """Every statement of the block with its parameters, in order. What bypasses SQLAlchemy is not recorded."""
    statements: list[Statement] = []

    def record(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        statements.append((statement, parameters))

    with _listening(app, "before_cursor_execute", record):
        yield statements


@contextmanager
def checked_out(app: Flask) -> Iterator[list[object]]:
    """Each connection that the block checked out of its pool."""
    connections: list[object] = []
    with _listening(app, "checkout", lambda connection, *_rest: connections.append(connection)):
        yield connections


@contextmanager
def _listening(app: Flask, event_name: str, record: Callable[..., None]) -> Iterator[None]:
    with app.app_context():
        engines = list(db.engines.values())
    for engine in engines:
        event.listen(engine, event_name, record)
    try:
        yield
    finally:
        for engine in engines:
            event.remove(engine, event_name, record)
