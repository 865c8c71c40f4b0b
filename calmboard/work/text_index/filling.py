"""Takes the texts that wait into the index of their parts, many at once, so that no request pays for it.

PostgreSQL keeps the list of those that wait itself, and takes them in when it is long; the sooner, the less a search has to read.
"""

from typing import Any

from sqlalchemy import TextClause, text

from calmboard.db import autocommit, db, retry_conflicts

# So many in a transaction that nobody who writes waits long.
_BATCH_SIZE = 200
# An index of few rows is not worth the trouble.
_SPARE = 1_000


def index_waiting_texts() -> None:
    """Until none waits."""
    if db.engine.dialect.name == "postgresql":
        with autocommit() as connection:
            connection.execute(_TAKE_IN)
        return
    while _index_batch() == _BATCH_SIZE:
        pass


def merge_index() -> None:
    """Bring together what SQLite took in at many times, so that a part is looked up once and not in each of them."""
    for first, step in _MERGES if db.engine.dialect.name == "sqlite" else ():
        _merge(first)
        while _merge(step) > 1:
            pass


@retry_conflicts
def renew_sparse_index() -> None:
    """Start the index of SQLite over where most of what it holds is gone: what was changed or deleted stays in it until then."""
    if db.engine.dialect.name != "sqlite":
        return
    held, known = db.session.execute(_SIZES).one()
    for statement in _START_OVER if held > 2 * known + _SPARE else ():
        db.session.execute(statement)
    db.session.commit()


@retry_conflicts
def _merge(step: TextClause) -> int:
    """The number of rows that FTS5 changed; at its end it changes one, if any."""
    driver: Any = db.session.connection().connection.driver_connection
    before: int = driver.total_changes
    db.session.execute(step)
    changed: int = driver.total_changes - before
    db.session.commit()
    return changed


@retry_conflicts
def _index_batch() -> int:
    """The number of those that it took in."""
    values = {"batch_size": _BATCH_SIZE}
    for statement in _STEPS:
        db.session.execute(statement, values)
    taken = db.session.execute(_TAKEN, values).all()
    db.session.commit()
    return len(taken)


# None but the owner of the tables may; where the server is another, PostgreSQL takes them in when the list is long.
_TAKE_IN = text("""
    SELECT gin_clean_pending_list(oid) FROM pg_class
    WHERE oid IN (to_regclass('ix_tasks_texts'), to_regclass('ix_comments_texts')) AND pg_has_role(relowner, 'USAGE')
""")
_WAITING = "(SELECT row_id FROM search_waiting ORDER BY row_id LIMIT :batch_size)"
_PLACED = """(
    SELECT id, board_id FROM tasks WHERE id IN WAITING
    UNION ALL
    SELECT comments.id, board_id FROM comments JOIN tasks ON tasks.id = task_id WHERE comments.id IN WAITING
)"""
_STEPS = tuple(
    text(statement.replace("PLACED", _PLACED).replace("WAITING", _WAITING))
    for statement in (
        "DELETE FROM search_rows WHERE row_id IN WAITING",
        "INSERT OR IGNORE INTO search_boards (board_id, last) SELECT DISTINCT board_id, 0 FROM PLACED",
        """
        INSERT INTO search_rows (number, row_id)
        SELECT (search_boards.number << 32) + last + row_number() OVER (PARTITION BY search_boards.number ORDER BY id), id
        FROM PLACED placed JOIN search_boards ON search_boards.board_id = placed.board_id
        """,
        """
        UPDATE search_boards
        SET last = last + (SELECT count(*) FROM PLACED placed WHERE placed.board_id = search_boards.board_id)
        WHERE board_id IN (SELECT board_id FROM PLACED)
        """,
        """
        INSERT INTO search_tasks (rowid, title, description) SELECT search_rows.number, title_folded, description_folded
        FROM search_rows JOIN tasks ON tasks.id = row_id WHERE row_id IN WAITING
        """,
        """
        INSERT INTO search_comments (rowid, body) SELECT search_rows.number, body_folded
        FROM search_rows JOIN comments ON comments.id = row_id WHERE row_id IN WAITING
        """,
    )
)
_TAKEN = text("DELETE FROM search_waiting WHERE row_id IN WAITING RETURNING row_id".replace("WAITING", _WAITING))
_SIZES = text("SELECT (SELECT coalesce(sum(last), 0) FROM search_boards), (SELECT count(*) FROM search_rows)")
_START_OVER = tuple(
    text(statement)
    for statement in (
        "INSERT INTO search_tasks (search_tasks) VALUES ('delete-all')",
        "INSERT INTO search_comments (search_comments) VALUES ('delete-all')",
        "INSERT OR IGNORE INTO search_waiting SELECT row_id FROM search_rows",
        "DELETE FROM search_rows",
        "DELETE FROM search_boards",
    )
)
# So many pages at a time, a negative number to begin with: as SQLite's documentation of FTS5 says, section 6.8.
_MERGES = (
    (
        text("INSERT INTO search_tasks (search_tasks, rank) VALUES ('merge', -50)"),
        text("INSERT INTO search_tasks (search_tasks, rank) VALUES ('merge', 50)"),
    ),
    (
        text("INSERT INTO search_comments (search_comments, rank) VALUES ('merge', -50)"),
        text("INSERT INTO search_comments (search_comments, rank) VALUES ('merge', 50)"),
    ),
)
