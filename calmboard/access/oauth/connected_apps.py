"""The applications that a person authorized: listed and revoked."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import bindparam, func, select

from calmboard import ids
from calmboard.access.access import Access
from calmboard.access.oauth.app_names import shown_name
from calmboard.access.oauth.grants import end_grant
from calmboard.access.oauth.resources import MCP
from calmboard.clock import now
from calmboard.db import AnyRow, AnySelect, autocommit
from calmboard.errors import Forbidden, NotFound
from calmboard.models import MadeApp, OAuthClient, OAuthGrant, User
from calmboard.pagination import Order, Page, PageRequest, order_and_limit, read_page
from calmboard.prepared import Prepared


@dataclass(frozen=True, slots=True)
class Grant:
    """An application that a person authorized, as it is listed to them; `maker` made it, None where it registered itself."""

    id: str
    client_id: str
    client_kind: str
    client_name: str
    maker_id: str | None
    maker: str | None
    redirect_uris: tuple[str, ...]
    scopes: frozenset[str]
    project_ids: frozenset[str] | None
    resource: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None
    last_used_ip: str | None
    last_used_agent: str | None
    last_used_endpoint: str | None

    @property
    def shown_name(self) -> str:
        return shown_name(self.client_name)


@dataclass(frozen=True, slots=True)
class Disconnection:
    """A grant that has ended; `is_done` says whether it ended now, or had before."""

    grant: Grant
    is_done: bool


def list_grants(access: Access, page_request: PageRequest) -> Page[Grant]:
    """The applications that hold tokens of the user, the latest first. A consent that was never redeemed is not listed."""
    with autocommit() as connection:
        values = {"user_id": access.user.id, "at": now()}
        page = read_page(connection, _live_list(page_request.after is not None), page_request, values)
    return Page([_grant(row) for row in page.rows], page.after)


def latest_agent_grants(access: Access, limit: int) -> list[Grant]:
    """Those of `list_grants` that reach the MCP server, the latest use first and the unused ones last."""
    values = {"user_id": access.user.id, "at": now(), "limit": limit}
    with autocommit() as connection:
        return [_grant(row) for row in connection.execute(_agents(), values)]


def get_own_grant(access: Access, grant_id: str) -> Grant:
    """Raises NotFound where there is none, Forbidden where it is somebody else's."""
    with autocommit() as connection:
        row = connection.execute(_listed().where(OAuthGrant.id == grant_id)).first() if ids.is_id("grn", grant_id) else None
    if row is None:
        raise NotFound("No application is connected by this id.")
    if row.user_id != access.user.id:
        raise Forbidden("Somebody else connected this application. Ask them to disconnect it.")
    return _grant(row)


def revoke_own_grant(access: Access, grant_id: str) -> Disconnection:
    """Disconnect an application, at once; idempotent. Raises as `get_own_grant` does."""
    get_own_grant(access, grant_id)
    is_done = end_grant(access, grant_id, "disconnected")
    return Disconnection(get_own_grant(access, grant_id), is_done)


@cache
def _live_list(after_cursor: bool) -> Prepared:
    return order_and_limit(_live(), Order((OAuthGrant.id,), descending=True), after_cursor=after_cursor)


@cache
def _agents() -> AnySelect:
    agents = _live().where(OAuthGrant.resource.endswith(MCP))
    return agents.order_by(OAuthGrant.last_used_at.desc().nulls_last(), OAuthGrant.id.desc()).limit(bindparam("limit"))


def _live() -> AnySelect:
    not_expired = (OAuthGrant.revoked_at.is_(None), OAuthGrant.expires_at > bindparam("at"))
    return _listed().where(OAuthGrant.user_id == bindparam("user_id"), OAuthGrant.redeemed_at.is_not(None), *not_expired)


def _listed() -> AnySelect:
    client = (OAuthClient.kind.label("client_kind"), OAuthClient.name.label("client_name"), OAuthClient.redirect_uris)
    maker = (User.id.label("maker_id"), User.name.label("maker"))
    about_client = {column.key for column in (*client, *maker)}
    own = [getattr(OAuthGrant, name) for name in Grant.__dataclass_fields__ if name not in about_client]
    statement = select(OAuthGrant.user_id, *own, *client, *maker).select_from(OAuthGrant).join(OAuthClient)
    about = statement.outerjoin(MadeApp, MadeApp.client_id == OAuthClient.id)
    return about.outerjoin(User, User.id == func.coalesce(MadeApp.maker_id, OAuthClient.user_id))


def _grant(row: AnyRow) -> Grant:
    values = {name: getattr(row, name) for name in Grant.__dataclass_fields__}
    project_ids = None if row.project_ids is None else frozenset(row.project_ids)
    changed = {"scopes": frozenset(row.scopes.split()), "project_ids": project_ids, "redirect_uris": tuple(row.redirect_uris)}
    return Grant(**{**values, **changed})
