"""Which tasks are in which sprint, and since when: reports are read from this."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select, update

from calmboard.clock import now
from calmboard.db import db
from calmboard.events.touched import touch
from calmboard.models import Sprint, SprintTask, Task


def move_to_sprint(task_ids: Collection[str], sprint_id: str | None, at: datetime | None = None) -> None:
    """Put tasks into a sprint, or with None into no sprint, now or at the given time; the caller commits.

    A task that is in it already stays unchanged, with the time it was added. The caller has locked the board, since the sprints
    tell how many tasks they hold.
    """
    moving = select(Task.id, Task.sprint_id).where(Task.id.in_(task_ids), Task.sprint_id.is_distinct_from(sprint_id))
    sprint_of = {row.id: row.sprint_id for row in db.session.execute(moving)}
    if not sprint_of:
        return
    moved, at = list(sprint_of), at or now()
    removal = update(SprintTask).where(SprintTask.task_id.in_(moved), SprintTask.removed_at.is_(None))
    db.session.execute(removal.values(removed_at=at))
    db.session.execute(update(Task).where(Task.id.in_(moved)).values(sprint_id=sprint_id, updated_at=at))
    if sprint_id is not None:
        db.session.add_all(SprintTask(sprint_id=sprint_id, task_id=task_id, added_at=at) for task_id in moved)
    touch(Sprint, [other_id for other_id in {sprint_id, *sprint_of.values()} if other_id is not None], at)
