"""Reports of a board."""

from dataclasses import replace
from datetime import date
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType

from api.mcp.calls import CallContext
from api.mcp.registry import tool
from api.mcp.shapes.answers import Report
from api.mcp.shapes.arguments import BoardNamed, SprintNamed, ToolArguments
from api.mcp.tools.names import board_id_of, sprint_id_of
from api.shapes.values import about
from calmboard.errors import FieldError, InvalidRequest, ValidationFailed
from calmboard.work import reports
from calmboard.work.reports import MAX_SPRINTS


class GetReport(ToolArguments, kw_only=True):
    report: Annotated[
        Literal["velocity", "throughput", "burndown", "cycle_time"],
        about(
            "`velocity`: what the last completed sprints took on and got done. `throughput`: tasks done in each week or day. "
            "`burndown`: what is left of a sprint, day by day. `cycle_time`: how long tasks took from start to done.",
            "velocity",
        ),
    ]
    board_id: Annotated[BoardNamed, Meta(extra_json_schema={"x-mcp-header": "Board"})]
    sprints: Annotated[int, about("velocity: how many of the last sprints; 6 if absent.", 6, ge=1, le=MAX_SPRINTS)] = 6
    sprint_id: (
        Annotated[
            SprintNamed,
            Meta(description="burndown: which sprint; if absent, the active one, or the one completed last."),
        ]
        | UnsetType
    ) = UNSET
    by: Annotated[Literal["week", "day"], about("throughput: how long a period is; a week if absent.", "week")] = "week"
    starts_on: (
        Annotated[date, about("throughput and cycle_time: the first day; if absent, twelve weeks up to the last.", "2026-09-02")]
        | UnsetType
    ) = UNSET
    ends_on: (
        Annotated[date, about("throughput and cycle_time: the last day, within 366; if absent, today.", "2026-11-24")] | UnsetType
    ) = UNSET
    limit: Annotated[int, about("cycle_time: how many tasks are listed at most; 25 if absent.", 25, ge=1, le=100)] = 25


# The arguments of each report.
_REPORT_ARGUMENTS = {
    "velocity": ("sprints",),
    "throughput": ("by", "starts_on", "ends_on"),
    "burndown": ("sprint_id",),
    "cycle_time": ("starts_on", "ends_on", "limit"),
}


@tool("Read a report", effect="reads", scopes=("tasks:read",), takes=GetReport, gives=Report)
def get_report(call: CallContext, args: GetReport) -> dict[str, Any]:
    """Numbers of a board over time: velocity, throughput, burndown or cycle time, one of them in a call. Days are those of UTC.

    Use it for retrospectives, forecasts and sprint planning. get_board shows how a board stands right now.
    """
    _require_fitting_arguments(args)
    try:
        return {"report": args.report, args.report: _read(call, args)}
    except InvalidRequest as problem:
        errors = tuple(replace(error, pointer=f"/{error.pointer}") for error in problem.errors)
        raise ValidationFailed(errors=errors) from None


def _require_fitting_arguments(args: GetReport) -> None:
    """Raises ValidationFailed for arguments of another report, which this one would silently ignore."""
    defaults = GetReport(report=args.report, board_id=args.board_id)
    sent = [name for name in args.__struct_fields__ if getattr(args, name) != getattr(defaults, name)]
    errors = [
        FieldError(f"/{name}", "contradiction", _not_accepted(args.report, name))
        for name in sent
        if name not in _REPORT_ARGUMENTS[args.report]
    ]
    if errors:
        raise ValidationFailed(errors=tuple(errors))


def _not_accepted(report: str, name: str) -> str:
    others = " and ".join(other for other, names in _REPORT_ARGUMENTS.items() if name in names)
    return f"The report {report} does not take it; {others} would. Leave it out."


def _read(call: CallContext, args: GetReport) -> dict[str, Any]:
    board_id, days = board_id_of(call.access, args.board_id), (args.starts_on or None, args.ends_on or None)
    match args.report:
        case "velocity":
            return reports.read_velocity(call.access, board_id, args.sprints)
        case "throughput":
            return reports.read_throughput(call.access, board_id, *days, args.by)
        case "burndown":
            return reports.read_burndown(call.access, board_id, _sprint_id(call, args, board_id))
        case "cycle_time":
            return reports.read_cycle_time(call.access, board_id, *days, args.limit)


def _sprint_id(call: CallContext, args: GetReport, board_id: str) -> str | None:
    return sprint_id_of(call.access, args.sprint_id, board_id=board_id) if args.sprint_id else None
