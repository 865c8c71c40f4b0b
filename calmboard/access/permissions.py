"""The one permission model: the user's role now, the credential's scopes, its list of projects."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, NoReturn

from sqlalchemy import and_, bindparam, inspect, select
from sqlalchemy.orm import InstrumentedAttribute

from calmboard import ids
from calmboard.access.access import Access
from calmboard.access.project_locks import ProjectLock, lock_alone, lock_with_others
from calmboard.access.reads import note_writer
from calmboard.access.scopes import SCOPE_TABLE
from calmboard.db import AnyRow, AnySelect, Base, db
from calmboard.errors import Forbidden, InsufficientScope, NotFound
from calmboard.models import Board, Membership, Project, Task
from calmboard.models.columns import prefix_of
from calmboard.models.work import ROLES
from calmboard.prepared import Prepared, Reads, is_one_of, prepared_reads

_READS = frozenset(scope.read for scope in SCOPE_TABLE)
# Rights that are no scope of their own.
_FURTHER_RIGHTS = {"owner": frozenset({"projects:delete"})}

ROLE_RIGHTS: dict[str, frozenset[str]] = {
    role: _READS.union((scope.write for scope in SCOPE_TABLE if role in scope.roles), _FURTHER_RIGHTS.get(role, ()))
    for role in ROLES
}


@dataclass(frozen=True, slots=True)
class ResourcePath:
    """How a table's rows are addressed, and which column, through which joins, leads to their project."""

    prefix: str
    noun: str
    row_id: InstrumentedAttribute[str]
    project_id: InstrumentedAttribute[str]
    joins: tuple[type[Base], ...] = ()


# The columns that lead towards a row's project, the nearest first, and the table that each leads to.
_PARENTS: dict[str, type[Base]] = {"board_id": Board, "task_id": Task}


def require_scope(access: Access, *scopes: str) -> None:
    """Reject a credential that lacks any of the scopes; the error names all that are needed."""
    if all(access.has_scope(scope) for scope in scopes):
        return
    raise InsufficientScope(
        f"This needs the scope {' and '.join(scopes)}.",
        allowed_values=tuple(scopes),
        hint="Create a key with these rights on the Integrations & APIs page.",
    )


def require_role(access: Access, role: str, right: str) -> None:
    """Reject a change that the user's role, or the credential, does not cover."""
    require_scope(access, right)
    require_right(role, right)


def require_right(role: str, right: str) -> None:
    """Reject a role that does not include a right; for rights that are no scope of their own."""
    if right not in ROLE_RIGHTS[role]:
        raise Forbidden(f"You are {with_article(role)} of this project; that role does not include {right}.")


def with_article(role: str) -> str:
    """“an owner”, “a member”."""
    return f"an {role}" if role[0] in "ao" else f"a {role}"


def find(access: Access, model: type[Base], row_id: str, *columns: Any) -> AnyRow:
    """Return the columns of one row, with its project as `in_project` and the user's `role`.

    Raises NotFound where there is none, Forbidden where it is not accessible.
    """
    with prepared_reads() as connection:
        statement = _one_row(model, columns, _is_narrowed(access))
        return _find_row(connection, access, statement, model, row_id) or _raise_inaccessible(connection, access, model, row_id)


def find_for_update(access: Access, model: type[Base], row_id: str, *columns: Any) -> AnyRow:
    """Return a row as `find` does, locked until the commit, so that what is decided on it stays true.

    Until then nothing that it could refer to is taken out of its project either.
    """
    _enter(access, model, row_id, lock_with_others)
    return _lock_row(access, model, row_id, columns)


def find_alone(access: Access, model: type[Base], row_id: str, *columns: Any) -> AnyRow:
    """As `find_for_update`, while nobody else writes in the project: for what others may refer to at this moment."""
    _enter(access, model, row_id, lock_alone)
    return _lock_row(access, model, row_id, columns)


def find_place(access: Access, model: type[Base], row_id: str, *columns: Any) -> AnyRow:
    """As `find_for_update`, the row itself unlocked: for columns that never change, such as its board, which is locked first."""
    _enter(access, model, row_id, lock_with_others)
    connection, statement = db.session.connection(), _one_row(model, columns, _is_narrowed(access))
    return _find_row(connection, access, statement, model, row_id) or _raise_inaccessible(connection, access, model, row_id)


def visible(access: Access, statement: AnySelect, project_id: InstrumentedAttribute[str]) -> AnySelect:
    """Narrow a statement to what this access sees. Run it with the values of `access_params(access)`."""
    return narrowed_to(statement, project_id, _is_narrowed(access))


def access_params(access: Access) -> dict[str, Any]:
    """The parameters of a statement made by `visible`."""
    values: dict[str, Any] = {"access_user_id": access.user.id}
    if access.project_ids is not None:
        values["allowed_project_ids"] = list(access.project_ids)
    return values


