"""Projects: listed, created, changed, deleted, and what a key could do in them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import bindparam, delete, func, select, update

from calmboard.access.access import Access
from calmboard.access.audit import Subject, record_audit
from calmboard.access.permissions import (
    ROLE_RIGHTS,
    access_params,
    find,
    find_alone,
    find_for_update,
    narrowed_to,
    require_right,
    require_role,
    require_scope,
    visible,
)
from calmboard.access.reads import visible_reads
from calmboard.access.scopes import expand
from calmboard.clock import now
from calmboard.db import AnyRow, AnySelect, autocommit, db, retry_conflicts
from calmboard.errors import Forbidden
from calmboard.events.activity import record
from calmboard.models import Board, Membership, Project, Sprint, Task
from calmboard.models.columns import with_folded
from calmboard.pagination import Order, Page, PageRequest, contains, like_pattern, order_and_limit, read_page
from calmboard.preconditions import Precondition, no_precondition
from calmboard.prepared import Prepared, is_one_of
from calmboard.work.changed_values import changed_values

_COLUMNS = (Project.id, Project.name, Project.description, Project.created_at, Project.updated_at)
_BY_ID = Order((Project.id,))
_COUNTED = ("boards", "tasks", "sprints")


def list_projects(access: Access, page_request: PageRequest, q: str | None = None) -> Page[AnyRow]:
    """The visible projects, oldest first; `q` is searched in their names."""
    require_scope(access, "projects:read")
    with visible_reads(access) as (connection, limited):
        statement = _project_list(limited.project_ids is not None, q is not None, page_request.after is not None)
        return read_page(connection, statement, page_request, {**access_params(limited), "q": like_pattern(q)})


def read_project(access: Access, project_id: str) -> AnyRow:
    """Raises NotFound where there is none, Forbidden without access."""
    require_scope(access, "projects:read")
    return find(access, Project, project_id, *_COLUMNS)


@retry_conflicts
def create_project(access: Access, new: Mapping[str, Any]) -> AnyRow:
    """Create a project that the user owns. Raises Forbidden to a key that is limited to some projects."""
    require_scope(access, "projects:write")
    if access.project_ids is not None:
        raise Forbidden("This key is limited to some projects and would not reach a new one. Use a key for all of them.")
    project = Project(**new)
    db.session.add(project)
    db.session.flush()
    project_id = project.id
    db.session.add(Membership(user_id=access.user.id, project_id=project_id, role="owner"))
    record(access, "project.created", project_id, project_id, changes=new)
    subject = Subject("project", project_id, access.user.id, project_id)
    record_audit(access, "project.created", subject, {"name": project.name, "role": "owner"})
    db.session.commit()
    return read_project(access, project_id)


@retry_conflicts
def change_project(
    access: Access, project_id: str, changes: Mapping[str, Any], precondition: Precondition = no_precondition
) -> AnyRow:
    """Change the fields that are given and leave the others.

    Raises as `find` does, Forbidden to those who are no admin, and PreconditionFailed where the precondition fails.
    """
    project = find_for_update(access, Project, project_id, *_COLUMNS)
    require_role(access, project.role, "projects:write")
    precondition(project)
    if new := changed_values(project, changes):
        db.session.execute(update(Project).where(Project.id == project_id).values(**with_folded(Project, new), updated_at=now()))
        record(access, "project.changed", project_id, project_id, changes=new)
    db.session.commit()
    return read_project(access, project_id)


@retry_conflicts
def delete_project(access: Access, project_id: str, precondition: Precondition = no_precondition) -> None:
    """Delete a project for good, with its boards, tasks and history. Owners only; raises as `change_project` does."""
    project = find_alone(access, Project, project_id, *_COLUMNS)
    require_role(access, project.role, "projects:write")
    require_right(project.role, "projects:delete")
    precondition(project)
    _record_deletion(access, project_id, project.name)
    db.session.execute(delete(Project).where(Project.id == project_id))
    db.session.commit()


def my_projects(access: Access) -> list[AnyRow]:
    """Id, name and the user's role of every visible project, by name."""
    statement = select(Project.id, Project.name, Membership.role)
    with autocommit() as connection:
        return list(connection.execute(visible(access, statement, Project.id).order_by(Project.name), access_params(access)))


def boards_of(access: Access, project_ids: Collection[str], limit: int) -> dict[str, list[AnyRow]]:
    """Id and name of the boards of many projects, oldest first, at most `limit` of each; inaccessible ones have none."""
    require_scope(access, "boards:read")
    values = {"project_ids": list(project_ids), "limit": limit}
    boards: dict[str, list[AnyRow]] = defaultdict(list)
    with visible_reads(access) as (connection, limited):
        for board in _boards_of(limited.project_ids is not None).all(connection, {**access_params(limited), **values}):
            boards[board.project_id].append(board)
    return boards


