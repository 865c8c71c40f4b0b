"""Tasks addressed by another tool's own ids."""

from api.answers import Created
from api.bodies import given
from api.describe import describe
from api.shapes.external_tasks import ExternalTask
from api.shapes.tasks import Task
from api.tasks import bp
from calmboard.access.access import Access
from calmboard.guards import Guard
from calmboard.work import external_tasks
from calmboard.work.task_rows import TaskRow

_PATH = "/v1/boards/<board_id>/tasks/by-external/<source>/<text:external_id>"


@bp.get(_PATH)
@describe("Read a task by its id in another tool", Task, scope="tasks:read")
def read_external_task(access: Access, board_id: str, source: str, external_id: str) -> TaskRow:
    """The task that stands for a thing in another tool."""
    return external_tasks.read_external(access, board_id, source, external_id)


@bp.put(_PATH)
@describe(
    "Create or change a task by its id in another tool",
    Task,
    takes=ExternalTask,
    scope="tasks:write",
    location="/api/v1/tasks/{id}",
    guarded=Task,
)
def put_external_task(
    access: Access, board_id: str, source: str, external_id: str, values: ExternalTask, guard: Guard
) -> TaskRow | Created:
    """Create the task for a thing in another tool, or change it. Sent again, it makes no second one."""
    task, is_new = external_tasks.put_external(access, board_id, source, external_id, given(values), guard)
    return Created(task) if is_new else task