def narrowed_to(statement: AnySelect, project_id: InstrumentedAttribute[str], narrowed: bool) -> AnySelect:
    statement = statement.join(
        Membership, and_(Membership.project_id == project_id, Membership.user_id == bindparam("access_user_id"))
    )
    if narrowed:
        statement = statement.where(is_one_of(project_id, "allowed_project_ids"))
    return statement


def _enter(access: Access, model: type[Base], row_id: str, lock: ProjectLock) -> None:
    """Take the lock of a row's project, in a statement before those that decide: they see what was committed up to then."""
    note_writer(access)
    connection = db.session.connection()
    if connection.dialect.name != "sqlite":
        statement = _project_lock(model, _is_narrowed(access), lock)
        if _find_row(connection, access, statement, model, row_id) is None:
            _raise_inaccessible(connection, access, model, row_id)


def _lock_row(access: Access, model: type[Base], row_id: str, columns: tuple[Any, ...]) -> AnyRow:
    connection, statement = db.session.connection(), _one_row_locked(model, columns, _is_narrowed(access))
    return _find_row(connection, access, statement, model, row_id) or _raise_inaccessible(connection, access, model, row_id)


def _is_narrowed(access: Access) -> bool:
    return access.project_ids is not None


@cache
def _path_of(model: type[Base]) -> ResourcePath:
    """Read off the table: the prefix of its ids, its name in words, and the way to its project."""
    joins = tuple(_way_to_project(model))
    last: Any = joins[-1] if joins else model
    row_id: Any = inspect(model).attrs["id"].class_attribute
    noun = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", model.__name__).lower()
    return ResourcePath(prefix_of(model), noun, row_id, row_id if model is Project else last.project_id, joins)


def _way_to_project(model: type[Base]) -> Iterator[type[Base]]:
    columns = model.__table__.columns
    if model is not Project and "project_id" not in columns:
        parent = next(parent for name, parent in _PARENTS.items() if name in columns)
        yield parent
        yield from _way_to_project(parent)


@cache
def _one_row(model: type[Base], columns: tuple[Any, ...], narrowed: bool) -> Prepared:
    return Prepared(_select_one(model, columns, narrowed))


@cache
def _one_row_locked(model: type[Base], columns: tuple[Any, ...], narrowed: bool) -> Prepared:
    return Prepared(_select_one(model, columns, narrowed).with_for_update(of=model, key_share=True))


def _select_one(model: type[Base], columns: tuple[Any, ...], narrowed: bool) -> AnySelect:
    resource = _path_of(model)
    statement = select(*columns, resource.project_id.label("in_project"), Membership.role.label("role")).select_from(model)
    for parent in resource.joins:
        statement = statement.join(parent)
    return narrowed_to(statement, resource.project_id, narrowed).where(resource.row_id == bindparam("row_id"))


@cache
def _project_lock(model: type[Base], narrowed: bool, lock: ProjectLock) -> Prepared:
    return _one_row(model, (lock(_path_of(model).project_id),), narrowed)


@cache
def _exists(model: type[Base]) -> Prepared:
    row_id = _path_of(model).row_id
    return Prepared(select(row_id).where(row_id == bindparam("row_id")))


def _find_row(connection: Reads, access: Access, statement: Prepared, model: type[Base], row_id: str) -> AnyRow | None:
    if not ids.is_id(_path_of(model).prefix, row_id):
        return None
    return statement.first(connection, {"row_id": row_id, **access_params(access)})


def _raise_inaccessible(connection: Reads, access: Access, model: type[Base], row_id: str) -> NoReturn:
    """Tell an inaccessible row from one that does not exist."""
    resource = _path_of(model)
    if not ids.is_id(resource.prefix, row_id):
        raise NotFound(f"No {resource.noun} has the id “{row_id[:60]}”; a {resource.noun}'s id starts with {resource.prefix}_.")
    if _exists(model).first(connection, {"row_id": row_id}) is None:
        raise NotFound(f"No {resource.noun} has the id {row_id}.")
    raise _inaccessible(access, resource.noun)


def _inaccessible(access: Access, noun: str) -> Forbidden:
    if access.is_limited:
        where = "" if noun == "project" else "in a project "
        kind = "token" if access.source == "token" else "key"
        return Forbidden(f"The {noun} is {where}out of this {kind}'s reach; the {kind} is limited to some projects.")
    where = "one" if noun == "project" else "in a project"
    cut_off = "" if access.limited_to is None else ", or that one of its owners or admins cut this credential off from"
    return Forbidden(f"The {noun} is {where} that {access.user.name} is not a member of{cut_off}.")
