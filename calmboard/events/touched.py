"""`updated_at` of what shows something that has changed: it moves whenever anything in its representation does.

So whoever mirrors a board by `updated_since` misses nothing. In one statement, which locks in the order of the ids.
"""

from collections.abc import Collection
from datetime import datetime
from functools import cache

from sqlalchemy import ColumnElement, Select, Update, bindparam, select, update

from calmboard.clock import now
from calmboard.db import AnySelect, db
from calmboard.models import Board, Comment, Project, Sprint, Task
from calmboard.prepared import Prepared, is_one_of

_Touched = Project | Board | Sprint | Task | Comment


def touch(table: type[_Touched], row_ids: AnySelect | Collection[str], at: datetime | None = None) -> None:
    """Move `updated_at` of rows, by their ids or a SELECT of them; the caller commits."""
    db.session.flush()
    if isinstance(row_ids, Select):
        statement = _touch(table, table.id.in_(row_ids)).values(updated_at=at or now())
        db.session.execute(statement, execution_options={"synchronize_session": False})
    else:
        _touch_some(table).all(db.session.connection(), {"row_ids": row_ids, "at": at or now()})


@cache
def _touch_some(table: type[_Touched]) -> Prepared:
    return Prepared(_touch(table, is_one_of(table.id, "row_ids")).values(updated_at=bindparam("at", type_=table.updated_at.type)))


def _touch(table: type[_Touched], condition: ColumnElement[bool]) -> Update:
    locked = select(table.id).where(condition).order_by(table.id).with_for_update(key_share=True)
    return update(table).where(table.id.in_(locked))
