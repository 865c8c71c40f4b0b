"""One lock a project, taken before any other by all that write in it: with others, or alone to take something away.

What is checked under it holds until the commit, since whoever would take it away has to wait. Further locks follow in one
order, so that there are no deadlocks: boards, then tasks, each by their ids. PostgreSQL's advisory locks are fair: whoever waits
to be alone is passed by nobody, while locks of a row that many share would let others in for ever. On SQLite every
transaction of `db.session` is alone.
"""

from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import ColumnElement, func, select

from calmboard.db import db
from calmboard.models import Project

ProjectLock = Callable[[Any], ColumnElement[Any]]


def lock_with_others(project_id: Any) -> ColumnElement[Any]:
    """The expression whose reading takes the lock until the commit, unless somebody is alone in the project."""
    return func.pg_advisory_xact_lock_shared(func.hashtextextended(project_id, 0))


def lock_alone(project_id: Any) -> ColumnElement[Any]:
    """As `lock_with_others`, once nobody else has the lock."""
    return func.pg_advisory_xact_lock(func.hashtextextended(project_id, 0))


def lock_projects(project_ids: Iterable[str]) -> None:
    """Take the locks of several projects with others, in one order."""
    if db.engine.dialect.name != "sqlite":
        ordered = select(Project.id).where(Project.id.in_(set(project_ids))).order_by(Project.id).subquery()
        db.session.execute(select(lock_with_others(ordered.c.id)))
