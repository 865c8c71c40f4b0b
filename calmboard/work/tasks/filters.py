"""Filters of a list of tasks as they are sent: names become ids, and what no task can match is rejected."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import aliased

from calmboard.access.access import Access
from calmboard.access.permissions import access_params, find, narrowed_to, require_scope
from calmboard.db import AnyRow, AnySelect, autocommit
from calmboard.errors import FieldError, ValidationFailed
from calmboard.models import Board, Label, Membership, Sprint
from calmboard.work.named import Kind, Within, is_final, resolve_names
from calmboard.work.tasks.conditions import MAY_BE_NONE, NONE, TaskFilters

_NAMED: dict[str, Kind] = {
    "assignee": "person",
    "changed_by": "person",
    "sprint_id": "sprint",
    "label": "label",
    "label_all": "label",
}


def resolve_filters(access: Access, board_id: str | None, filters: TaskFilters) -> TaskFilters:
    """The filters with the ids of the people, sprints and labels that they name, on a board or in all that is visible.

    Raises ValidationFailed with an error for each name that nothing or more than one thing has; NotFound and Forbidden as
    `find` does, where there is a name to look for.
    """
    errors: list[FieldError] = []
    resolved: dict[str, Any] = {}
    for name, kind in _NAMED.items():
        named = getattr(filters, name)
        literals = (NONE,) if name in MAY_BE_NONE else ()
        if named is None or is_final(kind, named, literals):
            continue
        if board_id is not None and not resolved:
            find(access, Board, board_id)
        try:
            resolved[name] = resolve_names(access, kind, named, f"/{name}", Within(board_id=board_id), literals)
        except ValidationFailed as problem:
            errors += problem.errors
    if errors:
        raise ValidationFailed(errors=tuple(errors))
    return replace(filters, **resolved)


def require_fitting_filters(access: Access, filters: TaskFilters, board_id: str | None) -> None:
    """Reject filters that no task can match, as opposed to an empty list.

    Raises NotFound and Forbidden as `find` does, ValidationFailed for a sprint that is not of the board, for a label or a person
    that is not of the one project in question, or else of no visible one, and for times with none between them.
    """
    require_scope(access, "tasks:read")
    board = None if board_id is None else find(access, Board, board_id)
    sprints = [find(access, Sprint, sprint_id, Sprint.board_id) for sprint_id in _ids(filters.sprint_id)]
    labels = [find(access, Label, label_id) for label_id in (*_ids(filters.label), *_ids(filters.label_all))]
    known = (board, *sprints[:1], *labels[:1])
    project_id = next((row.in_project for row in known if row is not None), None)
    errors = [
        *(error for sprint in sprints for error in _sprint_errors(sprint, board_id)),
        *(error for label in labels for error in _label_errors(label, project_id)),
        *(error for user_id in _ids(filters.assignee) for error in _assignee_errors(access, user_id, project_id)),
        *_time_errors(filters),
    ]
    if errors:
        raise ValidationFailed(errors=tuple(errors))


def _ids(names: Sequence[str] | None) -> list[str]:
    return [name for name in names or () if name != NONE]


def _sprint_errors(sprint: AnyRow, board_id: str | None) -> list[FieldError]:
    if board_id in (None, sprint.board_id):
        return []
    detail = f"This is a sprint of another board, {sprint.board_id}. Send that one as board_id, or leave board_id out."
    return [FieldError("/sprint_id", "contradiction", detail)]


def _label_errors(label: AnyRow, project_id: str | None) -> list[FieldError]:
    if label.in_project == project_id:
        return []
    detail = f"This is a label of another project, {label.in_project}; {project_id} has its own."
    return [FieldError("/label", "contradiction", detail)]


def _assignee_errors(access: Access, user_id: str, project_id: str | None) -> list[FieldError]:
    if user_id in ("me", access.user.id):
        return []
    values = {**access_params(access), "user_id": user_id, "project_id": project_id}
    with autocommit() as connection:
        statement = _shared_project(access.project_ids is not None, project_id is not None)
        if connection.execute(statement, values).first() is not None:
            return []
    where = "a project in reach" if project_id is None else f"the project {project_id}"
    return [FieldError("/assignee", "unknown_value", f"Nobody in {where} has this id.")]


def _time_errors(filters: TaskFilters) -> list[FieldError]:
    """`…_since` has to lie before `…_before`."""
    errors = []
    for name in ("blocked", "done", "updated"):
        since, before = (getattr(filters, f"{name}_{end}") for end in ("since", "before"))
        if since is not None and before is not None and before <= since:
            detail = f"No time lies between {since} and {before}. Both of them are left out."
            errors += [FieldError(f"/{name}_{end}", "contradiction", detail) for end in ("since", "before")]
    return errors


@cache
def _shared_project(narrowed: bool, in_project: bool) -> AnySelect:
    membership = aliased(Membership)
    statement = narrowed_to(select(membership.user_id), membership.project_id, narrowed).where(
        membership.user_id == bindparam("user_id")
    )
    return (statement.where(membership.project_id == bindparam("project_id")) if in_project else statement).limit(1)
