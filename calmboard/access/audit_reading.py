"""The audit log as people read it: what happened with their own credentials, or in a project that they administer."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, bindparam, select

from calmboard.access.access import Access
from calmboard.access.permissions import find, require_right, require_scope
from calmboard.db import AnyRow, autocommit
from calmboard.errors import Forbidden
from calmboard.models import AuditEntry, Project, User
from calmboard.pagination import Order, Page, PageRequest, order_and_limit, read_page
from calmboard.prepared import Prepared, is_one_of

_COLUMNS = [column for column in AuditEntry.__table__.columns if column.key != "user_id"]
_EQUAL = ("action", "subject_kind", "subject_id", "actor_id", "source", "credential_id")
_CONDITIONS: Mapping[str, ColumnElement[bool]] = {
    **{name: getattr(AuditEntry, name) == bindparam(name) for name in _EQUAL},
    "since": AuditEntry.at >= bindparam("since", type_=AuditEntry.at.type),
    "until": AuditEntry.at < bindparam("until", type_=AuditEntry.at.type),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Which entries are wanted; None: whichever."""

    action: str | None = None
    subject_kind: str | None = None
    subject_id: str | None = None
    actor_id: str | None = None
    source: str | None = None
    credential_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None


EVERY_ENTRY = AuditFilter()


def list_own_entries(access: Access, page_request: PageRequest, wanted: AuditFilter = EVERY_ENTRY) -> Page[AnyRow]:
    """What was done to the user's rights, credentials, apps and sessions, newest first. Raises InsufficientScope without
    `keys:read`, and Forbidden to a key that is limited to some projects, which sees nothing of others.
    """
    require_scope(access, "keys:read")
    if access.is_limited:
        raise Forbidden("A credential that is limited to some projects does not read the audit log.")
    return _read("user_id", access.user.id, page_request, wanted)


def list_project_entries(
    access: Access, project_id: str, page_request: PageRequest, wanted: AuditFilter = EVERY_ENTRY
) -> Page[AnyRow]:
    """What was done to the rights in a project, for its owners and admins. Raises NotFound and Forbidden as `find` does."""
    require_scope(access, "keys:read")
    project = find(access, Project, project_id)
    require_right(project.role, "members:write")
    return _read("project_id", project_id, page_request, wanted)


def find_member_names(entries: Collection[AnyRow]) -> dict[str, str]:
    """The names of the members whose rights these entries are about, by their ids; who is gone has none any more."""
    member_ids = sorted({entry.subject_id for entry in entries if entry.subject_kind == "member"})
    if not member_ids:
        return {}
    with autocommit() as connection:
        return {row.id: row.name for row in _NAMES.all(connection, {"ids": member_ids})}


def _read(of: str, owner_id: str, page_request: PageRequest, wanted: AuditFilter) -> Page[AnyRow]:
    given = tuple(field.name for field in fields(wanted) if getattr(wanted, field.name) is not None)
    values: dict[str, Any] = {name: getattr(wanted, name) for name in given}
    with autocommit() as connection:
        return read_page(connection, _list(of, given, page_request.after is not None), page_request, {**values, "of": owner_id})


_NAMES = Prepared(select(User.id, User.name).where(is_one_of(User.id, "ids")))


@cache
def _list(of: str, given: tuple[str, ...], after_cursor: bool) -> Prepared:
    statement = select(*_COLUMNS).where(getattr(AuditEntry, of) == bindparam("of"), *(_CONDITIONS[name] for name in given))
    return order_and_limit(statement, Order((AuditEntry.id,), descending=True), after_cursor=after_cursor)
