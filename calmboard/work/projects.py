"""Projects: listed, created, changed, deleted, and what a key could do in them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from sqlalchemy import bindparam, delete, func, literal, select, update

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
from calmboard.prepared import Prepared, Reads, is_one_of
from calmboard.work.changed_values import changed_values

_COLUMNS = (Project.id, Project.name, Project.description, Project.created_at, Project.updated_at)
_BY_ID = Order((Project.id,))
# What the preview of a key says: so many projects by name, and numbers up to this one.
FEW_PROJECTS = 3
MOST_COUNTED = 1_000


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
    project_id = add_project(access, new)
    db.session.commit()
    limited_to = None if access.limited_to is None else access.limited_to | {project_id}
    return read_project(replace(access, limited_to=limited_to), project_id)


def add_project(access: Access, new: Mapping[str, Any]) -> str:
    """As `create_project`, for a caller that commits; returns the id."""
    require_scope(access, "projects:write")
    if access.is_limited:
        raise Forbidden("This key is limited to some projects and would not reach a new one. Use a key for all of them.")
    project = Project(**new)
    db.session.add(project)
    db.session.flush()
    project_id = project.id
    db.session.add(Membership(user_id=access.user.id, project_id=project_id, role="owner"))
    record(access, "project.created", project_id, project_id, changes=new)
    subject = Subject("project", project_id, access.user.id, project_id)
    record_audit(access, "project.created", subject, {"name": project.name, "role": "owner"})
    return project_id


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
    end_project(access, project_id, project.name)
    db.session.commit()


def end_project(access: Access, project_id: str, name: str) -> None:
    """As `delete_project`, for a caller that decided it may be, is alone in the project, and commits."""
    _record_deletion(access, project_id, name)
    db.session.execute(delete(Project).where(Project.id == project_id))


def my_projects(access: Access) -> list[AnyRow]:
    """Id, name and the user's role of every visible project, by name."""
    statement = select(Project.id, Project.name, Membership.role)
    with autocommit() as connection:
        return list(connection.execute(visible(access, statement, Project.id).order_by(Project.name), access_params(access)))


def list_administered(access: Access, limit: int) -> list[AnyRow]:
    """Those of `my_projects` whose members and credentials the user may manage."""
    return [row for row in my_projects(access) if "members:write" in ROLE_RIGHTS[row.role]][:limit]


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
    """What a key could do today in the projects where its person has one role; `rights` is empty where it could not see them.

    `names` are those of FEW_PROJECTS at most. `counts` are by noun, and stop at one more than MOST_COUNTED.
    """

    role: str
    rights: frozenset[str]
    project_count: int
    names: Sequence[str]
    counts: Mapping[str, int]


def effective_access(access: Access, scopes: frozenset[str], project_ids: frozenset[str] | None) -> list[EffectiveAccess]:
    """What a key with these scopes and projects could do now, by the person's roles; counts nothing that it could not see."""
    requested = expand(scopes)
    with visible_reads(access) as (connection, limited):
        chosen = limited if project_ids is None else _limited_to(limited, project_ids)
        everywhere, seen = _count_projects(connection, limited), _count_projects(connection, chosen)
        unseen = {role: number - seen.get(role, 0) for role, number in everywhere.items() if number > seen.get(role, 0)}
        return [
            *(_seen(connection, chosen, role, number, ROLE_RIGHTS[role] & requested) for role, number in seen.items()),
            *(_unseen(connection, limited, role, number, project_ids or ()) for role, number in unseen.items()),
        ]


def example_ids(access: Access) -> dict[str, str]:
    """Ids of the reader's own, for examples: `project_id`, `board_id` and `task_id` as far as they exist."""
    with visible_reads(access) as (connection, limited):
        row = connection.execute(_examples(limited.project_ids is not None), access_params(limited)).first() or ()
    return {name: value for name, value in zip(("project_id", "board_id", "task_id"), row, strict=False) if value}


def _limited_to(access: Access, project_ids: frozenset[str]) -> Access:
    return replace(access, limited_to=project_ids if access.project_ids is None else project_ids & access.project_ids)


def _count_projects(connection: Reads, access: Access) -> dict[str, int]:
    """The number of visible projects by the person's role in them."""
    rows = connection.execute(_projects_by_role(access.project_ids is not None), access_params(access))
    return {row.role: row.number for row in rows}


def _seen(connection: Reads, access: Access, role: str, number: int, rights: frozenset[str]) -> EffectiveAccess:
    values = {**access_params(access), "role": role, "apart": ()}
    narrowed = access.project_ids is not None
    names = connection.execute(_some_names(narrowed), values).scalars().all()
    counts = connection.execute(_amounts(narrowed), values).one()._asdict()
    return EffectiveAccess(role, rights, number, names, counts)


def _unseen(connection: Reads, access: Access, role: str, number: int, chosen: Collection[str]) -> EffectiveAccess:
    values = {**access_params(access), "role": role, "apart": list(chosen)}
    names = connection.execute(_some_names(access.project_ids is not None), values).scalars().all()
    return EffectiveAccess(role, frozenset(), number, names, {})


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


@cache
def _projects_by_role(narrowed: bool) -> AnySelect:
    statement: AnySelect = select(Membership.role, func.count().label("number"))
    statement = statement.where(Membership.user_id == bindparam("access_user_id")).group_by(Membership.role)
    if narrowed:
        statement = statement.where(Membership.project_id.in_(bindparam("allowed_project_ids", expanding=True)))
    return statement


@cache
def _some_names(narrowed: bool) -> AnySelect:
    statement = narrowed_to(select(Project.name), Project.id, narrowed).where(Membership.role == bindparam("role"))
    return statement.where(Project.id.not_in(bindparam("apart", expanding=True))).limit(FEW_PROJECTS)


@cache
def _amounts(narrowed: bool) -> AnySelect:
    """How many boards, tasks and sprints are in the projects of a role; none is read beyond what the preview tells apart."""
    boards = select(literal(1)).select_from(Board)
    rows = {
        "boards": boards,
        "tasks": boards.join(Task, Task.board_id == Board.id),
        "sprints": boards.join(Sprint, Sprint.board_id == Board.id),
    }
    return select(*(_amount(statement, narrowed).label(noun) for noun, statement in rows.items()))


def _amount(statement: AnySelect, narrowed: bool) -> Any:
    of_role = narrowed_to(statement, Board.project_id, narrowed).where(Membership.role == bindparam("role"))
    return select(func.count()).select_from(of_role.limit(MOST_COUNTED + 1).subquery()).scalar_subquery()


@cache
def _examples(narrowed: bool) -> AnySelect:
    """The first task of each board by itself, so that no board is read to its end."""
    first_task = select(Task.id).where(Task.board_id == Board.id).order_by(Task.id).limit(1).scalar_subquery()
    rows = select(Project.id, Board.id.label("board_id"), first_task.label("task_id"))
    rows = narrowed_to(rows.outerjoin(Board, Board.project_id == Project.id), Project.id, narrowed)
    found = rows.subquery().c
    order = (found.task_id.is_(None), found.board_id.is_(None), found.id, found.board_id)
    return select(found.id, found.board_id, found.task_id).order_by(*order).limit(1)
