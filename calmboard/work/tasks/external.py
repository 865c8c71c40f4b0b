"""Tasks that stand for something in another tool, addressed by that tool's own id."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import func, select

from calmboard.access.access import Access
from calmboard.access.permissions import find, find_for_update, require_role, require_scope
from calmboard.db import autocommit, db, retry_conflicts
from calmboard.errors import FieldError, NotFound, ValidationFailed
from calmboard.models import Board, ExternalTask, Membership, Task, User
from calmboard.preconditions import Precondition, no_precondition
from calmboard.work.tasks.lifecycle import add_task, apply_changes, read_task
from calmboard.work.tasks.rows import TaskRow

SOURCE_PATTERN = r"^[a-z0-9_-]{1,40}$"
MAX_EXTERNAL_ID_LENGTH = 500

# How other tools call the five states; compared without case, spaces, - and _.
_SYNONYMS = {
    "backlog": ("backlog", "icebox", "ideas", "someday", "later"),
    "ready": ("ready", "todo", "tobedone", "selectedfordevelopment", "open", "new", "next", "planned", "reopened"),
    "in_progress": ("inprogress", "doing", "indev", "indevelopment", "started", "wip", "working", "active"),
    "review": ("review", "inreview", "codereview", "qa", "testing", "readyforqa", "readyfortest", "readytomerge", "verify"),
    "done": ("done", "closed", "resolved", "released", "complete", "completed", "finished", "shipped", "deployed"),
}
_STATES = {name: state for state, names in _SYNONYMS.items() for name in names}


def read_external(access: Access, board_id: str, source: str, external_id: str) -> TaskRow:
    """Raises NotFound where the board has no task by this name, else as `read_task`.

    The caller has refused names with `external_name_errors`.
    """
    require_scope(access, "tasks:read")
    find(access, Board, board_id)
    with autocommit() as connection:
        task_id = connection.execute(_task_id(board_id, source, external_id)).scalar()
    if task_id is None:
        raise NotFound(f"This board has no task for “{external_id[:60]}” of {source[:40]}.")
    return read_task(access, task_id)


@retry_conflicts
def put_external(
    access: Access,
    board_id: str,
    source: str,
    external_id: str,
    values: Mapping[str, Any],
    precondition: Precondition = no_precondition,
) -> tuple[TaskRow, bool]:
    """Create the task for an item of another tool, or change it; returns it and whether it is new.

    The caller has refused names with `external_name_errors`. Sent twice, or by two at once, it makes one task. `status` is a
    state by the tool's name for it, `assignee_email` a member's address; one that nobody in the project has is ignored.
    Raises ValidationFailed where a new task has no title or the status is not known.
    """
    board = find_for_update(access, Board, board_id)
    require_role(access, board.role, "tasks:write")
    fields = _to_fields(board.in_project, values)
    task_id = db.session.execute(_locked(_task_id(board_id, source, external_id))).scalar()
    is_new = task_id is None
    if task_id is None:
        precondition(None)
        task_id = _add(access, board_id, source, external_id, fields)
    else:
        apply_changes(access, task_id, fields, precondition)
    db.session.commit()
    return read_task(access, task_id), is_new


def state_from_status(status: str) -> str | None:
    """The state that other tools call by this name, or None."""
    return _STATES.get("".join(character for character in status.casefold() if character.isalnum()))


def external_name_errors(source: str, external_id: str, **_address: str) -> list[FieldError]:
    """What is wrong with the two that name a task in another tool."""
    errors = []
    if not re.fullmatch(SOURCE_PATTERN, source):
        detail = "Write a source with 1 to 40 small letters, digits, - and _, such as jira."
        errors.append(FieldError("source", "wrong_form", detail))
    if len(external_id) > MAX_EXTERNAL_ID_LENGTH:
        detail = f"This is {len(external_id)} characters long. An external id has at most {MAX_EXTERNAL_ID_LENGTH}."
        errors.append(FieldError("external_id", "too_long", detail))
    if {"\0", "\ufffd"} & set(external_id):
        errors.append(FieldError("external_id", "wrong_form", "Write an external id in UTF-8, without NUL."))
    return errors


def _add(access: Access, board_id: str, source: str, external_id: str, fields: Mapping[str, Any]) -> str:
    if "title" not in fields:
        raise ValidationFailed(errors=(FieldError("/title", "required", "Send title; a task that is new needs one."),))
    task_id = add_task(access, board_id, fields)
    db.session.add(ExternalTask(board_id=board_id, source=source, external_id=external_id, task_id=task_id))
    return task_id


def _task_id(board_id: str, source: str, external_id: str) -> Any:
    return select(ExternalTask.task_id).where(
        ExternalTask.board_id == board_id, ExternalTask.source == source, ExternalTask.external_id == external_id
    )


def _locked(statement: Any) -> Any:
    """Locks the task until the commit, so that one that is just being deleted is not found, and is created again."""
    return statement.join(Task, Task.id == ExternalTask.task_id).with_for_update(of=Task, key_share=True)


def _to_fields(project_id: str, values: Mapping[str, Any]) -> dict[str, Any]:
    _require_unambiguous(values)
    fields = dict(values)
    if "description" in fields:
        fields["description"] = fields["description"] or ""
    if "due_date" in fields:
        fields["due_date"] = _day(fields["due_date"])
    if "status" in fields:
        fields["state"] = _state(fields.pop("status"))
    if "assignee_email" in fields and (assignees := _assignees(project_id, fields.pop("assignee_email"))) is not None:
        fields["assignees"] = assignees
    return fields


def _require_unambiguous(values: Mapping[str, Any]) -> None:
    """An external field and its CalmBoard counterpart must not both be sent."""
    counterparts = {"status": ("state", "before", "after"), "assignee_email": ("assignees",)}
    errors = [
        FieldError(f"/{external}", "contradiction", f"Send {external} or {name}, not both.")
        for external, names in counterparts.items()
        for name in names
        if external in values and name in values
    ]
    if errors:
        raise ValidationFailed(errors=tuple(errors))


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        detail = "Send a date such as 2026-12-18; the day must exist."
        raise ValidationFailed(errors=(FieldError("/due_date", "wrong_form", detail),)) from None


def _state(status: str) -> str:
    if (state := state_from_status(status)) is not None:
        return state
    detail = f"CalmBoard does not know the state “{status[:60]}”. Use one of these words, or send state instead."
    raise ValidationFailed(errors=(FieldError("/status", "unknown_value", detail, tuple(_STATES)),))


def _assignees(project_id: str, email: str | None) -> list[str] | None:
    """Nobody for an empty address, None for one that nobody in the project has."""
    if not email:
        return []
    user_id = _member(project_id, email)
    return None if user_id is None else [user_id]


def _member(project_id: str, email: str) -> str | None:
    statement = select(User.id).join(Membership, Membership.user_id == User.id)
    statement = statement.where(Membership.project_id == project_id, func.lower(User.email) == email.strip().lower())
    return db.session.execute(statement).scalar()
