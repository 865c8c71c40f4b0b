"""The outbox: messages to send, each written in the commit of what it tells of, and gone once it is sent.

A worker takes one by a lease, which it extends while it is sending. At its death the lease runs out and another takes the
message: it is sent once, or twice where the death came between the sending and the deletion.
"""

from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from sqlalchemy import bindparam, delete, or_, select, update

from calmboard.clock import now
from calmboard.db import autocommit, db
from calmboard.leases import LEASE
from calmboard.models import OutboxMessage

Kind = Literal["password_reset", "invitation"]

_FIRST_DELAY, _BACKOFF, _MAX_ATTEMPTS = timedelta(seconds=10), 3, 6
_BATCH_SIZE = 10

_IS_DUE = (
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


def enqueue_message(kind: Kind, recipient: str, subject_id: str | None = None) -> None:
    """Add a message to the session; the caller commits, and wakes the worker."""
    db.session.add(OutboxMessage(kind=kind, recipient=recipient, subject_id=subject_id))


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


def delete_message(message_id: str) -> None:
    """Forget a message that was sent, or need not be any more."""
    with autocommit() as connection:
        connection.execute(delete(OutboxMessage).where(OutboxMessage.id == message_id))


def postpone_message(message: LeasedMessage) -> datetime | None:
    """Give the lease back, and return when the next attempt is; None where this was the last one, and the message is gone."""
    if message.attempts >= _MAX_ATTEMPTS:
        delete_message(message.id)
        return None
    next_attempt_at: datetime = now() + _FIRST_DELAY * _BACKOFF ** (message.attempts - 1)
    values = {"next_attempt_at": next_attempt_at, "leased_until": None}
    with autocommit() as connection:
        connection.execute(update(OutboxMessage).where(OutboxMessage.id == message.id).values(**values))
    return next_attempt_at
