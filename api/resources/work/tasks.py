"""Tasks."""

from dataclasses import fields
from datetime import date, datetime
from typing import Annotated, Literal

from flask import Blueprint
from msgspec import UNSET, Meta, UnsetType

from api.framework.bodies import given
from api.framework.describe import describe
from api.framework.queries import PageQuery
from api.shapes.values import EXAMPLE_ID_SUFFIX, LabelId, SprintId, State, TextPart
from api.shapes.work.tasks import NewTask, Task, TaskChanges
from calmboard.access.access import Access
from calmboard.ids import pattern
from calmboard.pagination import Page
from calmboard.preconditions import Precondition
from calmboard.work.tasks import lifecycle
from calmboard.work.tasks.rows import TaskFilters, TaskRow
from calmboard.work.tasks.rows import list_tasks as list_task_rows

bp = Blueprint("tasks", __name__)

Sort = Literal["created_at", "-created_at", "updated_at", "-updated_at", "due_date", "position"]


class TaskQuery(PageQuery, kw_only=True):
    """The tasks that are requested; every filter given must match."""

    state: Annotated[list[State], Meta(description="In one of these columns.", examples=[["ready", "review"]])] | UnsetType = (
        UNSET
    )
    assignee: (
        Annotated[
            str,
            Meta(
                pattern=f"^(me|{pattern('usr')[1:-1]})$",
                description="With this person on it; `me`: the credential's user.",
                examples=["me", f"usr_{EXAMPLE_ID_SUFFIX}"],
            ),
        ]
        | UnsetType
    ) = UNSET
    sprint_id: Annotated[SprintId, Meta(description="In this sprint.")] | UnsetType = UNSET
    label: Annotated[LabelId, Meta(description="With this label on it.")] | UnsetType = UNSET
    blocked: Annotated[bool, Meta(description="Blocked or not.")] | UnsetType = UNSET
    pinned: Annotated[bool, Meta(description="Pinned or not.")] | UnsetType = UNSET
    due_before: Annotated[date, Meta(description="Due before this day.")] | UnsetType = UNSET
    due_after: Annotated[date, Meta(description="Due after this day.")] | UnsetType = UNSET
    updated_since: Annotated[datetime, Meta(tz=True, description="Changed at this time or later.")] | UnsetType = UNSET
    q: TextPart | UnsetType = UNSET
    sort: Annotated[
        Sort,
        Meta(
            description="`-` turns the order around; `position` goes column by column, top to bottom.", examples=["-updated_at"]
        ),
    ] = "created_at"

    @property
    def filters(self) -> TaskFilters:
        names = [field.name for field in fields(TaskFilters)]
        return TaskFilters(**{name: value for name in names if (value := getattr(self, name)) is not UNSET})


@bp.get("/v1/boards/<board_id>/tasks")
@describe("List the tasks of a board", Task, query=TaskQuery, scope="tasks:read")
def list_tasks(access: Access, board_id: str, query: TaskQuery) -> Page[TaskRow]:
    """The tasks of a board, filtered and sorted."""
    return list_task_rows(access, board_id, query.filters, query.sort, query.page_request)


@bp.post("/v1/boards/<board_id>/tasks")
@describe("Create a task", Task, takes=NewTask, scope="tasks:write", location="/api/v1/tasks/{id}")
def create_task(access: Access, board_id: str, new: NewTask) -> TaskRow:
    """Add a task to a board, at the bottom of its column or at a `position`."""
    return lifecycle.create_task(access, board_id, given(new))


@bp.get("/v1/tasks/<task_id>")
@describe("Read a task", Task, scope="tasks:read")
def read_task(access: Access, task_id: str) -> TaskRow:
    """One task with the people on it."""
    return lifecycle.read_task(access, task_id)


@bp.put("/v1/tasks/<task_id>")
@bp.patch("/v1/tasks/<task_id>")
@describe("Change a task", Task, takes=TaskChanges, scope="tasks:write", guarded=Task)
def change_task(access: Access, task_id: str, changes: TaskChanges, precondition: Precondition) -> TaskRow:
    """Change the fields that are sent and leave the others. `state` and `position` move the card.

    PUT means the same, for tools that can only PUT.
    """
    return lifecycle.change_task(access, task_id, given(changes), precondition)


@bp.delete("/v1/tasks/<task_id>")
@describe("Delete a task", scope="tasks:write", guarded=Task)
def delete_task(access: Access, task_id: str, precondition: Precondition) -> None:
    """Delete a task for good."""
    lifecycle.delete_task(access, task_id, precondition)
