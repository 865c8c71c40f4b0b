"""Messages to people about their credentials and account, each written in the commit of what it tells of.

Every change of rights passes `record_audit`, and by it `note_change`; what comes with time alone is in
`calmboard/events/key_notices.py`.
"""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import select, update

from calmboard.access.access import Access
from calmboard.access.audit import Subject, record_audit
from calmboard.access.credentials.key_life import trial_keys
from calmboard.clock import now
from calmboard.db import autocommit, db, retry_conflicts
from calmboard.events.message_limits import may_receive
from calmboard.events.outbox import Kind, enqueue_message
from calmboard.models import ApiKey, AuditEntry, User

# What a person may turn off, with what the choice is called.
OPTIONAL: Mapping[Kind, str] = {
    "key_created": "A key was created",
    "key_replaced": "A key was replaced",
    "key_ends_in_a_week": "A key ends in seven days",
    "key_ends_in_a_day": "A key ends within a day",
    "key_new_network": "A key was used from a new network",
    "app_connected": "An app was connected",
}
# Told in any case, and however many messages the mailbox got.
ALWAYS: frozenset[Kind] = frozenset(
    {"key_leaked", "app_leaked", "session_leaked", "password_changed", "factor_changed", "deletion_begun", "account_kept"}
)

_KINDS: Mapping[str, Kind] = {
    "key.created": "key_created",
    "key.replaced": "key_replaced",
    "grant.created": "app_connected",
    "password.changed": "password_changed",
    "password.reset": "password_changed",
    "factor.added": "factor_changed",
    "factor.removed": "factor_changed",
    "factor.recovery_codes_created": "factor_changed",
    "passkey.added": "factor_changed",
    "passkey.removed": "factor_changed",
    "account.deletion_begun": "deletion_begun",
    "account.kept": "account_kept",
}
_LEAKS: Mapping[str, Kind] = {
    "key.revoked": "key_leaked",
    "grant.ended": "app_leaked",
    "session.ended": "session_leaked",
    "session_token.revoked": "session_leaked",
}


def note_change(entry: AuditEntry) -> None:
    """Let whose rights changed hear of it by mail, where that is one of the kinds. The caller commits."""
    kind = _LEAKS.get(entry.action) if _was_reported(entry) else _KINDS.get(entry.action)
    if kind is None or entry.user_id is None or (kind == "key_created" and _is_no_news(entry)):
        return
    send_notice(kind, entry.user_id, entry.id)


def send_notice(kind: Kind, user_id: str, subject_id: str) -> None:
    """Add a message to a person, unless they do not want it or their mailbox is full; the caller commits."""
    with db.session.no_autoflush:
        row = db.session.execute(select(User.email, User.muted_notices).where(User.id == user_id)).first()
        if row is None or kind in (row.muted_notices or ()):
            return
        if kind in ALWAYS or may_receive(row.email):
            enqueue_message(kind, row.email, subject_id)


def muted_notices(access: Access) -> frozenset[str]:
    """The kinds of messages that a person has turned off."""
    with autocommit() as connection:
        return frozenset(connection.execute(select(User.muted_notices).where(User.id == access.user.id)).scalar_one() or ())


@retry_conflicts
def choose_notices(access: Access, wanted: Collection[str]) -> None:
    """Send a person these kinds of messages alone, of those that may be turned off."""
    muted = sorted(OPTIONAL.keys() - set(wanted))
    if frozenset(muted) != muted_notices(access):
        db.session.execute(update(User).where(User.id == access.user.id).values(muted_notices=muted))
        record_audit(access, "account.mail_chosen", Subject("user", access.user.id, access.user.id), {"muted": muted})
    db.session.commit()


def _was_reported(entry: AuditEntry) -> bool:
    """A person who gives a leak as the reason knows of it."""
    return entry.source == "system" and entry.details.get("reason") == "leaked"


def _is_no_news(entry: AuditEntry) -> bool:
    """Of a key that replaces another, that message tells; the key for trying requests lasts ten minutes."""
    expires_at = entry.details.get("expires_at")
    if entry.details.get("name") == trial_keys.NAME and expires_at is not None:
        return datetime.fromisoformat(expires_at) - now() <= trial_keys.LIFE
    replaced = select(ApiKey.id).where(ApiKey.successor_id == entry.subject_id)
    return db.session.execute(replaced).first() is not None
