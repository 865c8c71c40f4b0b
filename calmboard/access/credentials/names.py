"""What the credentials of a person are called, for lists that show what each of them did."""

from collections.abc import Collection
from functools import cache
from typing import Any

from sqlalchemy import bindparam, func, literal, select, union_all

from calmboard.access.access import Access
from calmboard.access.oauth.app_names import shown_name
from calmboard.db import AnyRow, autocommit
from calmboard.models import ApiKey, OAuthClient, OAuthGrant
from calmboard.prepared import Prepared, is_one_of

_MOST = 600


def list_credential_names(access: Access) -> dict[str, str]:
    """The keys that are not revoked and the apps that are connected, by name; the id of each with its name."""
    with autocommit() as connection:
        rows = _in_use().all(connection, {"user_id": access.user.id, "limit": _MOST})
    return _names(rows)


def find_credential_names(access: Access, credential_ids: Collection[str]) -> dict[str, str]:
    """The names of these, also of what was revoked; what is not the user's is left out."""
    if not credential_ids:
        return {}
    with autocommit() as connection:
        return _names(_of_ids().all(connection, {"user_id": access.user.id, "ids": sorted(credential_ids)}))


def _names(rows: Collection[AnyRow]) -> dict[str, str]:
    return {row.id: row.name if row.kind == "key" else shown_name(row.name) for row in rows}


@cache
def _in_use() -> Prepared:
    keys = _keys().where(ApiKey.revoked_at.is_(None), ApiKey.successor_id.is_(None))
    grants = _grants().where(OAuthGrant.revoked_at.is_(None), OAuthGrant.redeemed_at.is_not(None))
    both = union_all(keys, grants).subquery()
    return Prepared(select(both).order_by(func.lower(both.c.name), both.c.id).limit(bindparam("limit")))


@cache
def _of_ids() -> Prepared:
    keys, grants = _keys().where(is_one_of(ApiKey.id, "ids")), _grants().where(is_one_of(OAuthGrant.id, "ids"))
    return Prepared(select(union_all(keys, grants).subquery()))


def _keys() -> Any:
    columns = (ApiKey.id, ApiKey.name, literal("key").label("kind"))
    return select(*columns).where(ApiKey.user_id == bindparam("user_id"))


def _grants() -> Any:
    columns = (OAuthGrant.id, func.coalesce(OAuthClient.name, "").label("name"), literal("app").label("kind"))
    joined = select(*columns).join(OAuthClient, OAuthClient.id == OAuthGrant.client_id)
    return joined.where(OAuthGrant.user_id == bindparam("user_id"))
