"""Runs migrations on the app's database: in one transaction, and one process at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Literal

from alembic import context
from flask import current_app
from sqlalchemy import Connection, Engine, TypeDecorator, text

from calmboard.models import User
from calmboard.models.text_index import is_compared

# Any number does, as long as nothing else in the database locks by it.
_LOCK = 7_265_001


def migrate(engine: Engine) -> None:
    with engine.connect() as connection, _foreign_keys_off(connection), connection.begin():
        _wait_for_others(connection)
        context.configure(connection=connection, transactional_ddl=True, **_options())
        context.run_migrations()
        _need_whole_references(connection)


def print_sql(engine: Engine) -> None:
    """Write the statements out instead of running them (`--sql`)."""
    context.configure(dialect_name=engine.dialect.name, literal_binds=True, **_options())
    with context.begin_transaction():
        context.run_migrations()


@contextmanager
def _foreign_keys_off(connection: Connection) -> Iterator[None]:
    """SQLite changes a table by making it anew; with foreign keys on, dropping the old one would empty its children."""
    if connection.dialect.name != "sqlite":
        yield
        return
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys=ON")


def _wait_for_others(connection: Connection) -> None:
    """Let nodes that start together upgrade one after the other. SQLite's own lock does that already."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


def _options() -> dict[str, Any]:
    return {
        "target_metadata": User.metadata,
        "include_name": _is_ours,
        "include_object": partial(is_compared, current_app.extensions["migrate"].db.engine.dialect.name),
        "render_item": _render_plainly,
        **current_app.extensions["migrate"].configure_args,
    }


def _is_ours(name: str | None, kind: str, _parents: Any) -> bool:
    """The queue may live in the same database and keeps its own tables there."""
    return not (kind == "table" and name is not None and name.startswith("huey_"))


def _render_plainly(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Write a column type of ours as the type beneath it: a migration stays as it was when the code moves on."""
    return f"sa.{item.impl_instance!r}" if kind == "type" and isinstance(item, TypeDecorator) else False


def _need_whole_references(connection: Connection) -> None:
    if connection.dialect.name == "sqlite" and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
        raise RuntimeError("The migration leaves rows that refer to nothing. It was undone.")


if context.is_offline_mode():
    print_sql(current_app.extensions["migrate"].db.engine)
else:
    migrate(current_app.extensions["migrate"].db.engine)
