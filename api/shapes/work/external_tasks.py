"""Tasks as other tools send them: in their vocabulary, with empty text where they have nothing."""

from typing import Annotated, Any, ClassVar

from msgspec import UNSET, UnsetType

from api.shapes.values import ALTERNATIVE, NO_NUL, Description, about
from api.shapes.work.tasks import TaskValues

LooseDate = Annotated[str, about("The day it is due; empty: none.", "2026-12-18", pattern=r"^(\d{4}-\d{2}-\d{2})?$")]
Status = Annotated[str, about("Its state in the tool's words, such as To Do.", "In Review", max_length=100, extra=ALTERNATIVE)]
AssigneeEmail = Annotated[
    str,
    about(
        "A member's address; empty: nobody. One that nobody in the project has is ignored.",
        "ana@harbour.example",
        max_length=254,
        pattern=NO_NUL,
        extra=ALTERNATIVE,
    ),
]


class ExternalTask(TaskValues, kw_only=True, forbid_unknown_fields=True):
    """What another tool says of its issue. A task that is new needs a title."""

    description: Description | UnsetType | None = UNSET
    due_date: LooseDate | UnsetType | None = UNSET
    status: Status | UnsetType = UNSET
    assignee_email: AssigneeEmail | UnsetType | None = UNSET

    contradictions: ClassVar[list[dict[str, Any]]] = [
        *TaskValues.contradictions,
        {"required": ["state", "status"]},
        {"required": ["status", "before"]},
        {"required": ["status", "after"]},
        {"required": ["assignees", "assignee_email"]},
    ]
