"""The statements that an app sends to its database."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import get_ident
from typing import Any

from flask import Flask
from sqlalchemy import event

from calmboard.db import db

Statement = tuple[str, Any]


@contextmanager
def recorded(app: Flask, bind: str | None = None) -> Iterator[list[Statement]]:
    """Every statement of the block with its parameters, in order; `bind` names the one engine to listen to.

    What bypasses SQLAlchemy is not recorded, nor what other threads do meanwhile, such as that of the log of requests.
    """
    statements: list[Statement] = []
    thread = get_ident()

    def record(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if get_ident() == thread:
            statements.append((statement, parameters))

    with listening(app, "before_cursor_execute", record, bind):
        yield statements


@contextmanager
def checked_out(app: Flask) -> Iterator[list[object]]:
    """Each connection that the block checked out of its pool."""
    connections: list[object] = []
    with listening(app, "checkout", lambda connection, *_rest: connections.append(connection)):
        yield connections


@contextmanager
def listening(app: Flask, event_name: str, record: Callable[..., None], bind: str | None = None) -> Iterator[None]:
    """Call `record` at each such event of the app's engines, or of the one engine of a bind."""
    with app.app_context():
        engines = list(db.engines.values()) if bind is None else [db.engines[bind]]
    for engine in engines:
        event.listen(engine, event_name, record)
    try:
        yield
    finally:
        for engine in engines:
            event.remove(engine, event_name, record)
