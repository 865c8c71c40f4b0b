"""Members: the people of a project and their roles."""

from collections.abc import Mapping
from functools import cache

from sqlalchemy import Connection, bindparam, delete, select, update

from calmboard import ids
from calmboard.access.access import Access
from calmboard.access.audit import Subject, record_audit
from calmboard.access.permissions import find, find_alone, require_role, require_scope
from calmboard.access.reads import replica_reads
from calmboard.db import AnyRow, autocommit, db, retry_conflicts
from calmboard.errors import Conflict, Forbidden, NotFound
from calmboard.events.activity import record
from calmboard.events.touched import touch
from calmboard.models import Board, Membership, Project, Task, TaskAssignee, User
from calmboard.pagination import Order, Page, PageRequest, order_and_limit, read_page
from calmboard.preconditions import Precondition, no_precondition
from calmboard.prepared import Prepared

_MEMBERS = (
    select(User.id, User.name, User.email, Membership.role, Membership.joined_at)
    .join(Membership, Membership.user_id == User.id)
    .where(Membership.project_id == bindparam("project_id"))
)
_ONE_MEMBER = _MEMBERS.where(Membership.user_id == bindparam("user_id"))
# Who is about to delete their account owns nothing for long.
_OTHER_OWNER = (
    select(Membership.user_id)
    .join(User, User.id == Membership.user_id)
    .where(Membership.project_id == bindparam("project_id"), Membership.role == "owner")
    .where(Membership.user_id != bindparam("user_id"), User.deletes_at.is_(None))
    .limit(1)
)


def list_members(access: Access, project_id: str, page_request: PageRequest) -> Page[AnyRow]:
    """The members of a project, in the order of their ids. Raises NotFound and Forbidden as `find` does."""
    require_scope(access, "members:read")
    find(access, Project, project_id)
    with replica_reads(access) as connection:
        return read_page(connection, _member_list(page_request.after is not None), page_request, {"project_id": project_id})


def read_member(access: Access, project_id: str, user_id: str) -> AnyRow:
    """Raises NotFound where the project or its member does not exist, Forbidden without access."""
    require_scope(access, "members:read")
    find(access, Project, project_id)
    with autocommit() as connection:
        return _find_member(connection, project_id, user_id)


@retry_conflicts
def change_member(
    access: Access, project_id: str, user_id: str, changes: Mapping[str, str], precondition: Precondition = no_precondition
) -> AnyRow:
    """Give a member another `role`, from their next request on; without one nothing changes.

    Raises NotFound; Forbidden to those who are no admin, and to admins where an owner is changed or appointed;
    Conflict where the project would be left without an owner; PreconditionFailed where the precondition fails.
    """
    project = find_alone(access, Project, project_id)
    require_role(access, project.role, "members:write")
    member = _find_member(db.session.connection(), project_id, user_id)
    precondition(member)
    role = changes.get("role", member.role)
    _require_owner_role(project.role, member.role, role)
    if member.role == "owner" != role:
        _require_another_owner(project_id, user_id)
    if role != member.role:
        membership = (Membership.project_id == project_id, Membership.user_id == user_id)
        db.session.execute(update(Membership).where(*membership).values(role=role))
        touch(Project, [project_id])  # it tells each member their role
        record(access, "member.changed", project_id, user_id, changes={"role": role})
        record_audit(access, "member.changed", _subject(project_id, user_id), {"role": role, "before": member.role})
    db.session.commit()
    return read_member(access, project_id, user_id)


@retry_conflicts
def remove_member(access: Access, project_id: str, user_id: str, precondition: Precondition = no_precondition) -> None:
    """Take a member out of a project and off its tasks, from their next request on. Anybody may leave by themselves.

    Raises as `change_member` does.
    """
    require_scope(access, "members:write")
    project = find_alone(access, Project, project_id)
    leaves = user_id == access.user.id
    if not leaves:
        require_role(access, project.role, "members:write")
    member = _find_member(db.session.connection(), project_id, user_id)
    precondition(member)
    _require_owner_role(project.role, member.role)
    if member.role == "owner":
        _require_another_owner(project_id, user_id)
    take_out(project_id, user_id)
    what = "member.left" if leaves else "member.removed"
    record(access, what, project_id, user_id, changes={"name": member.name})
    record_audit(access, what, _subject(project_id, user_id), {"role": member.role})
    db.session.commit()


def take_out(project_id: str, user_id: str) -> None:
    """End a membership, on the tasks of the project too; the caller records why, and commits."""
    _unassign(project_id, user_id)
    db.session.execute(delete(Membership).where(Membership.project_id == project_id, Membership.user_id == user_id))


@cache
def _member_list(after_cursor: bool) -> Prepared:
    return order_and_limit(_MEMBERS, Order((Membership.user_id,)), after_cursor=after_cursor)


def _find_member(connection: Connection, project_id: str, user_id: str) -> AnyRow:
    values = {"project_id": project_id, "user_id": user_id}
    member = connection.execute(_ONE_MEMBER, values).first() if ids.is_id("usr", user_id) else None
    if member is None:
        raise NotFound(f"No member of this project has the id “{user_id[:60]}”.")
    return member


def _require_owner_role(own_role: str, *roles: str) -> None:
    """Owners are appointed, changed and removed by owners only."""
    if "owner" in roles and own_role != "owner":
        raise Forbidden("Only an owner of this project can make, change or remove an owner.")


def _require_another_owner(project_id: str, user_id: str) -> None:
    """Nobody else writes in the project, so that of two owners who leave at once one stays."""
    if db.session.execute(_OTHER_OWNER, {"project_id": project_id, "user_id": user_id}).first() is None:
        raise Conflict("This is the only owner of the project. Make somebody else an owner first.")


def _subject(project_id: str, user_id: str) -> Subject:
    return Subject("member", user_id, user_id, project_id)


def _unassign(project_id: str, user_id: str) -> None:
    their_tasks = (
        select(TaskAssignee.task_id)
        .join(Task, Task.id == TaskAssignee.task_id)
        .join(Board, Board.id == Task.board_id)
        .where(Board.project_id == project_id, TaskAssignee.user_id == user_id)
    )
    touch(Task, their_tasks)
    db.session.execute(delete(TaskAssignee).where(TaskAssignee.user_id == user_id, TaskAssignee.task_id.in_(their_tasks)))
