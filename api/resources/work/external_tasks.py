"""Tasks addressed by another tool's own ids."""

from api.framework.answers import Created
from api.framework.bodies import given
from api.framework.describe import describe
from api.resources.work.tasks import bp
from api.shapes.work.external_tasks import ExternalTask
from api.shapes.work.tasks import Task
from calmboard.access.access import Access
from calmboard.preconditions import Precondition
from calmboard.work.tasks import external
from calmboard.work.tasks.rows import TaskRow

_PATH = "/v1/boards/<board_id>/tasks/by-external/<source>/<text:external_id>"


@bp.get(_PATH)
@describe("Read a task by its id in another tool", Task, scope="tasks:read", path_errors=external.external_name_errors)
def read_external_task(access: Access, board_id: str, source: str, external_id: str) -> TaskRow:
    """The task that mirrors an issue in another tool."""
    return external.read_external(access, board_id, source, external_id)


@bp.put(_PATH)
@describe(
    "Create or change a task by its id in another tool",
    Task,
    takes=ExternalTask,
    scope="tasks:write",
    location="/api/v1/tasks/{id}",
    guarded=Task,
    path_errors=external.external_name_errors,
)
def put_external_task(
    access: Access, board_id: str, source: str, external_id: str, values: ExternalTask, precondition: Precondition
) -> TaskRow | Created:
    """Create the task for an issue in another tool, or change it. Sent again, it creates no second one."""
    task, is_new = external.put_external(access, board_id, source, external_id, given(values), precondition)
    return Created(task) if is_new else task
