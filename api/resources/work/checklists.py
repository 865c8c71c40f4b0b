"""Checklists. A task has one; its items are what is created, ticked off and moved."""

from typing import Any

from flask import Blueprint

from api.framework.bodies import given
from api.framework.describe import describe
from api.framework.queries import PageQuery
from api.shapes.work.checklists import ChecklistItem, ChecklistItemChanges, NewChecklistItem
from calmboard.access.access import Access
from calmboard.pagination import Page
from calmboard.preconditions import Precondition
from calmboard.work.discussion import checklists

bp = Blueprint("checklists", __name__)


@bp.get("/v1/tasks/<task_id>/checklist")
@describe("List the checklist of a task", ChecklistItem, query=PageQuery, scope="tasks:read")
def list_checklist(access: Access, task_id: str, query: PageQuery) -> Page[Any]:
    """The items of a task's checklist, top to bottom."""
    return checklists.list_items(access, task_id, query.page_request)


@bp.post("/v1/tasks/<task_id>/checklist")
@describe(
    "Add a checklist item", ChecklistItem, takes=NewChecklistItem, scope="tasks:write", location="/api/v1/checklist-items/{id}"
)
def create_checklist_item(access: Access, task_id: str, new: NewChecklistItem) -> Any:
    """Add an item at the bottom of a task's checklist, or at a `position`. A checklist holds 200 items; one more answers 409."""
    return checklists.add_item(access, task_id, given(new))


@bp.get("/v1/checklist-items/<item_id>")
@describe("Read a checklist item", ChecklistItem, scope="tasks:read")
def read_checklist_item(access: Access, item_id: str) -> Any:
    """One item with its position in the checklist."""
    return checklists.read_item(access, item_id)


@bp.put("/v1/checklist-items/<item_id>")
@bp.patch("/v1/checklist-items/<item_id>")
@describe("Change a checklist item", ChecklistItem, takes=ChecklistItemChanges, scope="tasks:write", guarded=ChecklistItem)
def change_checklist_item(access: Access, item_id: str, changes: ChecklistItemChanges, precondition: Precondition) -> Any:
    """Tick an item off, change its text, or move it to a `position`. What is not sent stays as it is.

    PUT means the same, for tools that can only PUT.
    """
    return checklists.change_item(access, item_id, given(changes), precondition)


@bp.delete("/v1/checklist-items/<item_id>")
@describe("Delete a checklist item", scope="tasks:write", guarded=ChecklistItem)
def delete_checklist_item(access: Access, item_id: str, precondition: Precondition) -> None:
    """Delete an item; those below it move up."""
    checklists.delete_item(access, item_id, precondition)
