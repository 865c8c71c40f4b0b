"""Windows of messages: how many one person lets be sent, and how many one mailbox gets, whoever lets them be sent.

They are counted in the outbox, by the transaction that adds the next one, which holds a lock of the sender and one of the
mailbox until its commit: many at once are no more than one after another. The project's lock comes before these two.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from math import ceil
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, select

from calmboard.clock import now
from calmboard.db import db
from calmboard.errors import RateLimitExceeded
from calmboard.models import OutboxMessage, User
from calmboard.settings import RateLimit
from calmboard.texts.mailboxes import mailbox_of

_HOUR_S, _DAY_S = 3600, 86400

# What one person may send, over all projects.
SENDER_LIMITS = (RateLimit(30, _HOUR_S), RateLimit(100, _DAY_S))
# The same for a person whose account is less than a day old.
FIRST_DAY_LIMIT = RateLimit(10, _DAY_S)
# What one mailbox gets, from all senders: invitations, and messages of any kind.
INVITATION_LIMIT = RateLimit(5, _DAY_S)
MAILBOX_LIMIT = RateLimit(20, _DAY_S)

# The message alone is too many: what was mailed before is as good as it was.
_REMEDY = "Nothing was changed, and a link that was mailed before still works."


class _Wait(NamedTuple):
    """How long a window stays full, 0 or less where it is not, and what is said then."""

    seconds: float
    detail: str


def check_invitation_limits(sender_id: str, address: str) -> None:
    """Raises RateLimitExceeded, with the seconds until every window has room, for an invitation too many."""
    mailbox = mailbox_of(address)
    _lock(f"message sender {sender_id}")
    _lock(f"message mailbox {mailbox}")
    at = now()
    longest = max(*_sender_waits(sender_id, at), *_mailbox_waits(mailbox, address, at))
    if longest.seconds > 0:
        detail = f"{longest.detail} {_REMEDY}"
        raise RateLimitExceeded(detail, retry_after_s=ceil(longest.seconds), extra={"policy": "invitations"})


def may_receive(address: str) -> bool:
    """Whether a mailbox may get one more message, of whatever kind."""
    mailbox = mailbox_of(address)
    _lock(f"message mailbox {mailbox}")
    at = now()
    return _wait_s(_list_times(at, OutboxMessage.mailbox == mailbox), MAILBOX_LIMIT, at) <= 0


def _sender_waits(sender_id: str, at: datetime) -> Iterator[_Wait]:
    times = _list_times(at, OutboxMessage.sender_id == sender_id)
    per_hour, per_day = SENDER_LIMITS
    yield _Wait(_wait_s(times, per_hour, at), f"You sent {per_hour.amount} invitations within an hour, as many as a person may.")
    yield _Wait(_wait_s(times, per_day, at), f"You sent {per_day.amount} invitations within a day, as many as a person may.")
    if len(times) >= FIRST_DAY_LIMIT.amount:
        joined_at = db.session.execute(select(User.created_at).where(User.id == sender_id)).scalar_one()
        detail = f"You sent {FIRST_DAY_LIMIT.amount} invitations, as many as a person may on an account's first day."
        yield _Wait((joined_at + timedelta(seconds=FIRST_DAY_LIMIT.seconds) - at).total_seconds(), detail)


def _mailbox_waits(mailbox: str, address: str, at: datetime) -> Iterator[_Wait]:
    everything = OutboxMessage.mailbox == mailbox
    invitations = _list_times(at, everything, OutboxMessage.kind == "invitation")
    detail = f"{address} was sent {INVITATION_LIMIT.amount} invitations within a day, as many as one address gets from everybody."
    yield _Wait(_wait_s(invitations, INVITATION_LIMIT, at), detail)
    detail = f"{address} was sent {MAILBOX_LIMIT.amount} messages within a day, as many as one address gets."
    yield _Wait(_wait_s(_list_times(at, everything), MAILBOX_LIMIT, at), detail)


def _wait_s(times: list[datetime], limit: RateLimit, at: datetime) -> float:
    """How long it takes until so many of the messages left the window that one more fits in; newest first."""
    if len(times) < limit.amount:
        return 0
    return (times[limit.amount - 1] + timedelta(seconds=limit.seconds) - at).total_seconds()


def _list_times(at: datetime, *of_whom: ColumnElement[bool]) -> list[datetime]:
    """When the messages of the last day were added, newest first; never more than the windows let pass."""
    lately = OutboxMessage.created_at > at - timedelta(seconds=_DAY_S)
    statement = select(OutboxMessage.created_at).where(*of_whom, lately).order_by(OutboxMessage.created_at.desc())
    return list(db.session.execute(statement).scalars())


def _lock(name: str) -> None:
    """Until the commit; on SQLite every transaction of `db.session` is alone anyway."""
    if db.engine.dialect.name != "sqlite":
        db.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))
