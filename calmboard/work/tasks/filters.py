"""Rejects filters of a list of tasks that no task can match, as opposed to an empty list."""

from functools import cache

from sqlalchemy import bindparam, select
from sqlalchemy.orm import aliased

from calmboard.access.access import Access
from calmboard.access.permissions import access_params, find, narrowed_to, require_scope
from calmboard.db import AnyRow, AnySelect, autocommit
from calmboard.errors import FieldError, ValidationFailed
from calmboard.models import Board, Label, Membership, Sprint
from calmboard.work.tasks.rows import TaskFilters


def require_fitting_filters(access: Access, filters: TaskFilters, board_id: str | None) -> None:
    """Reject filters that no task can match, as opposed to an empty list.

    Raises NotFound and Forbidden as `find` does, ValidationFailed for a sprint that is not of the board, and for a label or
    a person that is not of the one project in question, or else of no visible one.
    """
    require_scope(access, "tasks:read")
    board = None if board_id is None else find(access, Board, board_id)
    sprint = None if filters.sprint_id is None else find(access, Sprint, filters.sprint_id, Sprint.board_id)
    label = None if filters.label is None else find(access, Label, filters.label)
    project_id = next((row.in_project for row in (board, sprint, label) if row is not None), None)
    errors = [
        *_sprint_errors(sprint, board_id),
        *_label_errors(label, project_id),
        *_assignee_errors(access, filters.assignee, project_id),
    ]
    if errors:
        raise ValidationFailed(errors=tuple(errors))


def _sprint_errors(sprint: AnyRow | None, board_id: str | None) -> list[FieldError]:
    if sprint is None or board_id in (None, sprint.board_id):
        return []
    detail = f"This is a sprint of another board, {sprint.board_id}. Send that one as board_id, or leave board_id out."
    return [FieldError("/sprint_id", "contradiction", detail)]


def _label_errors(label: AnyRow | None, project_id: str | None) -> list[FieldError]:
    if label is None or label.in_project == project_id:
        return []
    detail = f"This is a label of another project, {label.in_project}; {project_id} has its own."
    return [FieldError("/label", "contradiction", detail)]


def _assignee_errors(access: Access, user_id: str | None, project_id: str | None) -> list[FieldError]:
    if user_id in (None, access.user.id):
        return []
    values = {**access_params(access), "user_id": user_id, "project_id": project_id}
    with autocommit() as connection:
        statement = _shared_project(access.project_ids is not None, project_id is not None)
        if connection.execute(statement, values).first() is not None:
            return []
    where = "a project in reach" if project_id is None else f"the project {project_id}"
    return [FieldError("/assignee", "unknown_value", f"Nobody in {where} has this id.")]


@cache
def _shared_project(narrowed: bool, in_project: bool) -> AnySelect:
    membership = aliased(Membership)
    statement = narrowed_to(select(membership.user_id), membership.project_id, narrowed).where(
        membership.user_id == bindparam("user_id")
    )
    return (statement.where(membership.project_id == bindparam("project_id")) if in_project else statement).limit(1)
