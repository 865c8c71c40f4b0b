"""Reports of a board, as numbers to chart or to calculate with."""

from datetime import date
from typing import Annotated, Any, Literal

from flask import Blueprint
from msgspec import UNSET, Meta, UnsetType

from api.framework.describe import describe
from api.framework.queries import Query
from api.shapes.values import SprintId
from api.shapes.work.reports import Burndown, CycleTime, Throughput, Velocity
from calmboard.access.access import Access
from calmboard.work import reports
from calmboard.work.reports import MAX_SPRINTS

bp = Blueprint("reports", __name__)


class VelocityQuery(Query, kw_only=True):
    sprints: Annotated[int, Meta(ge=1, le=MAX_SPRINTS, description="How many of the last sprints.")] = 6


class RangeQuery(Query, kw_only=True):
    starts_on: Annotated[date, Meta(description="The first day; if absent, twelve weeks up to the last.")] | UnsetType = UNSET
    ends_on: Annotated[date, Meta(description="The last day, within 366; if absent, today.")] | UnsetType = UNSET

    @property
    def days(self) -> tuple[date | None, date | None]:
        return self.starts_on or None, self.ends_on or None


class ThroughputQuery(RangeQuery, kw_only=True):
    by: Annotated[Literal["week", "day"], Meta(description="How long a period is.")] = "week"


class CycleTimeQuery(RangeQuery, kw_only=True):
    limit: Annotated[int, Meta(ge=1, le=100, description="How many tasks are listed at most.")] = 25


class BurndownQuery(Query, kw_only=True):
    sprint_id: (
        Annotated[SprintId, Meta(description="A sprint of the board; if absent, the active one, or the one completed last.")]
        | UnsetType
    ) = UNSET


@bp.get("/v1/boards/<board_id>/reports/velocity")
@describe("Report the velocity", Velocity, query=VelocityQuery, scope="tasks:read")
def read_velocity(access: Access, board_id: str, query: VelocityQuery) -> Any:
    """What the last completed sprints took on, what came and went meanwhile, and what they got done."""
    return reports.read_velocity(access, board_id, query.sprints)


@bp.get("/v1/boards/<board_id>/reports/throughput")
@describe("Report the throughput", Throughput, query=ThroughputQuery, scope="tasks:read")
def read_throughput(access: Access, board_id: str, query: ThroughputQuery) -> Any:
    """How many tasks were done in each day or week of a range, in UTC. A task counts when it last became done."""
    return reports.read_throughput(access, board_id, *query.days, query.by)


@bp.get("/v1/boards/<board_id>/reports/burndown")
@describe("Report the burndown of a sprint", Burndown, query=BurndownQuery, scope="tasks:read")
def read_burndown(access: Access, board_id: str, query: BurndownQuery) -> Any:
    """How many tasks were in a sprint, and how many of them not done, at the end of each day, in UTC."""
    return reports.read_burndown(access, board_id, query.sprint_id or None)


@bp.get("/v1/boards/<board_id>/reports/cycle_time")
@describe("Report the cycle time", CycleTime, query=CycleTimeQuery, scope="tasks:read")
def read_cycle_time(access: Access, board_id: str, query: CycleTimeQuery) -> Any:
    """How long tasks that were done in a range took, from first in progress to last done: median, 85th and 95th percentile.

    A percentile is the shortest time within which so many of a hundred tasks were done.
    """
    return reports.read_cycle_time(access, board_id, *query.days, query.limit)
