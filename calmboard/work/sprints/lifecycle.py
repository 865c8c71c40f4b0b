"""Sprints: planned, started, completed; a board has one active sprint at most."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, delete, func, select, update
from sqlalchemy.exc import IntegrityError

from calmboard.access.access import Access
from calmboard.access.permissions import find, find_for_update, find_place, require_role, require_scope
from calmboard.access.reads import replica_reads
from calmboard.clock import now
from calmboard.db import AnyRow, db, retry_conflicts
from calmboard.errors import Conflict, FieldError, ValidationFailed
from calmboard.events.activity import record
from calmboard.events.touched import touch
from calmboard.models import Board, Sprint, Task
from calmboard.models.columns import with_folded
from calmboard.pagination import Order, Page, PageRequest, order_and_limit, read_page
from calmboard.preconditions import Precondition, no_precondition
from calmboard.prepared import Prepared, is_one_of
from calmboard.work.changed_values import changed_values
from calmboard.work.tasks.positions import lock_boards, rank_at, rank_between
from calmboard.work.tasks.sprint_scope import move_to_sprint

LENGTH_DAYS = 14
MAX_LENGTH = timedelta(days=366)


def _count_tasks(*conditions: ColumnElement[bool]) -> Any:
    return select(func.count()).where(Task.sprint_id == Sprint.id, *conditions).correlate(Sprint).scalar_subquery()


COLUMNS = (
    Sprint.id,
    Sprint.board_id,
    Sprint.name,
    Sprint.goal,
    Sprint.state,
    Sprint.starts_on,
    Sprint.ends_on,
    Sprint.started_at,
    Sprint.completed_at,
    _count_tasks().label("task_count"),
    _count_tasks(Task.state == "done").label("done_count"),
    Sprint.created_at,
    Sprint.updated_at,
)
_BY_ID = Order((Sprint.id,))
_PLANNED = select(Sprint.id).where(Sprint.board_id == bindparam("board_id"), Sprint.state == "planned").order_by(Sprint.id)
_MAX_CHOICES = 10


@dataclass(frozen=True, slots=True)
class SprintCompletion:
    """What completing a sprint does: the sprint, and the ids of the tasks that leave it, in the order of the board."""

    sprint: AnyRow
    task_ids: Sequence[str]


def list_sprints(access: Access, board_id: str, page_request: PageRequest, states: Sequence[str] | None = None) -> Page[AnyRow]:
    """The sprints of a board, oldest first. Raises NotFound and Forbidden as `find` does."""
    require_scope(access, "sprints:read")
    find(access, Board, board_id)
    statement = _sprint_list(states is not None, page_request.after is not None)
    with replica_reads(access) as connection:
        return read_page(connection, statement, page_request, {"board_id": board_id, "states": states})


def read_sprint(access: Access, sprint_id: str) -> AnyRow:
    """Raises NotFound where there is none, Forbidden without access."""
    require_scope(access, "sprints:read")
    return find(access, Sprint, sprint_id, *COLUMNS)


@retry_conflicts
def create_sprint(access: Access, board_id: str, new: Mapping[str, Any]) -> AnyRow:
    """Plan a sprint. Raises ValidationFailed where it would end before it starts, or last too long."""
    sprint_id = add_sprint(access, board_id, new)
    db.session.commit()
    return read_sprint(access, sprint_id)


@retry_conflicts
def change_sprint(
    access: Access, sprint_id: str, changes: Mapping[str, Any], precondition: Precondition = no_precondition
) -> AnyRow:
    """Change the fields that are given and leave the others.

    Raises as `create_sprint` does, and PreconditionFailed where the precondition fails.
    """
    apply_changes(access, lock_sprint(access, sprint_id, precondition), changes)
    db.session.commit()
    return read_sprint(access, sprint_id)


@retry_conflicts
def delete_sprint(access: Access, sprint_id: str, precondition: Precondition = no_precondition) -> None:
    """Delete a planned sprint; its tasks stay, in no sprint. Raises Conflict where it was started."""
    sprint = lock_sprint(access, sprint_id, precondition)
    if sprint.state != "planned":
        raise Conflict(f"This sprint is {sprint.state}. Only a planned sprint can be deleted: reports tell of the others.")
    move_to_sprint(_lock_tasks(sprint_id), None)
    db.session.execute(delete(Sprint).where(Sprint.id == sprint_id))
    record(access, "sprint.deleted", sprint.in_project, sprint_id, board_id=sprint.board_id, changes={"name": sprint.name})
    db.session.commit()


@retry_conflicts
def start_sprint(access: Access, sprint_id: str) -> AnyRow:
    """Start a planned sprint: today, for two weeks, where no days were planned.

    Raises Conflict where it is not planned, would end before it starts, or the board has an active one.
    """
    sprint = lock_sprint(access, sprint_id)
    if sprint.state != "planned":
        raise Conflict(f"This sprint is {sprint.state}. Only a planned sprint can be started.")
    started_at = now()
    starts_on, ends_on = _days(sprint, started_at.date())
    values = {"state": "active", "started_at": started_at, "starts_on": starts_on, "ends_on": ends_on}
    try:
        _write(access, "sprint.started", sprint, values)
    except IntegrityError:
        raise Conflict("This board has an active sprint. Complete that one first.") from None
    db.session.commit()
    return read_sprint(access, sprint_id)


@retry_conflicts
def complete_sprint(
    access: Access,
    sprint_id: str,
    unfinished: str | None = None,
    move_to: str | None = None,
    precondition: Precondition = no_precondition,
) -> AnyRow:
    """Complete the active sprint. Done tasks stay in it; the others leave it.

    They go to the column `backlog`, or `keep` theirs, as `unfinished` says, or into the planned sprint `move_to`.
    The precondition is called with the SprintCompletion. Raises as `require_one_destination` and `require_completable` do.
    """
    require_one_destination(unfinished, move_to)
    sprint = lock_sprint(access, sprint_id)
    require_completable(db.session.connection(), sprint, move_to)
    task_ids = _lock_tasks(sprint_id, Task.state != "done")
    precondition(SprintCompletion(sprint, task_ids))
    completed_at = now()
    # The same moment, to the microsecond: reports recognise by it what was carried over.
    move_to_sprint(task_ids, move_to, completed_at)
    if unfinished == "backlog":
        _move_to_backlog(sprint.board_id, task_ids)
    _write(access, "sprint.completed", sprint, {"state": "completed", "completed_at": completed_at})
    db.session.commit()
    return read_sprint(access, sprint_id)


def require_one_destination(unfinished: str | None, move_to: str | None) -> None:
    """Raises ValidationFailed unless exactly one of the two says where the unfinished tasks go."""
    if (unfinished is None) == (move_to is None):
        detail = "Send unfinished or move_to, one of them, for the tasks that are not done."
        code = "required" if unfinished is None else "contradiction"
        raise ValidationFailed(errors=tuple(FieldError(f"/{name}", code, detail) for name in ("unfinished", "move_to")))


def require_completable(connection: Connection, sprint: AnyRow, move_to: str | None) -> None:
    """Raises Conflict for a sprint that is not active, ValidationFailed where its board has no planned sprint `move_to`."""
    if sprint.state != "active":
        raise Conflict(f"This sprint is {sprint.state}. Only an active sprint can be completed.")
    if move_to is None:
        return
    planned = connection.execute(_PLANNED, {"board_id": sprint.board_id}).scalars().all()
    if move_to not in planned:
        detail = "This board has no planned sprint with this id."
        raise ValidationFailed(errors=(FieldError("/move_to", "unknown_value", detail, tuple(planned[:_MAX_CHOICES])),))


def add_sprint(access: Access, board_id: str, new: Mapping[str, Any]) -> str:
    """As `create_sprint`, for a caller that commits; returns the id."""
    board = find_for_update(access, Board, board_id)
    require_role(access, board.role, "sprints:write")
    _require_valid_dates(new, new.get("starts_on"), new.get("ends_on"))
    sprint = Sprint(board_id=board_id, **new)
    db.session.add(sprint)
    db.session.flush()
    record(access, "sprint.created", board.in_project, sprint.id, board_id=board_id, changes=new)
    return sprint.id


def apply_changes(access: Access, sprint: AnyRow, changes: Mapping[str, Any]) -> None:
    """As `change_sprint`, on a locked sprint, for a caller that commits."""
    _require_valid_dates(changes, changes.get("starts_on", sprint.starts_on), changes.get("ends_on", sprint.ends_on))
    if new := changed_values(sprint, changes):
        _write(access, "sprint.changed", sprint, new)


def lock_sprint(access: Access, sprint_id: str, precondition: Precondition = no_precondition) -> AnyRow:
    """The sprint, locked until the commit together with its board, so that no task is added or removed meanwhile."""
    found = find_place(access, Sprint, sprint_id, Sprint.board_id)
    require_role(access, found.role, "sprints:write")
    lock_boards(found.board_id)
    sprint = find_for_update(access, Sprint, sprint_id, *COLUMNS)
    precondition(sprint)
    return sprint


@cache
def _sprint_list(by_state: bool, after_cursor: bool) -> Prepared:
    statement = select(*COLUMNS).where(Sprint.board_id == bindparam("board_id"))
    if by_state:
        statement = statement.where(is_one_of(Sprint.state, "states"))
    return order_and_limit(statement, _BY_ID, after_cursor=after_cursor)


def _write(access: Access, what: str, sprint: AnyRow, values: Mapping[str, Any]) -> None:
    db.session.execute(update(Sprint).where(Sprint.id == sprint.id).values(**with_folded(Sprint, values), updated_at=now()))
    record(access, what, sprint.in_project, sprint.id, board_id=sprint.board_id, changes=values)


def _require_valid_dates(changes: Mapping[str, Any], starts_on: date | None, ends_on: date | None) -> None:
    if starts_on is None or ends_on is None or timedelta(0) <= ends_on - starts_on < MAX_LENGTH:
        return
    pointer = "/ends_on" if "ends_on" in changes else "/starts_on"
    detail = f"From {starts_on} to {ends_on} is no sprint: let it end on its first day or later, {MAX_LENGTH.days} days at most."
    raise ValidationFailed(errors=(FieldError(pointer, "out_of_range", detail),))


def _days(sprint: AnyRow, today: date) -> tuple[date, date]:
    """First and last day of a sprint that starts, as far as they were planned."""
    starts_on = sprint.starts_on or today
    ends_on = sprint.ends_on or starts_on + min(timedelta(days=LENGTH_DAYS - 1), date.max - starts_on)
    if ends_on < starts_on:
        raise Conflict(f"This sprint was to end on {ends_on}. Change its days before you start it.")
    return starts_on, ends_on


def _lock_tasks(sprint_id: str, *conditions: ColumnElement[bool]) -> list[str]:
    """Ids of tasks in a sprint, in the order of the board; locked in that of the ids, so that nobody deletes them meanwhile."""
    tasks = select(Task.id).where(Task.sprint_id == sprint_id, *conditions)
    db.session.execute(tasks.order_by(Task.id).with_for_update(key_share=True))
    return list(db.session.execute(tasks.order_by(Task.state, Task.rank)).scalars())


def _move_to_backlog(board_id: str, task_ids: list[str]) -> None:
    """Put tasks at the bottom of the backlog, in their order; those that are there stay where they are."""
    elsewhere = select(Task.id).where(Task.id.in_(task_ids), Task.state != "backlog").order_by(Task.state, Task.rank)
    moving = db.session.execute(elsewhere).scalars().all()
    if not moving:
        return
    ranks = [rank_at(board_id, "backlog", None)]
    while len(ranks) < len(moving):
        ranks.append(rank_between(ranks[-1], None))
    positions = [{"id": task_id, "state": "backlog", "rank": rank} for task_id, rank in zip(moving, ranks, strict=True)]
    db.session.execute(update(Task), positions)
    touch(Board, [board_id])
