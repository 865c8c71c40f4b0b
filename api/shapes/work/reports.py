"""Reports of a board."""

from datetime import date
from typing import Annotated, Literal

from msgspec import Meta, Struct

from api.shapes.values import BoardId, SprintId, TaskId, Time, Title, about

FirstDay = Annotated[date, about("The first day.", "2026-09-02")]
LastDay = Annotated[date, about("The last day.", "2026-11-24")]
Seconds = Annotated[int, about("In seconds.", 183_600)]


class SprintVelocity(Struct):
    """What one sprint took on and got done: committed + added - removed = completed + carried_over."""

    sprint_id: SprintId
    name: Annotated[str, about("The sprint's name.", "Sprint 43")]
    started_at: Time | None
    completed_at: Time
    committed: Annotated[int, about("Tasks in it when it started.", 9)]
    added: Annotated[int, about("Tasks that came later and stayed.", 2)]
    removed: Annotated[int, about("Tasks committed that were taken out before the end.", 1)]
    completed: Annotated[int, about("Tasks done when it ended.", 8)]
    carried_over: Annotated[int, about("Tasks not done when it ended.", 2)]


class Velocity(Struct):
    """What the last completed sprints took on and got done."""

    board_id: BoardId
    sprints: Annotated[list[SprintVelocity], Meta(description="The sprints, oldest first.")]
    average_committed: Annotated[float | None, about("Tasks committed, on average; null: no sprint was completed.", 8.5)]
    average_completed: Annotated[float | None, about("Tasks completed, on average; null: no sprint was completed.", 7.25)]


class Period(Struct):
    """One day, or the days of one week that lie in the range."""

    starts_on: FirstDay
    ends_on: LastDay
    done: Annotated[int, about("Tasks done in it.", 5)]


class Throughput(Struct):
    """How many tasks were done, day by day or week by week."""

    board_id: BoardId
    starts_on: FirstDay
    ends_on: LastDay
    by: Annotated[Literal["day", "week"], about("How long a period is.", "week")]
    done: Annotated[int, about("Tasks done in all.", 60)]
    average: Annotated[float, about("Tasks done in a whole day or week, on average.", 5.0)]
    periods: Annotated[list[Period], Meta(description="Every period of the range, empty ones too; weeks start on Monday.")]


class BurndownDay(Struct):
    """A sprint at the end of one day; today: now."""

    day: Annotated[date, about("The day, in UTC.", "2026-11-24")]
    scope: Annotated[int | None, about("Tasks in the sprint; null: a day to come.", 10)]
    remaining: Annotated[int | None, about("Those of them that were not done.", 4)]
    ideal: Annotated[float | None, about("What would be left on a straight way to the last day; null: it has none.", 4.5)]


class Burndown(Struct):
    """What was left of a sprint, day by day."""

    board_id: BoardId
    sprint_id: Annotated[SprintId | None, about("The sprint; null: none was started yet.")]
    committed: Annotated[int, about("Tasks in it when it started.", 9)]
    days: Annotated[list[BurndownDay], Meta(description="From its start to its end, at most 366; none before it starts.")]


class TaskTime(Struct):
    """How long one task took."""

    task_id: TaskId
    title: Title
    started_at: Annotated[Time, about("When it first was in progress.", "2026-11-22T06:30:00Z")]
    done_at: Annotated[Time, about("When it last became done.", "2026-11-24T09:30:00Z")]
    cycle_time_s: Seconds


class CycleTime(Struct):
    """How long tasks took from their first start until they were done."""

    board_id: BoardId
    starts_on: FirstDay
    ends_on: LastDay
    done: Annotated[int, about("Tasks done in these days, all that were started before.", 60)]
    median_s: Annotated[Seconds | None, about("Half of them took no longer; null: there is none.", 183_600)]
    p85_s: Annotated[Seconds | None, about("85 of 100 took no longer.", 397_800)]
    p95_s: Annotated[Seconds | None, about("95 of 100 took no longer.", 604_800)]
    tasks: Annotated[list[TaskTime], Meta(description="The ones done last, newest first.")]
