"""Many changes to tasks in one call."""

from dataclasses import replace
from typing import Any

from msgspec import UNSET

from api.framework.answers import problem_body
from api.framework.bodies import given
from api.framework.describe import describe
from api.framework.etags import matches
from api.resources.work.tasks import bp
from api.shapes.work.bulk import Bulk, BulkAnswer, ChangeTask, CreateTask, DeleteTask
from api.shapes.work.tasks import Task
from calmboard.access.access import Access
from calmboard.errors import FieldError, Problem
from calmboard.preconditions import Precondition, no_precondition
from calmboard.work.tasks.bulk import BulkOperation, BulkOperationError, BulkResult, change_all, change_each

_STATUSES = {"create": 201, "change": 200, "delete": 204}
_BODIES = {"create": "/task", "change": "/changes", "delete": ""}


@bp.post("/v1/tasks/bulk")
@describe("Create, change and delete many tasks", BulkAnswer, takes=Bulk, scope="tasks:write", status=200)
def change_tasks(access: Access, bulk: Bulk) -> dict[str, Any]:
    """Up to 100 operations in their order: all or none, or with `atomic: false` each for itself."""
    steps = [_step(operation) for operation in bulk.operations]
    try:
        outcomes = change_all(access, steps) if bulk.atomic else change_each(access, steps)
    except BulkOperationError as refused:
        raise _with_operation_pointer(refused.problem, refused.index, steps[refused.index].kind) from refused
    return {"results": [_result(outcome) for outcome in outcomes]}


def _step(operation: CreateTask | ChangeTask | DeleteTask) -> BulkOperation:
    if isinstance(operation, CreateTask):
        return BulkOperation("create", operation.board_id, given(operation.task))
    if isinstance(operation, ChangeTask):
        return BulkOperation("change", operation.task_id, given(operation.changes), _precondition(operation))
    return BulkOperation("delete", operation.task_id, precondition=_precondition(operation))


def _precondition(operation: ChangeTask | DeleteTask) -> Precondition:
    return no_precondition if operation.if_match is UNSET else matches(Task, operation.if_match)


def _with_operation_pointer(problem: Problem, index: int, kind: str) -> Problem:
    """The problem of one operation, reported as that of the whole call: nothing was changed."""
    pointer = f"/operations/{index}"
    body_pointer = f"{pointer}{_BODIES[kind]}"
    errors = [replace(error, pointer=f"{body_pointer}{error.pointer}") for error in problem.errors]
    problem.errors = tuple(errors) or (FieldError(pointer, problem.code, problem.detail),)
    return problem


def _result(outcome: BulkResult) -> dict[str, Any]:
    if outcome.problem is not None:
        return {"op": outcome.kind, "status": outcome.problem.status, "problem": problem_body(outcome.problem)}
    result = {"op": outcome.kind, "status": _STATUSES[outcome.kind]}
    return {**result, "task": outcome.task} if outcome.task is not None else result
