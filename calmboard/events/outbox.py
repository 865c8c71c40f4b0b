"""The outbox: messages to send, each written in the commit of what it tells of.

A worker takes one by a lease, which it extends while it is sending. At its death the lease runs out and another takes the
message: it is sent once, or twice where the death came between the sending and the note of it. What was sent stays for two
days, since it is here that messages are counted (`message_limits.py`).
"""

from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from sqlalchemy import bindparam, or_, select, update

from calmboard.clock import now
from calmboard.db import autocommit, db, delete_in_batches
from calmboard.leases import LEASE
from calmboard.models import OutboxMessage

Kind = Literal[
    "password_reset",
    "invitation",
    "key_created",
    "key_replaced",
    "key_leaked",
    "key_ends_in_a_week",
    "key_ends_in_a_day",
    "key_new_network",
    "app_connected",
    "app_leaked",
    "session_leaked",
    "password_changed",
    "factor_changed",
    "deletion_begun",
    "account_kept",
    "account_deleted",
    "email_change_old",
    "email_change_new",
    "email_changed",
]

_FIRST_DELAY, _BACKOFF, _MAX_ATTEMPTS = timedelta(seconds=10), 3, 6
_BATCH_SIZE = 10
# A day more than the longest window of calmboard/events/message_limits.py.
_KEPT_FOR = timedelta(days=2)

_IS_DUE = (
    OutboxMessage.ended_at.is_(None),
    OutboxMessage.next_attempt_at <= bindparam("at"),
    or_(OutboxMessage.leased_until.is_(None), OutboxMessage.leased_until < bindparam("at")),
)
_DUE = select(OutboxMessage.id).where(*_IS_DUE).order_by(OutboxMessage.next_attempt_at, OutboxMessage.id).limit(_BATCH_SIZE)


class LeasedMessage(NamedTuple):
    """A message that this worker is sending, for the `attempts`-th time."""

    id: str
    kind: Kind
    recipient: str
    subject_id: str | None
    attempts: int


_TAKE = (
    update(OutboxMessage)
    .where(OutboxMessage.id == bindparam("message_id"), *_IS_DUE)
    .values(leased_until=bindparam("lease_end"), attempts=OutboxMessage.attempts + 1)
    .returning(*(getattr(OutboxMessage, name) for name in LeasedMessage._fields))
)


def enqueue_message(kind: Kind, recipient: str, subject_id: str | None = None, sender_id: str | None = None) -> None:
    """Add a message to the session, once its limits allow it; the caller commits, and wakes the worker."""
    db.session.add(OutboxMessage(kind=kind, recipient=recipient, subject_id=subject_id, sender_id=sender_id))


def take_message() -> LeasedMessage | None:
    """Lease the message that has been due for longest; None where none is, or others were faster with each."""
    at = now()
    values = {"at": at, "lease_end": at + LEASE}
    with autocommit() as connection:
        for message_id in connection.execute(_DUE, {"at": at}).scalars().all():
            row = connection.execute(_TAKE, {**values, "message_id": message_id}).first()
            if row is not None:
                return LeasedMessage(*row)
    return None


def end_message(message_id: str) -> None:
    """Note that a message was sent, need not be any more, or is given up."""
    with autocommit() as connection:
        ending = update(OutboxMessage).where(OutboxMessage.id == message_id)
        connection.execute(ending.values(ended_at=now(), leased_until=None))


def delete_ended_messages() -> None:
    """Remove messages that no window counts any more."""
    delete_in_batches(OutboxMessage, OutboxMessage.ended_at.is_not(None), OutboxMessage.created_at < now() - _KEPT_FOR)


def postpone_message(message: LeasedMessage) -> datetime | None:
    """Give the lease back, and return when the next attempt is; None where this was the last one."""
    if message.attempts >= _MAX_ATTEMPTS:
        end_message(message.id)
        return None
    next_attempt_at: datetime = now() + _FIRST_DELAY * _BACKOFF ** (message.attempts - 1)
    values = {"next_attempt_at": next_attempt_at, "leased_until": None}
    with autocommit() as connection:
        connection.execute(update(OutboxMessage).where(OutboxMessage.id == message.id).values(**values))
    return next_attempt_at
