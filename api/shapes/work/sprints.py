"""Sprints."""

from datetime import date
from typing import Annotated, Any, ClassVar, Literal

from msgspec import UNSET, Struct, UnsetType

from api.shapes.values import ALTERNATIVE, NO_NUL, BoardId, SprintId, Time, about
from calmboard.models import work
from calmboard.texts.names import ONE_LINE

SprintState = Annotated[work.SprintState, about("Where it is in its life.", "planned")]
SprintName = Annotated[str, about("The sprint's name.", "Sprint 44", min_length=1, max_length=100, pattern=ONE_LINE)]
Goal = Annotated[str, about("What will be true at its end.", "Every price shows its tax.", max_length=2000, pattern=NO_NUL)]
StartsOn = Annotated[date, about("Its first day.", "2026-12-01")]
EndsOn = Annotated[date, about("Its last day; not before the first, and at most 366 days in all.", "2026-12-14")]


class Sprint(Struct):
    """A stretch of work on a board. A board has one active sprint at most."""

    id: SprintId
    board_id: BoardId
    name: SprintName
    goal: Goal
    state: SprintState
    starts_on: StartsOn | None
    ends_on: EndsOn | None
    started_at: Annotated[Time | None, about("When it was started; null: not yet.", None)]
    completed_at: Annotated[Time | None, about("When it was completed; null: not yet.", None)]
    task_count: Annotated[int, about("How many tasks are in it.", 8)]
    done_count: Annotated[int, about("How many of those are done.", 3)]
    created_at: Time
    updated_at: Time


class SprintChanges(Struct, kw_only=True, forbid_unknown_fields=True):
    """The fields to change; the others stay as they are."""

    name: SprintName | UnsetType = UNSET
    goal: Goal | UnsetType = UNSET
    starts_on: StartsOn | UnsetType | None = UNSET
    ends_on: EndsOn | UnsetType | None = UNSET


class NewSprint(SprintChanges, kw_only=True, forbid_unknown_fields=True):
    """A sprint to plan."""

    name: SprintName


class Completion(Struct, kw_only=True, forbid_unknown_fields=True):
    """What becomes of the tasks that are not done: `unfinished` or `move_to`, one of them."""

    unfinished: (
        Annotated[
            Literal["backlog", "keep"],
            about("`backlog`: they go back to that column; `keep`: they stay in theirs. Both leave the sprint.", "backlog"),
        ]
        | UnsetType
    ) = UNSET
    move_to: Annotated[SprintId, about("They go on in this planned sprint of the board.", extra=ALTERNATIVE)] | UnsetType = UNSET

    contradictions: ClassVar[list[dict[str, Any]]] = [
        {"required": ["unfinished", "move_to"]},
        {"not": {"anyOf": [{"required": ["unfinished"]}, {"required": ["move_to"]}]}},
    ]
