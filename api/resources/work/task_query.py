"""The parameters of lists of tasks, and the filters that they make."""

from dataclasses import fields
from datetime import date, datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType

from api.framework.queries import PageQuery
from api.shapes.values import EXAMPLE_ID_SUFFIX, NO_NUL, State, TextPart
from calmboard.access.access import Access
from calmboard.errors import FieldError, InvalidRequest, ValidationFailed
from calmboard.work.tasks.conditions import NONE, TaskFilters
from calmboard.work.tasks.filters import resolve_filters

Sort = Literal[
    "created_at",
    "-created_at",
    "updated_at",
    "-updated_at",
    "due_date",
    "-due_date",
    "done_at",
    "-done_at",
    "position",
    "-position",
]

_Name = Annotated[str, Meta(min_length=1, max_length=254, pattern=NO_NUL)]
_MAX_NAMES = 50
_DAY_OR_NONE = {"anyOf": [{"type": "string", "format": "date"}, {"const": NONE}]}
_DAY = "2026-12-18"
_USER_ID, _LABEL_ID, _SPRINT_ID = (f"{prefix}_{EXAMPLE_ID_SUFFIX}" for prefix in ("usr", "lbl", "spr"))


def _filter(description: str, *examples: Any, **rules: Any) -> Meta:
    return Meta(description=description, examples=list(examples) or None, **rules)


class TaskQuery(PageQuery, kw_only=True):
    """The tasks that are requested; every filter given must match."""

    state: Annotated[list[State], _filter("In one of these columns.", ["ready", "review"])] | UnsetType = UNSET
    assignee: (
        Annotated[
            list[_Name],
            _filter(
                "With one of these people on it, by id, e-mail or name; `me`; `none`: with nobody.",
                ["me"],
                [_USER_ID],
                max_length=_MAX_NAMES,
            ),
        ]
        | UnsetType
    ) = UNSET
    sprint_id: (
        Annotated[
            list[_Name],
            _filter("In one of these sprints, by id or name; `none`: in no sprint.", [_SPRINT_ID], max_length=_MAX_NAMES),
        ]
        | UnsetType
    ) = UNSET
    label: (
        Annotated[
            list[_Name],
            _filter("With one of these labels on it, by id or name; `none`: without any.", [_LABEL_ID], max_length=_MAX_NAMES),
        ]
        | UnsetType
    ) = UNSET
    label_all: (
        Annotated[list[_Name], _filter("With all of these labels on it, by id or name.", [_LABEL_ID], max_length=_MAX_NAMES)]
        | UnsetType
    ) = UNSET
    changed_by: (
        Annotated[
            list[_Name],
            _filter("That one of these people did something to, by id, e-mail or name; `me`.", ["me"], max_length=_MAX_NAMES),
        ]
        | UnsetType
    ) = UNSET
    blocked: Annotated[bool, _filter("Blocked or not.")] | UnsetType = UNSET
    pinned: Annotated[bool, _filter("Pinned or not.")] | UnsetType = UNSET
    due_date: (
        Annotated[str, _filter("Due on this day; `none`: without a due date.", _DAY, NONE, extra_json_schema=_DAY_OR_NONE)]
        | UnsetType
    ) = UNSET
    due_before: (
        Annotated[str, _filter("Due before this day; `none`: without a due date.", _DAY, extra_json_schema=_DAY_OR_NONE)]
        | UnsetType
    ) = UNSET
    due_after: Annotated[date, _filter("Due after this day.")] | UnsetType = UNSET
    blocked_since: Annotated[datetime, _filter("Blocked, and at this time or later.", tz=True)] | UnsetType = UNSET
    blocked_before: Annotated[datetime, _filter("Blocked, and since before this time.", tz=True)] | UnsetType = UNSET
    done_since: Annotated[datetime, _filter("Done at this time or later.", tz=True)] | UnsetType = UNSET
    done_before: Annotated[datetime, _filter("Done before this time.", tz=True)] | UnsetType = UNSET
    updated_since: Annotated[datetime, _filter("Changed at this time or later.", tz=True)] | UnsetType = UNSET
    updated_before: Annotated[datetime, _filter("Not changed since before this time.", tz=True)] | UnsetType = UNSET
    q: TextPart | UnsetType = UNSET
    sort: Annotated[
        Sort,
        _filter(
            "`-` turns the order around; `position` goes column by column, top to bottom; tasks without a due date are the "
            "last by `due_date`, those not done the first by `done_at`.",
            "-updated_at",
        ),
    ] = "created_at"

    def filters(self, access: Access, board_id: str) -> TaskFilters:
        """Raises InvalidRequest for days that do not exist, and for names that nothing or more than one thing has."""
        values = ((field.name, getattr(self, field.name)) for field in fields(TaskFilters))
        given: dict[str, Any] = {name: value for name, value in values if value is not UNSET}
        for name in ("due_date", "due_before"):
            if name in given:
                given[name] = _day(name, given[name])
        try:
            return resolve_filters(access, board_id, TaskFilters(**given))
        except ValidationFailed as problem:
            raise _in_address(problem) from None


def _day(name: str, text: str) -> date | Literal["none"]:
    if text == NONE:
        return NONE
    try:
        return date.fromisoformat(text if len(text) == len(_DAY) else "")
    except ValueError:
        detail = f"Send a day such as {_DAY}, or {NONE}."
        raise InvalidRequest(errors=(FieldError(name, "wrong_form", detail),)) from None


def _in_address(problem: ValidationFailed) -> InvalidRequest:
    errors = (FieldError(error.pointer[1:], error.code, error.detail, error.allowed_values) for error in problem.errors)
    return InvalidRequest("A parameter in the address cannot be used.", errors=tuple(errors))
