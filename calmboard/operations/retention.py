"""Retention: what is removed for its age alone."""

from datetime import timedelta

from sqlalchemy import delete, func, select

from calmboard.clock import now
from calmboard.db import db, delete_in_batches
from calmboard.engines import retention_role
from calmboard.models import (
    Activity,
    ApiKey,
    AuditEntry,
    Invitation,
    KeyNetwork,
    OAuthAccessToken,
    OAuthCode,
    OAuthGrant,
    OAuthRefreshToken,
    SecondFactor,
)
from calmboard.settings import current_settings

# An hour more than the database demands, whose clock may be behind ours.
_AUDIT_LIFE = timedelta(days=400, hours=1)
_BATCH = 1000
_UNCONFIRMED_LIFE = timedelta(days=1)
_LAPSED_INVITATION_LIFE = timedelta(days=30)
# Keys that can do nothing any more are listed as long as the audit log tells of them, unless somebody has very many.
_DEAD_KEY_LIFE = timedelta(days=400)
_MAX_REVOKED_KEYS = 500
_NETWORK_LIFE = timedelta(days=400)


def delete_old_audit_entries() -> None:
    """Remove what the audit log has held for 400 days, a thousand entries a transaction so that nobody waits long."""
    while _delete_batch() == _BATCH:
        pass


def delete_old_activities() -> None:
    """Remove what happened in projects longer ago than the operator keeps."""
    delete_in_batches(Activity, Activity.at < now() - timedelta(days=current_settings().kept.activity_days))


def delete_lapsed_invitations() -> None:
    """Remove invitations that nobody accepted, a month after their links ended."""
    delete_in_batches(Invitation, Invitation.expires_at < now() - _LAPSED_INVITATION_LIFE)


def delete_expired_tokens() -> None:
    """Delete codes and tokens that have run out, and grants that were never redeemed or are over.

    An access token that was revoked stays as an expired one for longer than any grace period.
    """
    at = now()
    for table in (OAuthAccessToken, OAuthRefreshToken, OAuthCode):
        delete_in_batches(table, table.expires_at < at - timedelta(hours=2))
    unredeemed = (OAuthGrant.redeemed_at.is_(None)) & (OAuthGrant.created_at < at - timedelta(days=1))
    delete_in_batches(OAuthGrant, unredeemed | (OAuthGrant.expires_at < at - timedelta(days=1)))


def delete_unconfirmed_factors() -> None:
    """Remove the secrets of authenticator apps that nobody went on with."""
    delete_in_batches(SecondFactor, SecondFactor.confirmed_at.is_(None), SecondFactor.created_at < now() - _UNCONFIRMED_LIFE)


def delete_dead_keys() -> None:
    """Remove keys that were revoked or expired long ago, and of a person's revoked keys all but the last."""
    before = now() - _DEAD_KEY_LIFE
    newest_first = func.row_number().over(partition_by=ApiKey.user_id, order_by=(ApiKey.revoked_at.desc(), ApiKey.id.desc()))
    numbered = select(ApiKey.id, newest_first.label("number")).where(ApiKey.revoked_at.is_not(None)).subquery()
    too_many = ApiKey.id.in_(select(numbered.c.id).where(numbered.c.number > _MAX_REVOKED_KEYS))
    delete_in_batches(ApiKey, (ApiKey.revoked_at < before) | (ApiKey.expires_at < before) | too_many)


def delete_old_networks() -> None:
    """Remove the networks that a key was not used from for long; one that comes again is new."""
    delete_in_batches(KeyNetwork, KeyNetwork.last_at < now() - _NETWORK_LIFE)


def _delete_batch() -> int:
    old = select(AuditEntry.id).where(AuditEntry.at < now() - _AUDIT_LIFE).order_by(AuditEntry.at).limit(_BATCH)
    with retention_role(db.session.connection()):
        removed = db.session.execute(delete(AuditEntry).where(AuditEntry.id.in_(old)).returning(AuditEntry.id)).all()
        db.session.commit()
    return len(removed)