def effective_scopes(access: Access) -> frozenset[str]:
    """The rights that hold in at least one visible project; none where there is no project."""
    with autocommit() as connection:
        roles = connection.execute(_roles(access.project_ids is not None), access_params(access)).scalars().all()
    return frozenset(right for role in roles for right in ROLE_RIGHTS[role] if access.has_scope(right))


def has_use_of(rights: Collection[str], scopes: Iterable[str]) -> bool:
    """Whether something that requires these scopes is usable with these `effective_scopes`.

    Writing is not usable without the right in any project; reading is, even where there is nothing yet.
    """
    return all(scope in rights for scope in scopes if scope.endswith(":write"))


@dataclass(frozen=True, slots=True)
class EffectiveAccess:
    """What a key could do in one project today; `rights` is empty where it could not see it. `counts` are by noun."""

    project_id: str
    project_name: str
    role: str
    rights: frozenset[str]
    counts: Mapping[str, int]


def effective_access(access: Access, scopes: frozenset[str], project_ids: frozenset[str] | None) -> list[EffectiveAccess]:
    """What a key with these scopes and projects could do now, for each project of the person."""
    counts = _counts_by_project(access)
    requested = expand(scopes)
    return [
        EffectiveAccess(
            row.id,
            row.name,
            row.role,
            ROLE_RIGHTS[row.role] & requested if project_ids is None or row.id in project_ids else frozenset(),
            counts.get(row.id) or dict.fromkeys(_COUNTED, 0),
        )
        for row in my_projects(access)
    ]


def example_ids(access: Access) -> dict[str, str]:
    """Ids of the reader's own, for examples: `project_id`, `board_id` and `task_id` as far as they exist."""
    with visible_reads(access) as (connection, limited):
        row = connection.execute(_example(limited.project_ids is not None), access_params(limited)).first() or ()
    return {name: value for name, value in zip(("project_id", "board_id", "task_id"), row, strict=False) if value}


@cache
def _example(narrowed: bool) -> AnySelect:
    first = select(Project.id, Board.id, Task.id).outerjoin(Board, Board.project_id == Project.id)
    first = first.outerjoin(Task, Task.board_id == Board.id)
    first = first.order_by(Task.id.is_(None), Board.id.is_(None), Project.id, Board.id, Task.id).limit(1)
    return narrowed_to(first, Project.id, narrowed)


def _record_deletion(access: Access, project_id: str, name: str) -> None:
    """The deletion in the audit log, and in that of each member whose role ends by it."""
    record_audit(access, "project.deleted", Subject("project", project_id, access.user.id, project_id), {"name": name})
    members = select(Membership.user_id, Membership.role).where(Membership.project_id == project_id)
    for member in db.session.execute(members).all():
        subject = Subject("member", member.user_id, member.user_id, project_id)
        record_audit(access, "member.removed", subject, {"role": member.role, "reason": "project_deleted"})


@cache
def _project_list(narrowed: bool, by_name: bool, after_cursor: bool) -> Prepared:
    statement = narrowed_to(select(*_COLUMNS, Membership.role), Project.id, narrowed)
    if by_name:
        statement = statement.where(contains(Project.name_folded))
    return order_and_limit(statement, _BY_ID, after_cursor=after_cursor)


@cache
def _roles(narrowed: bool) -> AnySelect:
    statement: AnySelect = select(Membership.role).where(Membership.user_id == bindparam("access_user_id")).distinct()
    if narrowed:
        statement = statement.where(Membership.project_id.in_(bindparam("allowed_project_ids", expanding=True)))
    return statement


@cache
def _boards_of(narrowed: bool) -> Prepared:
    ordinal = func.row_number().over(partition_by=Board.project_id, order_by=Board.id).label("ordinal")
    boards: AnySelect = select(Board.id, Board.name, Board.project_id, ordinal)
    boards = boards.where(is_one_of(Board.project_id, "project_ids"))
    numbered = narrowed_to(boards, Board.project_id, narrowed).subquery().c
    few = select(numbered.id, numbered.name, numbered.project_id).where(numbered.ordinal <= bindparam("limit"))
    return Prepared(few.order_by(numbered.id))


def _counts_by_project(access: Access) -> dict[str, dict[str, int]]:
    """Boards, tasks and sprints of each visible project that has a board."""
    boards = select(Board.project_id, func.count(Board.id.distinct()), func.count(Task.id)).outerjoin(
        Task, Task.board_id == Board.id
    )
    sprints = select(Board.project_id, func.count(Sprint.id)).join(Sprint, Sprint.board_id == Board.id)
    with visible_reads(access) as (connection, limited):
        board_rows, sprint_rows = (
            connection.execute(
                visible(limited, statement, Board.project_id).group_by(Board.project_id), access_params(limited)
            ).all()
            for statement in (boards, sprints)
        )
    sprints_of = {row[0]: row[1] for row in sprint_rows}
    return {row[0]: dict(zip(_COUNTED, (row[1], row[2], sprints_of.get(row[0], 0)), strict=True)) for row in board_rows}
