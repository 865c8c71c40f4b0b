"""Index the texts of tasks and comments by what three characters in a row occur in, so that a part of a word finds them."""

from alembic import op
from sqlalchemy.exc import DBAPIError

revision = "0017"
down_revision = "0016"

_EXTENSIONS = ("pg_trgm", "btree_gin")
_FTS = "content='', columnsize=0, tokenize='trigram case_sensitive 1'"
_TABLES = (
    f"CREATE VIRTUAL TABLE search_tasks USING fts5(title, description, {_FTS}, detail=column)",
    f"CREATE VIRTUAL TABLE search_comments USING fts5(body, {_FTS}, detail=none)",
    "CREATE TABLE search_boards (number INTEGER PRIMARY KEY, board_id VARCHAR(40) NOT NULL UNIQUE, last INTEGER NOT NULL)",
    "CREATE TABLE search_rows (number INTEGER PRIMARY KEY, row_id VARCHAR(40) NOT NULL UNIQUE)",
    "CREATE TABLE search_waiting (row_id VARCHAR(40) PRIMARY KEY) WITHOUT ROWID",
)
_TEXTS = {"tasks": "title_folded, description_folded", "comments": "body_folded"}
# What is there already joins those that wait; the worker takes them in.
_WAIT = ("INSERT INTO search_waiting SELECT id FROM tasks", "INSERT INTO search_waiting SELECT id FROM comments")


def upgrade() -> None:
    if op.get_context().dialect.name == "sqlite":
        triggers = (trigger for table, texts in _TEXTS.items() for trigger in _triggers(table, texts))
        for statement in _TABLES:
            _create_index_of_parts(statement)
        for statement in (*triggers, *_WAIT):
            op.execute(statement)
    else:
        for extension in _EXTENSIONS:
            _create_extension(extension)
        of_parts = dict.fromkeys(("title_folded", "description_folded", "body_folded"), "gin_trgm_ops")
        texts = ["board_id", "title_folded", "description_folded"]
        op.create_index("ix_tasks_texts", "tasks", texts, postgresql_using="gin", postgresql_ops=of_parts)
        op.create_index("ix_comments_texts", "comments", ["body_folded"], postgresql_using="gin", postgresql_ops=of_parts)


def downgrade() -> None:
    """The extensions may serve others as well, so they stay."""
    if op.get_context().dialect.name == "sqlite":
        for table in _TEXTS:
            for event in ("new", "changed", "deleted"):
                op.execute(f"DROP TRIGGER search_{event}_{table}")
        for table in ("tasks", "comments", "boards", "rows", "waiting"):
            op.execute(f"DROP TABLE search_{table}")
    else:
        op.drop_index("ix_comments_texts", "comments")
        op.drop_index("ix_tasks_texts", "tasks")


def _triggers(table: str, texts: str) -> tuple[str, ...]:
    wait = "INSERT OR IGNORE INTO search_waiting VALUES (NEW.id);"
    forget = "DELETE FROM search_rows WHERE row_id = OLD.id; DELETE FROM search_waiting WHERE row_id = OLD.id;"
    return (
        f"CREATE TRIGGER search_new_{table} AFTER INSERT ON {table} BEGIN {wait} END",
        f"CREATE TRIGGER search_changed_{table} AFTER UPDATE OF {texts} ON {table} BEGIN {wait} END",
        f"CREATE TRIGGER search_deleted_{table} AFTER DELETE ON {table} BEGIN {forget} END",
    )


def _create_extension(name: str) -> None:
    try:
        op.execute(f"CREATE EXTENSION IF NOT EXISTS {name}")
    except DBAPIError as error:
        raise RuntimeError(
            f"Searches need the extension {name}, which comes with PostgreSQL. The migration could not create it and was undone. "
            f"Let an administrator run CREATE EXTENSION {name} in this database, and upgrade again."
        ) from error


def _create_index_of_parts(statement: str) -> None:
    try:
        op.execute(statement)
    except DBAPIError as error:
        raise RuntimeError(
            "Searches need SQLite 3.35 or later with FTS5. The migration was undone. Use a Python that has it, and upgrade again."
        ) from error
