"""Filters of a list of tasks that no task can fit, told apart from a list that is empty."""

from functools import cache

from sqlalchemy import bindparam, select
from sqlalchemy.orm import aliased

from calmboard.access.access import Access
from calmboard.access.permissions import access_params, find, narrowed_to, require_scope
from calmboard.db import AnyRow, AnySelect, reading
from calmboard.errors import FieldError, ValidationFailed
from calmboard.models import Board, Label, Membership, Sprint
from calmboard.work.tasks.rows import TaskFilters


def require_fitting_filters(access: Access, filters: TaskFilters, board_id: str | None) -> None:
    """Tell a list that is empty from one that was narrowed to what no task can be.

    Raises NotFound and Forbidden as `find` does, ValidationFailed for a sprint that is not of the board, and for a label or
    a person that is not of the one project in question, or else of none in reach.
    """
    require_scope(access, "tasks:read")
    board = None if board_id is None else find(access, Board, board_id)
    sprint = None if filters.sprint_id is None else find(access, Sprint, filters.sprint_id, Sprint.board_id)
    label = None if filters.label is None else find(access, Label, filters.label)
    project_id = next((row.in_project for row in (board, sprint, label) if row is not None), None)
    faults = [
        *_sprint_elsewhere(sprint, board_id),
        *_label_elsewhere(label, project_id),
        *_stranger(access, filters.assignee, project_id),
    ]
    if faults:
        raise ValidationFailed(errors=tuple(faults))


def _sprint_elsewhere(sprint: AnyRow | None, board_id: str | None) -> list[FieldError]:
    if sprint is None or board_id in (None, sprint.board_id):
        return []
    detail = f"This is a sprint of another board, {sprint.board_id}. Send that one as board_id, or leave board_id out."
    return [FieldError("/sprint_id", "contradiction", detail)]


def _label_elsewhere(label: AnyRow | None, project_id: str | None) -> list[FieldError]:
    if label is None or label.in_project == project_id:
        return []
    detail = f"This is a label of another project, {label.in_project}; {project_id} has its own."
    return [FieldError("/label", "contradiction", detail)]


def _stranger(access: Access, user_id: str | None, project_id: str | None) -> list[FieldError]:
    if user_id in (None, access.user.id):
        return []
    values = {**access_params(access), "user_id": user_id, "project_id": project_id}
    with reading() as connection:
        statement = _met(access.project_ids is not None, project_id is not None)
        if connection.execute(statement, values).first() is not None:
            return []
    where = "a project in reach" if project_id is None else f"the project {project_id}"
    return [FieldError("/assignee", "unknown_value", f"Nobody in {where} has this id.")]


@cache
def _met(narrowed: bool, in_project: bool) -> AnySelect:
    theirs = aliased(Membership)
    statement = narrowed_to(select(theirs.user_id), theirs.project_id, narrowed).where(theirs.user_id == bindparam("user_id"))
    return (statement.where(theirs.project_id == bindparam("project_id")) if in_project else statement).limit(1)
