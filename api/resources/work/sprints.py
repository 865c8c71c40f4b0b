"""Sprints."""

from typing import Annotated, Any

from flask import Blueprint
from msgspec import UNSET, Meta, UnsetType

from api.framework.bodies import given
from api.framework.describe import describe
from api.framework.queries import PageQuery
from api.shapes.work.sprints import Completion, NewSprint, Sprint, SprintChanges, SprintState
from calmboard.access.access import Access
from calmboard.pagination import Page
from calmboard.preconditions import Precondition
from calmboard.work.sprints import lifecycle

bp = Blueprint("sprints", __name__)


class SprintQuery(PageQuery, kw_only=True):
    state: Annotated[list[SprintState], Meta(description="In one of these states.", examples=[["active"]])] | UnsetType = UNSET


@bp.get("/v1/boards/<board_id>/sprints")
@describe("List the sprints of a board", Sprint, query=SprintQuery, scope="sprints:read")
def list_sprints(access: Access, board_id: str, query: SprintQuery) -> Page[Any]:
    """The sprints of a board, oldest first."""
    return lifecycle.list_sprints(access, board_id, query.page_request, query.state or None)


@bp.post("/v1/boards/<board_id>/sprints")
@describe("Plan a sprint", Sprint, takes=NewSprint, scope="sprints:write", location="/api/v1/sprints/{id}")
def create_sprint(access: Access, board_id: str, new: NewSprint) -> Any:
    """Add a planned sprint to a board. Tasks join it by their `sprint_id`."""
    return lifecycle.create_sprint(access, board_id, given(new))


@bp.get("/v1/sprints/<sprint_id>")
@describe("Read a sprint", Sprint, scope="sprints:read")
def read_sprint(access: Access, sprint_id: str) -> Any:
    """One sprint with the number of its tasks."""
    return lifecycle.read_sprint(access, sprint_id)


@bp.put("/v1/sprints/<sprint_id>")
@bp.patch("/v1/sprints/<sprint_id>")
@describe("Change a sprint", Sprint, takes=SprintChanges, scope="sprints:write", guarded=Sprint)
def change_sprint(access: Access, sprint_id: str, changes: SprintChanges, precondition: Precondition) -> Any:
    """Change the fields that are sent and leave the others; null clears a day.

    PUT means the same, for tools that can only PUT.
    """
    return lifecycle.change_sprint(access, sprint_id, given(changes), precondition)


@bp.delete("/v1/sprints/<sprint_id>")
@describe("Delete a sprint", scope="sprints:write", guarded=Sprint)
def delete_sprint(access: Access, sprint_id: str, precondition: Precondition) -> None:
    """Delete a planned sprint. Its tasks stay on the board, in no sprint."""
    lifecycle.delete_sprint(access, sprint_id, precondition)


@bp.post("/v1/sprints/<sprint_id>/start")
@describe("Start a sprint", Sprint, scope="sprints:write", status=200)
def start_sprint(access: Access, sprint_id: str) -> Any:
    """Make a planned sprint the active one of its board. Without days of its own it runs from today for two weeks.

    A board that has an active sprint answers 409.
    """
    return lifecycle.start_sprint(access, sprint_id)


@bp.post("/v1/sprints/<sprint_id>/complete")
@describe("Complete a sprint", Sprint, takes=Completion, scope="sprints:write", status=200)
def complete_sprint(access: Access, sprint_id: str, completion: Completion) -> Any:
    """End the active sprint. Done tasks stay in it, which is what reports are made of; say where the others go."""
    return lifecycle.complete_sprint(access, sprint_id, **given(completion))
