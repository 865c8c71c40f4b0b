"""The short numbers of tasks, which people say and type: counted in each project, and never used twice."""

from collections.abc import Iterable
from functools import cache
from typing import Any

from sqlalchemy import bindparam
from sqlalchemy.dialects import postgresql, sqlite

from calmboard.db import db
from calmboard.models import TaskCounter
from calmboard.prepared import Prepared


def next_number(project_id: str) -> int:
    """The next number of the project, whose counter is locked until the commit: what is rolled back leaves no gap."""
    return _count(project_id, 1)


def lock_numbers(project_ids: Iterable[str]) -> None:
    """Keep others from numbering tasks of these projects until the commit: who creates in several locks them in one order."""
    for project_id in sorted(set(project_ids)):
        _count(project_id, 0)


def _count(project_id: str, step: int) -> int:
    statement = _count_up(db.engine.dialect.name)
    (row,) = statement.all(db.session.connection(), {"project_id": project_id, "step": step})
    number: int = row.last_number
    return number


@cache
def _count_up(dialect: str) -> Prepared:
    insert: Any = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}[dialect]
    first = insert(TaskCounter).values(project_id=bindparam("project_id"), last_number=bindparam("step"))
    counted = first.on_conflict_do_update(
        index_elements=[TaskCounter.project_id], set_={"last_number": TaskCounter.last_number + bindparam("step")}
    )
    return Prepared(counted.returning(TaskCounter.last_number))
