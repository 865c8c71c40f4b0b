"""`updated_at` of what shows something that has changed: it moves whenever anything in its representation does.

So whoever mirrors a board by `updated_since` misses nothing. In one statement, which locks in the order of the ids.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select, update

from calmboard.clock import now
from calmboard.db import AnySelect, db
from calmboard.models import Board, Comment, Project, Sprint, Task


def touch(
    table: type[Project | Board | Sprint | Task | Comment], row_ids: AnySelect | Collection[str], at: datetime | None = None
) -> None:
    """Move `updated_at` of rows, by their ids or a SELECT of them; the caller commits."""
    locked = select(table.id).where(table.id.in_(row_ids)).order_by(table.id).with_for_update(key_share=True)
    statement = update(table).where(table.id.in_(locked)).values(updated_at=at or now())
    db.session.execute(statement, execution_options={"synchronize_session": False})
