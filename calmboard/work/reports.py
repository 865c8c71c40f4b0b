"""Reports of a board: velocity, throughput, burndown and cycle time. Days are those of UTC.

A task counts as done from the moment it last became done; tasks that were deleted count nowhere.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import accumulate
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, case, func, or_, select

from calmboard.access.access import Access
from calmboard.access.permissions import find, require_scope
from calmboard.access.reads import replica_reads
from calmboard.clock import now
from calmboard.db import AnyRow, AnySelect
from calmboard.errors import FieldError, InvalidRequest
from calmboard.models import Board, Sprint, SprintTask, Task
from calmboard.models.work import DONE_OR_NOT_YET
from calmboard.work.sql_times import SecondsBetween, UtcDay

MAX_DAYS = 366
DEFAULT_DAYS = 84
MAX_SPRINTS = 50
_EARLIEST, _LATEST = date(2000, 1, 1), date(2199, 12, 31)
_DAY = timedelta(days=1)
_INSTANT = timedelta(microseconds=1)
_PERIOD_DAYS = {"day": 1, "week": 7}

_COMMITTED = and_(
    SprintTask.added_at <= Sprint.started_at, or_(SprintTask.removed_at.is_(None), SprintTask.removed_at > Sprint.started_at)
)
_REMAINED = and_(
    SprintTask.added_at < Sprint.completed_at, or_(SprintTask.removed_at.is_(None), SprintTask.removed_at >= Sprint.completed_at)
)
# Completing a sprint takes the unfinished tasks out of it at that very moment.
_CARRIED = SprintTask.removed_at == Sprint.completed_at


def read_velocity(access: Access, board_id: str, sprints: int) -> dict[str, Any]:
    """What the last sprints, oldest first, took on and got done. Three queries.

    For each, committed + added - removed = completed + carried_over. Raises NotFound and Forbidden as `find` does.
    """
    require_scope(access, "tasks:read")
    find(access, Board, board_id)
    with replica_reads(access) as connection:
        completed = connection.execute(_LAST_COMPLETED, {"board_id": board_id, "sprints": sprints}).all()
        sprint_ids = [sprint.sprint_id for sprint in completed]
        counts = {row.sprint_id: row._mapping for row in connection.execute(_TASKS_BY_SPRINT, {"sprint_ids": sprint_ids})}
    results = [
        {**dict.fromkeys(_SUMS, 0), **sprint._mapping, **counts.get(sprint.sprint_id, {})} for sprint in reversed(completed)
    ]
    averages = {f"average_{name}": _average([sprint[name] for sprint in results]) for name in ("committed", "completed")}
    return {"board_id": board_id, "sprints": results, **averages}


def read_throughput(access: Access, board_id: str, starts_on: date | None, ends_on: date | None, by: str) -> dict[str, Any]:
    """How many tasks were done in each `day` or `week` of a range; weeks start on Monday. Two queries.

    Raises InvalidRequest for a range that cannot be used, and as `find` does.
    """
    require_scope(access, "tasks:read")
    find(access, Board, board_id)
    first, last = _range(starts_on, ends_on)
    with replica_reads(access) as connection:
        rows = connection.execute(_DONE_BY_DAY, _within(board_id, first, last))
        counts = {row.day: row.done for row in rows}
    periods = [
        {"starts_on": start, "ends_on": end, "done": sum(counts.get(day, 0) for day in _each_day(start, end))}
        for start, end in _periods(first, last, by)
    ]
    done = sum(counts.values())
    average = round(done * _PERIOD_DAYS[by] / ((last - first).days + 1), 2)
    return {
        "board_id": board_id,
        "starts_on": first,
        "ends_on": last,
        "by": by,
        "done": done,
        "average": average,
        "periods": periods,
    }


def read_cycle_time(access: Access, board_id: str, starts_on: date | None, ends_on: date | None, limit: int) -> dict[str, Any]:
    """How long the tasks done in a range took from their first start, in seconds; the last `limit` of them, newest first.

    Three queries. A percentile is the shortest time within which so many of a hundred tasks were done.
    Raises as `read_throughput` does.
    """
    require_scope(access, "tasks:read")
    find(access, Board, board_id)
    first, last = _range(starts_on, ends_on)
    values = _within(board_id, first, last)
    with replica_reads(access) as connection:
        totals = connection.execute(_PERCENTILES, values).one()
        tasks = connection.execute(_TASKS_DONE, {**values, "limit": limit}).all()
    return {"board_id": board_id, "starts_on": first, "ends_on": last, **totals._mapping, "tasks": tasks}


def read_burndown(access: Access, board_id: str, sprint_id: str | None = None) -> dict[str, Any]:
    """What was in a sprint, and what of it was left, at the end of each day. Three queries.

    Without an id: the active sprint, else the one completed last. Days to come have an ideal alone;
    a sprint that has not started has no days. Raises InvalidRequest where the board has no such sprint.
    """
    require_scope(access, "tasks:read")
    find(access, Board, board_id)
    with replica_reads(access) as connection:
        sprint = connection.execute(_sprint(sprint_id is None), {"board_id": board_id, "sprint_id": sprint_id}).first()
        stays = connection.execute(_STAYS, {"sprint_id": sprint.id}).all() if sprint is not None else []
    if sprint is None and sprint_id is not None:
        raise _parameter_error("sprint_id", "unknown_value", "This board has no sprint with this id.")
    if sprint is None or sprint.started_at is None:
        return {"board_id": board_id, "sprint_id": sprint and sprint.id, "committed": 0, "days": []}
    committed = sum(stay.added_at <= sprint.started_at and _is_in_after(stay, sprint.started_at) for stay in stays)
    days = _burndown_days(sprint, stays, committed, sprint.completed_at or now())
    return {"board_id": board_id, "sprint_id": sprint.id, "committed": committed, "days": days}


def _ever(condition: ColumnElement[bool]) -> ColumnElement[int]:
    """1 where the condition holds for one of the stays of a task in a sprint, else 0."""
    return func.max(case((condition, 1), else_=0))


_LAST_COMPLETED = (
    select(Sprint.id.label("sprint_id"), Sprint.name, Sprint.started_at, Sprint.completed_at)
    .where(Sprint.board_id == bindparam("board_id"), Sprint.state == "completed")
    .order_by(Sprint.completed_at.desc(), Sprint.id.desc())
    .limit(bindparam("sprints"))
)
_TASK = (
    select(
        SprintTask.sprint_id,
        _ever(_COMMITTED).label("committed"),
        _ever(_REMAINED).label("remained"),
        _ever(_CARRIED).label("carried"),
    )
    .join(Sprint, Sprint.id == SprintTask.sprint_id)
    .where(SprintTask.sprint_id.in_(bindparam("sprint_ids", expanding=True)))
    .group_by(SprintTask.sprint_id, SprintTask.task_id)
    .subquery()
    .c
)
_SUMS = {
    "committed": func.sum(_TASK.committed),
    "added": func.sum(_TASK.remained * (1 - _TASK.committed)),
    "removed": func.sum(_TASK.committed * (1 - _TASK.remained)),
    "completed": func.sum(_TASK.remained - _TASK.carried),
    "carried_over": func.sum(_TASK.carried),
}
_TASKS_BY_SPRINT = select(_TASK.sprint_id, *(total.label(name) for name, total in _SUMS.items())).group_by(_TASK.sprint_id)


def _average(numbers: Sequence[int]) -> float | None:
    return round(sum(numbers) / len(numbers), 2) if numbers else None


def _range(starts_on: date | None, ends_on: date | None) -> tuple[date, date]:
    """First and last day: up to today, and twelve weeks long, unless given otherwise."""
    for name, day in (("starts_on", starts_on), ("ends_on", ends_on)):
        if day is not None and not _EARLIEST <= day <= _LATEST:
            raise _parameter_error(name, "out_of_range", f"Send a day from {_EARLIEST} to {_LATEST}.")
    last = ends_on or now().date()
    first = starts_on or last - (DEFAULT_DAYS - 1) * _DAY
    if not timedelta(0) <= last - first < MAX_DAYS * _DAY:
        detail = f"From {first} to {last} is no range: let it end on its first day or later, {MAX_DAYS} days at most."
        raise _parameter_error("starts_on", "out_of_range", detail)
    return first, last


def _parameter_error(parameter: str, code: str, detail: str) -> InvalidRequest:
    return InvalidRequest("A parameter in the address cannot be used.", errors=(FieldError(parameter, code, detail),))


def _periods(first: date, last: date, by: str) -> Iterator[tuple[date, date]]:
    """First and last day of each period, cut to the range."""
    while first <= last:
        end = first if by == "day" else min(last, first + (6 - first.weekday()) * _DAY)
        yield first, end
        first = end + _DAY


def _each_day(first: date, last: date) -> Iterator[date]:
    return (first + number * _DAY for number in range((last - first).days + 1))


def _within(board_id: str, first: date, last: date) -> dict[str, Any]:
    return {"board_id": board_id, "since": _midnight(first), "until": _midnight(last + _DAY)}


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


_DONE_WITHIN = (
    Task.board_id == bindparam("board_id"),
    Task.done_at.is_not(None),
    bindparam("since", type_=Task.done_at.type) <= DONE_OR_NOT_YET,
    bindparam("until", type_=Task.done_at.type) > DONE_OR_NOT_YET,
)
_DONE_BY_DAY = select(UtcDay(Task.done_at).label("day"), func.count().label("done")).where(*_DONE_WITHIN).group_by("day")

_TOOK_S = SecondsBetween(Task.started_at, Task.done_at)
_TIMED = (*_DONE_WITHIN, Task.started_at.is_not(None))
_RANKED = (
    select(_TOOK_S.label("took_s"), func.row_number().over(order_by=_TOOK_S).label("rank"), func.count().over().label("number"))
    .where(*_TIMED)
    .subquery()
)


def _percentile(percent: int) -> ColumnElement[int]:
    """By the nearest rank: a time that one of the tasks took."""
    return func.min(case((_RANKED.c.rank * 100 >= _RANKED.c.number * percent, _RANKED.c.took_s)))


_PERCENTILES = select(
    func.coalesce(func.max(_RANKED.c.number), 0).label("done"),
    _percentile(50).label("median_s"),
    _percentile(85).label("p85_s"),
    _percentile(95).label("p95_s"),
)
_TASKS_DONE = (
    select(Task.id.label("task_id"), Task.title, Task.started_at, Task.done_at, _TOOK_S.label("cycle_time_s"))
    .where(*_TIMED)
    .order_by(DONE_OR_NOT_YET.desc(), Task.id.desc())
    .limit(bindparam("limit"))
)
_STAYS = (
    select(SprintTask.added_at, SprintTask.removed_at, Task.done_at)
    .join(Task, Task.id == SprintTask.task_id)
    .where(SprintTask.sprint_id == bindparam("sprint_id"))
)


@cache
def _sprint(any_started: bool) -> AnySelect:
    statement = select(Sprint.id, Sprint.ends_on, Sprint.started_at, Sprint.completed_at)
    statement = statement.where(Sprint.board_id == bindparam("board_id"))
    if not any_started:
        return statement.where(Sprint.id == bindparam("sprint_id"))
    statement = statement.where(Sprint.state != "planned")
    return statement.order_by(case((Sprint.state == "active", 0), else_=1), Sprint.completed_at.desc()).limit(1)


def _burndown_days(sprint: AnyRow, stays: Iterable[AnyRow], committed: int, until: datetime) -> list[dict[str, Any]]:
    """The days of a sprint; `until` is its end, or now."""
    first = sprint.started_at.date()
    last = until.date() if sprint.completed_at else max(until.date(), sprint.ends_on or until.date())
    days = list(_each_day(first, min(last, first + (MAX_DAYS - 1) * _DAY)))
    ends = [min(_midnight(day + _DAY), until) for day in days if day <= until.date()]
    spans = [(bisect_right(ends, stay.added_at), _left(stay, ends), _done(stay, sprint.completed_at, ends)) for stay in stays]
    scope = _count(ends, [(entered, left) for entered, left, _ in spans])
    remaining = _count(ends, [(entered, min(left, done)) for entered, left, done in spans])
    upcoming = [None] * (len(days) - len(ends))
    ideal = _ideal(days, committed, sprint.ends_on)
    columns = zip(days, [*scope, *upcoming], [*remaining, *upcoming], ideal, strict=True)
    return [dict(zip(("day", "scope", "remaining", "ideal"), column, strict=True)) for column in columns]


def _left(stay: AnyRow, ends: list[datetime]) -> int:
    """The number of the first day at whose end the task was out of the sprint."""
    return len(ends) if stay.removed_at is None else bisect_right(ends, stay.removed_at)


def _done(stay: AnyRow, completed_at: datetime | None, ends: list[datetime]) -> int:
    """The number of the first day at whose end the task was done.

    What stayed in a completed sprint was done when that ended, even if it was opened again since.
    """
    done_at = stay.done_at
    if completed_at is not None and _is_in_after(stay, completed_at):
        done_at = min(done_at or completed_at, completed_at - _INSTANT)
    return len(ends) if done_at is None else bisect_right(ends, done_at)


def _is_in_after(stay: AnyRow, at: datetime) -> bool:
    return stay.removed_at is None or stay.removed_at > at


def _count(ends: list[datetime], spans: Iterable[tuple[int, int]]) -> list[int]:
    """How many spans, each from a day up to another one, cover the end of each day."""
    changes: Counter[int] = Counter()
    for first, end in spans:
        if first < end:
            changes[first] += 1
            changes[end] -= 1
    return list(accumulate(changes[number] for number in range(len(ends))))


def _ideal(days: list[date], committed: int, ends_on: date | None) -> list[float | None]:
    """A straight line from what was committed down to nothing at the end of the last planned day."""
    if ends_on is None:
        return [None] * len(days)
    planned = max((ends_on - days[0]).days + 1, 1)
    return [round(committed * max(0, planned - number) / planned, 2) for number in range(1, len(days) + 1)]
