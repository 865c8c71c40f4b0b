"""The kinds of value that many structs share, each with its rule and an example."""

from datetime import date, datetime
from typing import Annotated, Any

from msgspec import Meta, Struct

from calmboard import ids
from calmboard.models import columns, work
from calmboard.texts.names import ONE_LINE

NO_NUL = r"^[^\u0000]*$"
# Spaces, line ends, joiners and direction marks are invisible.
VISIBLE = r"^[^\u0000]*[^\u0000-\u0020\u007f-\u00a0\u00ad\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff][^\u0000]*$"


# Marks a field that is an alternative to another one, so that no example holds both.
ALTERNATIVE = {"alternative": True}


def about(description: str, *examples: Any, **rules: Any) -> Meta:
    return Meta(description=description, examples=list(examples) or None, **rules)


# An id in an example ends like this; whoever shows or sends the example replaces it with an id of the reader's own.
EXAMPLE_ID_SUFFIX = "01m86ffkj1eyt9k86t46h61k8b"


def id_of(prefix: str) -> Meta:
    return Meta(pattern=ids.pattern(prefix), examples=[f"{prefix}_{EXAMPLE_ID_SUFFIX}"])


ProjectId = Annotated[str, id_of("prj")]
BoardId = Annotated[str, id_of("brd")]
LabelId = Annotated[str, id_of("lbl")]
TaskId = Annotated[str, id_of("tsk")]
SprintId = Annotated[str, id_of("spr")]
CommentId = Annotated[str, id_of("cmt")]
ItemId = Annotated[str, id_of("chk")]
AttachmentId = Annotated[str, id_of("att")]
UserId = Annotated[str, id_of("usr")]
InvitationId = Annotated[str, id_of("inv")]
KeyId = Annotated[str, id_of("key")]
CredentialId = Annotated[str, Meta(pattern=ids.pattern("(key|grn)"), examples=[f"key_{EXAMPLE_ID_SUFFIX}"])]

State = Annotated[columns.TaskState, about("The column: Backlog, Ready, In Progress, Review or Done.", "ready")]
Role = Annotated[
    work.Role,
    about("Viewers read; members change tasks; admins change the project; owners delete it.", "member"),
]
Time = Annotated[datetime, about("RFC 3339, in UTC.", "2026-11-24T09:30:00Z")]
DueDate = Annotated[date, about("The day it is due.", "2026-12-18")]
Title = Annotated[
    str, about("What is to be done, in a line.", "Refund partial captures", min_length=1, max_length=200, pattern=ONE_LINE)
]
Description = Annotated[str, about("Details, in Markdown.", "Captured twice, refunded once.", max_length=20_000, pattern=NO_NUL)]
BlockedReason = Annotated[
    str,
    about(
        "What it waits for. Giving a reason blocks the task.",
        "Waits for the bank's test account.",
        max_length=500,
        pattern=VISIBLE,
    ),
]
Position = Annotated[int, about("The position in its column, counted from 0 at the top.", 0, ge=0, le=1_000_000)]
Rank = Annotated[str, about("Sorts the column: compare as text, lower is nearer the top.", "V000000000")]
TargetPosition = Annotated[
    Position | Annotated[str, Meta(pattern="^[0-9A-Za-z]{10,240}$", examples=["V000000000"])],
    about("The position counted from 0 at the top, or the `position` of any task as it was read; the task there moves down.", 0),
]
PersonReference = Annotated[
    str, about("A person's id, e-mail address or exact name; `me`.", "me", min_length=1, max_length=254, pattern=NO_NUL)
]
LabelReference = Annotated[str, about("A label's id or name.", "Refunds", min_length=1, max_length=50, pattern=NO_NUL)]
Assignees = Annotated[
    list[PersonReference], about("Project members, by id, e-mail address or exact name; `me`.", [], max_length=50)
]
Labels = Annotated[list[LabelReference], about("Labels of the project, by id or name.", [], max_length=50)]
Number = Annotated[int, about("Its short number, counted in its project: people say #12.", 12)]
TaskUrl = Annotated[str, about("Its page, where people read it.", f"https://calmboard.example/tasks/tsk_{EXAMPLE_ID_SUFFIX}")]
Blocked = Annotated[bool, about("Whether something stops it.", True)]
Pinned = Annotated[bool, about("Whether it is pinned for everyone.", False)]
NamePart = Annotated[str, about("Part of the name, whatever the case.", "pay", min_length=1, max_length=100, pattern=NO_NUL)]
TextPart = Annotated[
    str, about("Part of title or description, whatever the case.", "refund", min_length=1, max_length=100, pattern=NO_NUL)
]
SprintChoice = Annotated[SprintId | None, about("A sprint of the same board; null: none.", None)]
PersonName = Annotated[str, about("The person's name.", "Ana Ruiz")]
Email = Annotated[str, about("The person's e-mail address.", "ana@harbour.example")]


class LabelOnTask(Struct):
    """A label, as a task carries it."""

    id: LabelId
    name: Annotated[str, about("The label's word.", "bug")]
    colour: Annotated[str, about("Its colour's name.", "red")]


class Person(Struct):
    """A person."""

    id: UserId
    name: PersonName
