"""Tasks."""

from flask import Blueprint

from api.framework.bodies import given
from api.framework.describe import describe
from api.resources.work.task_query import TaskQuery
from api.shapes.work.tasks import NewTask, Task, TaskChanges
from calmboard.access.access import Access
from calmboard.pagination import Page
from calmboard.preconditions import Precondition
from calmboard.work.tasks import lifecycle
from calmboard.work.tasks.rows import TaskRow
from calmboard.work.tasks.rows import list_tasks as list_task_rows

bp = Blueprint("tasks", __name__)


@bp.get("/v1/boards/<board_id>/tasks")
@describe("List the tasks of a board", Task, query=TaskQuery, scope="tasks:read")
def list_tasks(access: Access, board_id: str, query: TaskQuery) -> Page[TaskRow]:
    """The tasks of a board, filtered and sorted."""
    return list_task_rows(access, board_id, query.filters(access, board_id), query.sort, query.page_request)


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
