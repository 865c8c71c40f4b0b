"""The applications a person let in: listed, and shown out."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from calmboard.access.access import Access
from calmboard.access.grants import end_grant
from calmboard.db import AnyRow, AnySelect, now, reading
from calmboard.errors import Forbidden, NotFound
from calmboard.models import OAuthClient, OAuthGrant


@dataclass(frozen=True, slots=True)
class Grant:
    """An application that a person let in, as it is listed to them."""

    id: str
    client_id: str
    client_kind: str
    client_name: str
    redirect_uris: tuple[str, ...]
    scopes: frozenset[str]
    project_ids: frozenset[str] | None
    resource: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    last_used_ip: str | None
    last_used_agent: str | None
    last_used_endpoint: str | None


def list_grants(access: Access) -> list[Grant]:
    """The applications that hold tokens of the asker's, the latest first. What was agreed to and never redeemed is none."""
    live = (OAuthGrant.redeemed_at.is_not(None), OAuthGrant.revoked_at.is_(None), OAuthGrant.expires_at > now())
    mine = _listed().where(OAuthGrant.user_id == access.user.id, *live).order_by(OAuthGrant.id.desc())
    with reading() as connection:
        return [_grant(row) for row in connection.execute(mine)]


def find_my_grant(access: Access, grant_id: str) -> Grant:
    """Raises NotFound where there is none, Forbidden where it is somebody else's."""
    with reading() as connection:
        row = connection.execute(_listed().where(OAuthGrant.id == grant_id)).first()
    if row is None:
        raise NotFound("No application is connected by this id.")
    if row.user_id != access.user.id:
        raise Forbidden("Somebody else connected this application. Ask them to disconnect it.")
    return _grant(row)


def end_my_grant(access: Access, grant_id: str) -> Grant:
    """Disconnect an application, at once; again does no harm. Raises as `find_my_grant` does."""
    found = find_my_grant(access, grant_id)
    end_grant(grant_id)
    return found


def _listed() -> AnySelect:
    names = [name for name in Grant.__dataclass_fields__ if name not in ("client_kind", "client_name", "redirect_uris")]
    client = (OAuthClient.kind.label("client_kind"), OAuthClient.name.label("client_name"), OAuthClient.redirect_uris)
    return select(OAuthGrant.user_id, *(getattr(OAuthGrant, name) for name in names), *client).join(OAuthClient)


def _grant(row: AnyRow) -> Grant:
    values = {name: getattr(row, name) for name in Grant.__dataclass_fields__}
    project_ids = None if row.project_ids is None else frozenset(row.project_ids)
    changed = {"scopes": frozenset(row.scopes.split()), "project_ids": project_ids, "redirect_uris": tuple(row.redirect_uris)}
    return Grant(**{**values, **changed})
