"""Retention: what is removed for its age alone."""

from datetime import timedelta

from sqlalchemy import delete, select

from calmboard.clock import now
from calmboard.db import db
from calmboard.engines import retention_role
from calmboard.models import AuditEntry

# An hour more than the database demands, whose clock may be behind ours.
_AUDIT_LIFE = timedelta(days=400, hours=1)
_BATCH = 1000


def delete_old_audit_entries() -> None:
    """Remove what the audit log has held for 400 days, a thousand entries a transaction so that nobody waits long."""
    while _delete_batch() == _BATCH:
        pass


def _delete_batch() -> int:
    old = select(AuditEntry.id).where(AuditEntry.at < now() - _AUDIT_LIFE).order_by(AuditEntry.at).limit(_BATCH)
    with retention_role(db.session.connection()):
        removed = db.session.execute(delete(AuditEntry).where(AuditEntry.id.in_(old)).returning(AuditEntry.id)).all()
        db.session.commit()
    return len(removed)
