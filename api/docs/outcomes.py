"""What the examples of changes are answered with where that is more than what was sent."""

from collections.abc import Callable
from hashlib import sha256
from typing import Any

from api.docs.examples import answer_example_of
from api.shapes.work.tasks import NewTask, Task, TaskChanges
from calmboard.work.boards import COLUMN_NAMES

_AT = "2026-11-24T09:30:00Z"
_OWN = {"role": "owner"}
_EMPTY = {"columns": [{"state": state, "name": name, "task_count": 0} for state, name in COLUMN_NAMES.items()]}
_UNPLANNED = {"task_count": 0, "done_count": 0}


def outcome_of(operation: str, body: Any) -> dict[str, Any]:
    """The fields of the answer that the operation itself decides."""
    return _OUTCOMES.get(operation, _nothing)(body)


def _nothing(_body: Any) -> dict[str, Any]:
    return {}


def _always(values: dict[str, Any]) -> Callable[[Any], dict[str, Any]]:
    return lambda _body: values


def _uploaded(body: Any) -> dict[str, Any]:
    content: bytes = body["file"].encode()
    digest = sha256(content).hexdigest()
    return {"name": "note.txt", "media_type": "text/plain", "size_bytes": len(content), "sha256": digest}


def _each_result(body: Any) -> dict[str, Any]:
    return {"results": [_result(operation) for operation in body["operations"]]}


def _result(operation: dict[str, Any]) -> dict[str, Any]:
    if operation["op"] == "create":
        return {"op": "create", "status": 201, "task": answer_example_of(Task, NewTask, operation["task"])}
    return {"op": "change", "status": 200, "task": answer_example_of(Task, TaskChanges, operation["changes"])}


_OUTCOMES: dict[str, Callable[[Any], dict[str, Any]]] = {
    "create_project": _always(_OWN),
    "change_project": _always(_OWN),
    "change_project_by_put": _always(_OWN),
    "create_board": _always(_EMPTY),
    "create_sprint": _always(_UNPLANNED),
    "start_sprint": _always({"state": "active", "started_at": _AT}),
    "complete_sprint": _always({"state": "completed", "started_at": _AT, "completed_at": _AT}),
    "create_attachment": _uploaded,
    "change_tasks": _each_result,
}
