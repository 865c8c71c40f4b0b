"""Secrets that somebody found where they should not be: they end at once, and their owners learn of it."""

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, select, update

from calmboard.access.audit import Subject, record_audit
from calmboard.access.credentials.session_tokens import end_found_tokens
from calmboard.access.limits.rate_limits import LIMITS
from calmboard.access.oauth.grants import end_found_grants
from calmboard.access.secret_format import digest, is_well_formed
from calmboard.clock import now
from calmboard.db import autocommit, db, retry_conflicts
from calmboard.models import ApiKey, OAuthAccessToken, OAuthRefreshToken, SessionToken
from calmboard.settings import RateLimit

MAX_SECRETS = 1000
REPORT_LIMIT = RateLimit(60, 3600)
_TOO_OFTEN = "Sixty reports came from this network within an hour. One report takes up to a thousand secrets."
# A code is good for a minute and once; what a client changes its registration with belongs to nobody who could be told.
_TABLES = (ApiKey, OAuthAccessToken, OAuthRefreshToken, SessionToken)


def count_report(network: str) -> None:
    """Raises RateLimitExceeded where a network reports too often."""
    LIMITS.get().count("leak_reports", network, REPORT_LIMIT).check_limit(_TOO_OFTEN)


def find_known_secrets(secrets: Collection[str]) -> set[str]:
    """Those of these secrets that are kept here, whether they work or have ended; for whoever proved to be entitled."""
    by_digest = _by_digest(secrets)
    if not by_digest:
        return set()
    with autocommit() as connection:
        return {by_digest[one] for found in _find(connection, by_digest).values() for one in found}


def end_leaked(secrets: Collection[str], found_at: Mapping[str, str] = MappingProxyType({})) -> None:
    """Revoke the keys, and end the grants of the access and refresh tokens and the session tokens, whose secrets these are;
    ignore all others.

    Whoever asks learns nothing: neither what was ours, nor whose. `found_at`: where each was found, which its owner learns.
    """
    by_digest = _by_digest(secrets)
    if not by_digest:
        return
    with autocommit() as connection:
        found = _find(connection, by_digest)
    if any(found.values()):
        _end(found, {one: {"found_at": url} for one, secret in by_digest.items() if (url := found_at.get(secret))})


def _by_digest(secrets: Collection[str]) -> dict[bytes, str]:
    return {digest(secret): secret for secret in {*secrets} if is_well_formed(secret)}


def _find(connection: Connection, digests: Collection[bytes]) -> dict[type[Any], set[bytes]]:
    """Those that each table knows."""
    statements = {table: select(table.digest).where(table.digest.in_(list(digests))) for table in _TABLES}
    return {table: set(connection.execute(statement).scalars()) for table, statement in statements.items()}


@retry_conflicts
def _end(found: Mapping[type[Any], Collection[bytes]], where: Mapping[bytes, Mapping[str, str]]) -> None:
    _revoke_keys(found[ApiKey], where)
    end_found_grants("system", _grants_of(found, where), "leaked")
    end_found_tokens("system", {one: where.get(one, {}) for one in found[SessionToken]}, "leaked")
    db.session.commit()


def _revoke_keys(digests: Collection[bytes], where: Mapping[bytes, Mapping[str, str]]) -> None:
    """In the order of their ids, so that two reports of the same keys do not wait for each other in a circle."""
    found = select(ApiKey.id).where(ApiKey.digest.in_(digests), ApiKey.revoked_at.is_(None)).order_by(ApiKey.id)
    key_ids = db.session.execute(found.with_for_update()).scalars().all()
    revocation = (
        update(ApiKey)
        .where(ApiKey.id.in_(key_ids), ApiKey.revoked_at.is_(None))
        .values(revoked_at=now(), revoked_reason="leaked")
        .returning(ApiKey.id, ApiKey.user_id, ApiKey.name, ApiKey.digest)
    )
    for key in db.session.execute(revocation).all():
        details = {"name": key.name, "reason": "leaked", **where.get(key.digest, {})}
        record_audit("system", "key.revoked", Subject("key", key.id, key.user_id), details)


def _grants_of(
    found: Mapping[type[Any], Collection[bytes]], where: Mapping[bytes, Mapping[str, str]]
) -> dict[str, Mapping[str, str]]:
    """The grants of the tokens, by their ids, each with where a token of it was found."""
    grants: dict[str, Mapping[str, str]] = {}
    for table in (OAuthAccessToken, OAuthRefreshToken):
        for row in db.session.execute(select(table.grant_id, table.digest).where(table.digest.in_(found[table]))):
            grants[row.grant_id] = where.get(row.digest) or grants.get(row.grant_id, {})
    return grants
