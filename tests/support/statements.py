"""What an app sends to its database."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from sqlalchemy import event

from calmboard.db import db

Statement = tuple[str, Any]


@contextmanager
def watched(app: Flask) -> Iterator[list[Statement]]:
    """Every statement of the block with its parameters, in order."""
    statements: list[Statement] = []

    def keep(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        statements.append((statement, parameters))

    with app.app_context():
        engines = list(db.engines.values())
    for engine in engines:
        event.listen(engine, "before_cursor_execute", keep)
    try:
        yield statements
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", keep)
