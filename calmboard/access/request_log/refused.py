"""Whose secret it was that nobody was identified by: who finds one, or mistypes it, tells its owner so."""

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from sqlalchemy import Connection, Select, select

from calmboard.access.request_record import RefusedSecret
from calmboard.models import ApiKey, OAuthAccessToken, OAuthGrant, User

_KEY_PREFIX = "cbk_"


class Owner(NamedTuple):
    """The credential, and the person and plan that it belongs to."""

    credential_id: str
    user_id: str
    plan: str


def find_owners(connection: Connection, secrets: Collection[RefusedSecret]) -> dict[bytes, Owner]:
    """The owners that are known, by the digest of the secret: of a key or token that ended, and of a key that was mistyped
    but for its last four characters, where only one key has these.
    """
    if not secrets:
        return {}
    digests = [secret.digest for secret in secrets]
    owners = _by_digest(connection, _TOKENS.where(OAuthAccessToken.digest.in_(digests)))
    owners |= _by_digest(connection, _KEYS.where(ApiKey.digest.in_(digests)))
    mistyped = [secret for secret in secrets if secret.prefix == _KEY_PREFIX and secret.digest not in owners]
    return owners | _by_last4(connection, mistyped)


def _by_digest(connection: Connection, statement: Select[bytes, str, str, str]) -> dict[bytes, Owner]:
    return {row[0]: Owner(*row[1:]) for row in connection.execute(statement)}


def _by_last4(connection: Connection, secrets: Collection[RefusedSecret]) -> dict[bytes, Owner]:
    if not secrets:
        return {}
    statement = _KEYS.add_columns(ApiKey.last4).where(ApiKey.last4.in_({secret.last4 for secret in secrets}))
    only = _alone((row.last4, Owner(row.credential_id, row.user_id, row.plan)) for row in connection.execute(statement))
    return {secret.digest: only[secret.last4] for secret in secrets if secret.last4 in only}


def _alone(found: Iterable[tuple[str, Owner]]) -> Mapping[str, Owner]:
    owners: dict[str, list[Owner]] = {}
    for last4, owner in found:
        owners.setdefault(last4, []).append(owner)
    return {last4: several[0] for last4, several in owners.items() if len(several) == 1}


_KEYS = select(ApiKey.digest, ApiKey.id.label("credential_id"), User.id.label("user_id"), User.plan).join(
    User, User.id == ApiKey.user_id
)
_TOKENS = (
    select(OAuthAccessToken.digest, OAuthGrant.id, User.id, User.plan)
    .join(OAuthGrant, OAuthGrant.id == OAuthAccessToken.grant_id)
    .join(User, User.id == OAuthGrant.user_id)
)
