"""What finds tasks and comments by a part of their texts: an index of all that three characters in a row occur in.

PostgreSQL has it by an extension, and the indexes stand with their tables. On SQLite it is a table of FTS5. To write either with
each task would cost as much as the task. So a row only joins those that wait, in a list that PostgreSQL keeps itself;
`calmboard/work/text_index/` takes them in, many at once, and until then whoever searches reads those that wait as well.
"""

from typing import Any

from sqlalchemy import Connection, MetaData, event

from calmboard.models.discussion import Comment
from calmboard.models.work import Task

EXTENSIONS = ("pg_trgm", "btree_gin")

_FTS = "content='', columnsize=0, tokenize='trigram case_sensitive 1'"
# A row's number begins with that of its board. A row that changes gets a new one: what stood under the old one is passed over.
_TABLES = (
    f"CREATE VIRTUAL TABLE search_tasks USING fts5(title, description, {_FTS}, detail=column)",
    f"CREATE VIRTUAL TABLE search_comments USING fts5(body, {_FTS}, detail=none)",
    "CREATE TABLE search_boards (number INTEGER PRIMARY KEY, board_id VARCHAR(40) NOT NULL UNIQUE, last INTEGER NOT NULL)",
    "CREATE TABLE search_rows (number INTEGER PRIMARY KEY, row_id VARCHAR(40) NOT NULL UNIQUE)",
    "CREATE TABLE search_waiting (row_id VARCHAR(40) PRIMARY KEY) WITHOUT ROWID",
)
_TEXTS = {"tasks": "title_folded, description_folded", "comments": "body_folded"}


def is_compared(dialect: str, _item: Any, name: str | None, kind: str, *_reflected: Any) -> bool:
    """What Alembic compares: on SQLite neither these tables nor the indexes that PostgreSQL has for the same, and there none
    of the log's partitions, which come and go.
    """
    if dialect != "sqlite":
        return not (kind == "table" and str(name).startswith("request_log_kept_"))
    return not (kind == "table" and str(name).startswith("search_")) and not (kind == "index" and str(name).endswith("_texts"))


def _triggers(table: str, texts: str) -> tuple[str, ...]:
    wait = "INSERT OR IGNORE INTO search_waiting VALUES (NEW.id);"
    forget = "DELETE FROM search_rows WHERE row_id = OLD.id; DELETE FROM search_waiting WHERE row_id = OLD.id;"
    return (
        f"CREATE TRIGGER search_new_{table} AFTER INSERT ON {table} BEGIN {wait} END",
        f"CREATE TRIGGER search_changed_{table} AFTER UPDATE OF {texts} ON {table} BEGIN {wait} END",
        f"CREATE TRIGGER search_deleted_{table} AFTER DELETE ON {table} BEGIN {forget} END",
    )


@event.listens_for(Task.metadata, "before_create")
def _create_extensions(_metadata: MetaData, connection: Connection, **_options: Any) -> None:
    for extension in EXTENSIONS if connection.dialect.name == "postgresql" else ():
        connection.exec_driver_sql(f"CREATE EXTENSION IF NOT EXISTS {extension}")


@event.listens_for(Comment.__table__, "after_create")
def _create_tables(_table: Any, connection: Connection, **_options: Any) -> None:
    statements = (*_TABLES, *(trigger for table, texts in _TEXTS.items() for trigger in _triggers(table, texts)))
    for statement in statements if connection.dialect.name == "sqlite" else ():
        connection.exec_driver_sql(statement)
