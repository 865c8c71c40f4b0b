"""The credentials that reach a project: its owners and admins see them, and can cut each off from it."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Text, bindparam, cast, func, literal, or_, select, union_all, update

from calmboard import ids
from calmboard.access.access import Access
from calmboard.access.audit import Subject, record_audit
from calmboard.access.oauth.app_names import shown_name
from calmboard.access.permissions import find, require_right, require_role, require_scope
from calmboard.clock import now
from calmboard.db import AnyRow, autocommit, db, retry_conflicts
from calmboard.errors import Forbidden, NotFound
from calmboard.models import ApiKey, Membership, OAuthClient, OAuthGrant, Project, User
from calmboard.pagination import Order, Page, PageRequest, ordered, read_page
from calmboard.prepared import Prepared

_NOT_REACHING = "No such credential reaches this project."


@dataclass(frozen=True, slots=True)
class ReachingCredential:
    """A key or app of a member; `is_cut_off` where an admin of the project ended its reach there."""

    id: str
    kind: str
    name: str
    owner_id: str
    owner: str
    scopes: tuple[str, ...]
    last_used_at: datetime | None
    is_cut_off: bool


def list_reaching(access: Access, project_id: str, page_request: PageRequest) -> Page[ReachingCredential]:
    """Keys that work or are paused, and apps, of all members, that are not limited to other projects; in the order of ids.

    Raises NotFound and Forbidden as `find` does, and Forbidden to those who are no admin. No secret is among it.
    """
    _require_admin(access, project_id)
    with autocommit() as connection:
        page = read_page(connection, _list(page_request.after is not None), page_request, _values(project_id))
    return Page([_shown(row, project_id) for row in page.rows], page.after)


def find_reaching(access: Access, project_id: str, credential_id: str) -> ReachingCredential:
    """One of those; raises as `list_reaching` does, and NotFound where no such credential reaches the project."""
    _require_admin(access, project_id)
    with autocommit() as connection:
        values = {**_values(project_id), "credential_id": credential_id}
        row = _one().first(connection, values) if _is_credential(credential_id) else None
    if row is None:
        raise NotFound(_NOT_REACHING)
    return _shown(row, project_id)


def cut_off(access: Access, project_id: str, credential_id: str) -> bool:
    """Let a credential reach the project no more, from its next request on; returns whether it did before.

    Raises Forbidden without the session of an owner or admin, and NotFound where no such credential reaches the project.
    """
    return _set_reach(access, project_id, credential_id, is_cut_off=True)


def let_in_again(access: Access, project_id: str, credential_id: str) -> bool:
    """Undo `cut_off`: the credential reaches what its owner and its own limits allow. Returns whether it had been cut off."""
    return _set_reach(access, project_id, credential_id, is_cut_off=False)


def _require_admin(access: Access, project_id: str) -> None:
    require_scope(access, "keys:read")
    require_right(find(access, Project, project_id).role, "members:write")


def _is_credential(text: str) -> bool:
    return ids.is_id("key", text) or ids.is_id("grn", text)


def _values(project_id: str) -> dict[str, Any]:
    return {"project_id": project_id, "part": f'%"{project_id}"%', "at": now()}


@retry_conflicts
def _set_reach(access: Access, project_id: str, credential_id: str, *, is_cut_off: bool) -> bool:
    if access.source != "session":
        raise Forbidden("Credentials are cut off by a signed-in person only, never by a key or token.")
    project = find(access, Project, project_id)
    require_role(access, project.role, "members:write")
    kind, table = ("key", ApiKey) if credential_id.startswith("key_") else ("grant", OAuthGrant)
    row = _locked(table, credential_id, project_id) if _is_credential(credential_id) else None
    if row is None:
        db.session.rollback()
        raise NotFound(_NOT_REACHING)
    before = frozenset(row.cut_off or ())
    after = before | {project_id} if is_cut_off else before - {project_id}
    if after != before:
        change = update(table).where(table.id == credential_id).values(cut_off=sorted(after) or None)
        db.session.execute(change)
        action = "credential.cut_off" if is_cut_off else "credential.let_in"
        record_audit(access, action, Subject(kind, credential_id, row.user_id, project_id))
    db.session.commit()
    return after != before


def _locked(table: type[ApiKey | OAuthGrant], credential_id: str, project_id: str) -> AnyRow | None:
    """The credential of a member, whose other projects are none of the admin's business."""
    statement = (
        select(table.user_id, table.cut_off)
        .join(Membership, Membership.user_id == table.user_id)
        .where(table.id == credential_id, Membership.project_id == project_id, _reaches(table, project_id))
        .with_for_update(of=table)
    )
    return db.session.execute(statement).first()


def _reaches(table: type[ApiKey | OAuthGrant], project_id: str) -> Any:
    return or_(table.project_ids.is_(None), cast(table.project_ids, Text).like(f'%"{project_id}"%'))


@cache
def _list(after_cursor: bool) -> Prepared:
    both = _both()
    return Prepared(ordered(select(both), Order((both.c.id,)), after_cursor=after_cursor))


@cache
def _one() -> Prepared:
    both = _both()
    return Prepared(select(both).where(both.c.id == bindparam("credential_id")))


def _both() -> Any:
    return union_all(_keys(), _grants()).subquery()


def _keys() -> Any:
    lives = (ApiKey.revoked_at.is_(None), or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > bindparam("at")))
    return _of_members(ApiKey, literal("api_key"), ApiKey.name).where(*lives)


def _grants() -> Any:
    lives = (OAuthGrant.revoked_at.is_(None), OAuthGrant.redeemed_at.is_not(None), OAuthGrant.expires_at > bindparam("at"))
    joined = _of_members(OAuthGrant, literal("oauth_token"), OAuthClient.name)
    return joined.join(OAuthClient, OAuthClient.id == OAuthGrant.client_id).where(*lives)


def _of_members(table: type[ApiKey | OAuthGrant], kind: Any, name: Any) -> Any:
    columns = (
        table.id,
        kind.label("kind"),
        func.coalesce(name, "").label("name"),
        User.id.label("owner_id"),
        User.name.label("owner"),
    )
    more = (table.scopes, table.last_used_at, table.cut_off)
    reaches = or_(table.project_ids.is_(None), cast(table.project_ids, Text).like(bindparam("part")))
    return (
        select(*columns, *more)
        .select_from(table)
        .join(User, User.id == table.user_id)
        .join(Membership, Membership.user_id == table.user_id)
        .where(Membership.project_id == bindparam("project_id"), reaches)
    )


def _shown(row: AnyRow, project_id: str) -> ReachingCredential:
    return ReachingCredential(
        id=row.id,
        kind=row.kind,
        name=row.name if row.kind == "api_key" else shown_name(row.name),
        owner_id=row.owner_id,
        owner=row.owner,
        scopes=tuple(row.scopes.split()),
        last_used_at=row.last_used_at,
        is_cut_off=project_id in (row.cut_off or ()),
    )
