"""What an app sends to its database."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from sqlalchemy import event

from calmboard.db import db

Statement = tuple[str, Any]


@contextmanager
def watched(app: Flask) -> Iterator[list[Statement]]:
    """Every statement of the block with its parameters, in order. What the driver is asked past SQLAlchemy is not seen."""
    statements: list[Statement] = []

    def keep(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        statements.append((statement, parameters))

    with _heard(app, "before_cursor_execute", keep):
        yield statements


@contextmanager
def lent(app: Flask) -> Iterator[list[object]]:
    """Each connection of the block, as it was taken from its pool."""
    taken: list[object] = []
    with _heard(app, "checkout", lambda connection, *_rest: taken.append(connection)):
        yield taken


@contextmanager
def _heard(app: Flask, what: str, keep: Callable[..., None]) -> Iterator[None]:
    with app.app_context():
        engines = list(db.engines.values())
    for engine in engines:
        event.listen(engine, what, keep)
    try:
        yield
    finally:
        for engine in engines:
            event.remove(engine, what, keep)
