"""Which tasks a call is about: the filters that lists, counts and changes of many share."""

from dataclasses import fields
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any

from msgspec import UNSET, Meta, UnsetType

from api.mcp.shapes.arguments import BoardNamed, ToolArguments
from api.shapes.values import State, TextPart, about
from calmboard.access.access import Access
from calmboard.errors import FieldError, ValidationFailed
from calmboard.work.tasks.conditions import NONE, TaskFilters
from calmboard.work.tasks.filters import resolve_filters

_DAYS = ("due_date", "due_before", "due_after")
_MOMENTS = ("blocked_since", "blocked_before", "done_since", "done_before", "updated_since", "updated_before")
_AT = "2026-11-23T09:00:00Z"

_Names = Annotated[list[Annotated[str, Meta(max_length=254)]], Meta(max_length=50)]
_Day = Annotated[str, Meta(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
_DayOrNone = Annotated[str, Meta(pattern="^([0-9]{4}-[0-9]{2}-[0-9]{2}|none)$")]
# A day, which is its start in UTC, or a time with its zone.
_Moment = Annotated[str, Meta(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ][0-9]{2}:[0-9]{2}.*)?$", max_length=40)]


class TaskFilter(ToolArguments, kw_only=True):
    """All of what is given has to fit."""

    board_id: Annotated[BoardNamed, Meta(description="On this board, by id or exact name; absent: on all.")] | UnsetType = UNSET
    state: Annotated[list[State], about("In one of these columns.", ["ready", "in_progress"])] | UnsetType = UNSET
    assignee: (
        Annotated[_Names, about("With one of these people: id, exact name, e-mail, `me`; `none`: nobody.", ["me"])] | UnsetType
    ) = UNSET
    sprint_id: Annotated[_Names, about("In one of these sprints: id or exact name; or `none`.", ["none"])] | UnsetType = UNSET
    label: Annotated[_Names, about("With one of these labels: id or exact name; or `none`.", ["bug"])] | UnsetType = UNSET
    label_all: Annotated[_Names, about("With all of these labels.", ["bug", "urgent"])] | UnsetType = UNSET
    changed_by: Annotated[_Names, about("That one of these people changed.", ["me"])] | UnsetType = UNSET
    blocked: Annotated[bool, about("true: only blocked ones; false: only the others.", True)] | UnsetType = UNSET
    pinned: Annotated[bool, about("true: only pinned ones; false: only the others.", True)] | UnsetType = UNSET
    due_date: Annotated[_DayOrNone, about("Due on this day, YYYY-MM-DD; `none`: without one.", "none")] | UnsetType = UNSET
    due_before: Annotated[_Day, about("Due before this day.", "2026-12-18")] | UnsetType = UNSET
    due_after: Annotated[_Day, about("Due after this day.", "2026-11-24")] | UnsetType = UNSET
    blocked_since: Annotated[_Moment, about("Blocked at this time or later, or from this day on.", _AT)] | UnsetType = UNSET
    blocked_before: Annotated[_Moment, about("Blocked since before this.", _AT)] | UnsetType = UNSET
    done_since: Annotated[_Moment, about("Done at this time or later.", _AT)] | UnsetType = UNSET
    done_before: Annotated[_Moment, about("Done before this.", _AT)] | UnsetType = UNSET
    updated_since: Annotated[_Moment, about("Changed at this time or later.", _AT)] | UnsetType = UNSET
    updated_before: Annotated[_Moment, about("Not changed since this.", _AT)] | UnsetType = UNSET
    q: TextPart | UnsetType = UNSET


def read_filters(access: Access, args: TaskFilter, board_id: str | None) -> TaskFilters:
    """The filters with ids for names; raises ValidationFailed with every fault, and for days with none between them."""
    errors: list[FieldError] = []
    sent = {field.name: getattr(args, field.name) for field in fields(TaskFilters)}
    values = {name: _read(name, value, errors) for name, value in sent.items() if value is not UNSET}
    if not errors:
        errors += _days_apart(values.get("due_after"), values.get("due_before"))
    if errors:
        raise ValidationFailed(errors=tuple(errors))
    return resolve_filters(access, board_id, TaskFilters(**values))


def _days_apart(after: date | None, before: date | None) -> list[FieldError]:
    if after is None or before is None or before - after > timedelta(days=1):
        return []
    detail = f"No day lies between {after} and {before}. Both of them are left out."
    return [FieldError(f"/{name}", "contradiction", detail) for name in ("due_after", "due_before")]


def _read(name: str, value: Any, errors: list[FieldError]) -> Any:
    try:
        if name in _DAYS:
            return NONE if value == NONE else date.fromisoformat(value)
        return _as_moment(value) if name in _MOMENTS else value
    except ValueError:
        example = "2026-12-18" if name in _DAYS else "2026-11-23, or a time such as 2026-11-23T09:00:00Z with its zone"
        errors.append(FieldError(f"/{name}", "wrong_form", f"Send a day such as {example}; the day must exist."))
    except OverflowError:
        detail = "This time lies before the first day or after the last one that can be told. Send another."
        errors.append(FieldError(f"/{name}", "out_of_range", detail))
    return None


def _as_moment(text: str) -> datetime:
    if len(text) == len("2026-12-18"):
        return datetime.combine(date.fromisoformat(text), time(), UTC)
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(text)
    return at.astimezone(UTC)
