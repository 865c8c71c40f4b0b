"""What the API takes and gives: structs with descriptions, rules and examples that work."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from calmboard import ids

_NO_NUL = r"^[^\u0000]*$"
_VISIBLE = r"^[^\u0000]*[^\u0000-\u0020][^\u0000]*$"


def _about(description: str, *examples: Any, **rules: Any) -> Meta:
    return Meta(description=description, examples=list(examples) or None, **rules)


def _id_of(prefix: str) -> Meta:
    return Meta(pattern=ids.pattern(prefix), examples=[f"{prefix}_01m86ffkj1eyt9k86t46h61k8b"])


ProjectId = Annotated[str, _id_of("prj")]
BoardId = Annotated[str, _id_of("brd")]
TaskId = Annotated[str, _id_of("tsk")]
SprintId = Annotated[str, _id_of("spr")]
UserId = Annotated[str, _id_of("usr")]
KeyId = Annotated[str, _id_of("key")]

State = Annotated[
    Literal["backlog", "ready", "in_progress", "review", "done"],
    _about("The column: Backlog, Ready, In Progress, Review or Done.", "ready"),
]
Role = Annotated[
    Literal["owner", "admin", "member", "viewer"],
    _about("Viewers read; members change tasks; admins change the project; owners delete it.", "member"),
]
Time = Annotated[datetime, _about("RFC 3339, in UTC.", "2026-11-24T09:30:00Z")]
DueDate = Annotated[date, _about("The day it is due.", "2026-12-18")]
Title = Annotated[
    str, _about("What is to be done, in a line.", "Refund partial captures", min_length=1, max_length=200, pattern=_VISIBLE)
]
Description = Annotated[
    str, _about("Details, in Markdown.", "Captured twice, refunded once.", max_length=20_000, pattern=_NO_NUL)
]
BlockedReason = Annotated[
    str,
    _about(
        "What it waits for. Giving a reason blocks the task.",
        "Waits for the bank's test account.",
        max_length=500,
        pattern=_VISIBLE,
    ),
]
Position = Annotated[int, _about("The place in its column, counted from 0 at the top.", 0, ge=0, le=1_000_000)]
Assignees = Annotated[list[UserId], _about("Ids of project members.", [], max_length=50)]
Blocked = Annotated[bool, _about("Whether something stops it.", True)]
Pinned = Annotated[bool, _about("Whether it is pinned for everyone.", False)]
NamePart = Annotated[str, _about("Part of the name, whatever the case.", "pay", min_length=1, max_length=100, pattern=_NO_NUL)]
TextPart = Annotated[
    str, _about("Part of title or description, whatever the case.", "refund", min_length=1, max_length=100, pattern=_NO_NUL)
]
SprintChoice = Annotated[SprintId | None, _about("A sprint of the same board; null: none.", None)]
PersonName = Annotated[str, _about("The person's name.", "Ana Ruiz")]
Email = Annotated[str, _about("The person's e-mail address.", "ana@harbour.example")]


class Person(Struct):
    """A person."""

    id: UserId
    name: PersonName


class User(Struct):
    """The person a credential acts as."""

    id: UserId
    name: PersonName
    email: Email


class Credential(Struct):
    """The credential of this request."""

    kind: Annotated[Literal["api_key", "oauth_token"], _about("Which kind of credential.", "api_key")]
    id: KeyId
    name: Annotated[str, _about("The name its owner gave it.", "Jira sprint mirror")]
    tail: Annotated[str, _about("The last four characters of the secret.", "Jm0h")]
    scopes: Annotated[list[str], _about("What it may be used for.", ["boards:read", "projects:read", "tasks:read"])]
    project_ids: Annotated[list[ProjectId] | None, _about("The projects it is limited to; null: all of its user's.", None)]
    expires_at: Annotated[Time | None, _about("When it ends; null: never.", "2027-02-22T09:30:00Z")]


class Limits(Struct):
    """The request window of this credential."""

    policy: Annotated[str, _about("The policy's name, as in RateLimit-Policy.", "pro")]
    limit: Annotated[int, _about("Requests in one window.", 600)]
    window_s: Annotated[int, _about("Length of the window in seconds.", 60)]
    remaining: Annotated[int, _about("Requests left in this window.", 599)]
    reset_s: Annotated[int, _about("Seconds until the window starts anew.", 60)]


class Me(Struct):
    """Who asks, with what, and how much may be asked."""

    user: User
    plan: Annotated[Literal["free", "pro", "business"], _about("The user's plan.", "pro")]
    credential: Credential
    limits: Limits


class Project(Struct):
    """A project: boards and the people who work on them."""

    id: ProjectId
    name: Annotated[str, _about("The project's name.", "Payments")]
    description: Annotated[str, _about("What it is about, in Markdown.", "Cards, refunds and payouts.")]
    role: Role
    created_at: Time
    updated_at: Time


class Board(Struct):
    """A Scrum board with five columns."""

    id: BoardId
    project_id: ProjectId
    name: Annotated[str, _about("The board's name.", "Checkout")]
    created_at: Time
    updated_at: Time


class Column(Struct):
    """One column of a board."""

    state: State
    name: Annotated[str, _about("The column's title.", "In Progress")]
    task_count: Annotated[int, _about("How many tasks stand in it.", 7)]


class BoardWithColumns(Board):
    """A board, with what stands in its columns."""

    columns: Annotated[list[Column], Meta(description="From left to right.")]


class Member(Struct):
    """A person in a project."""

    id: UserId
    name: PersonName
    email: Email
    role: Role
    joined_at: Time


class Task(Struct):
    """A task on a board."""

    id: TaskId
    board_id: BoardId
    title: Title
    description: Description
    state: State
    position: Annotated[str, _about("Sorts the column: compare as text, lower is nearer the top.", "V000000000")]
    assignees: Annotated[list[Person], Meta(description="The people on it.")]
    due_date: DueDate | None
    blocked: Blocked
    blocked_reason: Annotated[str | None, _about("What it waits for.", "Waits for the bank's test account.")]
    pinned: Pinned
    sprint_id: SprintChoice
    created_by: UserId | None
    created_at: Time
    updated_at: Time


class TaskChanges(Struct, kw_only=True, forbid_unknown_fields=True):
    """The fields to change; the others stay as they are."""

    title: Title | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    state: State | UnsetType = UNSET
    position: Position | UnsetType = UNSET
    assignees: Assignees | UnsetType = UNSET
    due_date: DueDate | UnsetType | None = UNSET
    blocked: Blocked | UnsetType = UNSET
    blocked_reason: BlockedReason | UnsetType | None = UNSET
    pinned: Pinned | UnsetType = UNSET
    sprint_id: SprintChoice | UnsetType = UNSET


class NewTask(TaskChanges, kw_only=True, forbid_unknown_fields=True):
    """A task to add."""

    title: Title


# What msgspec's types cannot say, in JSON Schema: a task that is not blocked has no reason.
_NO_REASON_UNLESS_BLOCKED = {
    "not": {
        "required": ["blocked", "blocked_reason"],
        "properties": {"blocked": {"const": False}, "blocked_reason": {"type": "string"}},
    }
}
SCHEMA_RULES: dict[type[Struct], dict[str, Any]] = {
    NewTask: _NO_REASON_UNLESS_BLOCKED,
    TaskChanges: _NO_REASON_UNLESS_BLOCKED,
}


class Fault(Struct, omit_defaults=True):
    """One faulty field."""

    pointer: Annotated[str, _about("A JSON pointer into the body, or the name of a parameter.", "/title")]
    code: Annotated[str, _about("What is wrong, for programs.", "too_long")]
    detail: Annotated[str, _about("What is wrong and what would do, for people.", "Use at most 200 characters.")]
    allowed_values: Annotated[list[str], _about("The values that can be used.", ["ready", "done"])] | UnsetType = UNSET


class SimpleError(Struct):
    """The error again, for clients that look no further."""

    code: Annotated[str, _about("The same code.", "validation_failed")]
    message: Annotated[str, _about("The same detail.", "The body was readable, but some values in it cannot be used.")]


class Problem(Struct, omit_defaults=True):
    """Every error has this body (RFC 9457)."""

    type: Annotated[str, _about("Where this code is explained.", "https://calmboard.example/docs/errors#validation_failed")]
    title: Annotated[str, _about("The kind of problem.", "Values need a second look")]
    status: Annotated[int, _about("The HTTP status.", 422)]
    detail: Annotated[str, _about("What happened here.", "The body was readable, but some values in it cannot be used.")]
    code: Annotated[str, _about("The stable code of this problem.", "validation_failed")]
    request_id: Annotated[str, _about("Also in X-Request-Id.", "req_01m86ffkj1eyt9k86t46h61k8b")]
    errors: Annotated[list[Fault], Meta(description="Every faulty field.")]
    hint: Annotated[str, _about("What to do next.", "Correct each field listed under errors.")]
    error: SimpleError
    allowed_values: Annotated[list[str], _about("What would do, where that is a short list.", ["tasks:write"])] | UnsetType = (
        UNSET
    )
    policy: Annotated[str, _about("The rate-limit policy that tripped.", "pro")] | UnsetType = UNSET
