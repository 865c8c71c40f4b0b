"""Secrets that somebody found where they should not be: they end at once, and their owners learn of it."""

from collections.abc import Collection, Mapping
from types import MappingProxyType

from sqlalchemy import Select, select, update

from calmboard.access.audit import Subject, record_audit
from calmboard.access.limits.rate_limits import LIMITS
from calmboard.access.oauth.grants import end_found_grants
from calmboard.access.secret_format import digest, is_well_formed
from calmboard.clock import now
from calmboard.db import db, retry_conflicts
from calmboard.models import ApiKey, OAuthAccessToken, OAuthRefreshToken
from calmboard.settings import RateLimit

MAX_SECRETS = 1000
REPORT_LIMIT = RateLimit(60, 3600)
_TOO_OFTEN = "Sixty reports came from this network within an hour. One report takes up to a thousand secrets."


def count_report(network: str) -> None:
    """Raises RateLimitExceeded where a network reports too often."""
    LIMITS.get().count("leak_reports", network, REPORT_LIMIT).check_limit(_TOO_OFTEN)


def known_secrets(secrets: Collection[str]) -> set[str]:
    """Those of these secrets that were issued here, whether they work or have ended; for whoever proved to be entitled."""
    by_digest = {digest(secret): secret for secret in {*secrets} if is_well_formed(secret)}
    found: set[bytes] = set()
    for column in (ApiKey.digest, OAuthAccessToken.digest, OAuthRefreshToken.digest):
        found |= set(db.session.execute(select(column).where(column.in_(list(by_digest)))).scalars())
    return {by_digest[one] for one in found}


@retry_conflicts
def end_leaked(secrets: Collection[str], found_at: Mapping[str, str] = MappingProxyType({})) -> None:
    """Revoke the keys, and end the grants of the access and refresh tokens, whose secrets these are; ignore all others.

    Whoever asks learns nothing: neither what was ours, nor whose. `found_at`: where each was found, which its owner learns.
    """
    digests = [digest(secret) for secret in {*secrets} if is_well_formed(secret)]
    if not digests:
        return
    _revoke_keys(digests, {digest(secret): url for secret, url in found_at.items() if url})
    grant_ids = {
        *db.session.execute(_grants_of(OAuthAccessToken, digests)).scalars(),
        *db.session.execute(_grants_of(OAuthRefreshToken, digests)).scalars(),
    }
    end_found_grants("system", sorted(grant_ids), "leaked")
    db.session.commit()


def _revoke_keys(digests: Collection[bytes], urls: Mapping[bytes, str]) -> None:
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
        where = {"found_at": urls[key.digest]} if key.digest in urls else {}
        details = {"name": key.name, "reason": "leaked", **where}
        record_audit("system", "key.revoked", Subject("key", key.id, key.user_id), details)


def _grants_of(table: type[OAuthAccessToken | OAuthRefreshToken], digests: Collection[bytes]) -> Select[str]:
    return select(table.grant_id).where(table.digest.in_(digests))
