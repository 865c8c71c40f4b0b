"""Many changes to tasks in one call."""

from dataclasses import replace
from typing import Any

from api.framework.answers import problem_body
from api.framework.bodies import given
from api.framework.describe import describe
from api.resources.work.tasks import bp
from api.shapes.work.bulk import Bulk, BulkAnswer, ChangeTask, CreateTask, DeleteTask
from calmboard.access.access import Access
from calmboard.errors import FieldError, Problem
from calmboard.work.tasks.bulk import Outcome, Step, StepRefused, change_all, change_each

_STATUSES = {"create": 201, "change": 200, "delete": 204}
_BODIES = {"create": "/task", "change": "/changes", "delete": ""}


@bp.post("/v1/tasks/bulk")
@describe("Create, change and delete many tasks", BulkAnswer, takes=Bulk, scope="tasks:write", status=200)
def change_tasks(access: Access, bulk: Bulk) -> dict[str, Any]:
    """Up to 100 operations in their order: all or none, or with `atomic: false` each for itself."""
    steps = [_step(operation) for operation in bulk.operations]
    try:
        outcomes = change_all(access, steps) if bulk.atomic else change_each(access, steps)
    except StepRefused as refused:
        raise _placed(refused.problem, refused.place, steps[refused.place].kind) from refused
    return {"results": [_result(outcome) for outcome in outcomes]}


def _step(operation: CreateTask | ChangeTask | DeleteTask) -> Step:
    if isinstance(operation, CreateTask):
        return Step("create", operation.board_id, given(operation.task))
    if isinstance(operation, ChangeTask):
        return Step("change", operation.task_id, given(operation.changes))
    return Step("delete", operation.task_id)


def _placed(problem: Problem, place: int, kind: str) -> Problem:
    """The problem of one operation, told as that of the whole call: nothing was changed."""
    here = f"/operations/{place}"
    inside = f"{here}{_BODIES[kind]}"
    faults = [replace(fault, pointer=f"{inside}{fault.pointer}") for fault in problem.errors]
    problem.errors = tuple(faults) or (FieldError(here, problem.code, problem.detail),)
    return problem


def _result(outcome: Outcome) -> dict[str, Any]:
    if outcome.problem is not None:
        return {"op": outcome.kind, "status": outcome.problem.status, "problem": problem_body(outcome.problem)}
    result = {"op": outcome.kind, "status": _STATUSES[outcome.kind]}
    return {**result, "task": outcome.task} if outcome.task is not None else result
