"""Requests that may be sent again: who is at work on one, and what it was answered, for 24 hours."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, event, select, update

from calmboard.db import AnyRow, db, insert_if_absent, now, reading
from calmboard.errors import Conflict, FieldError, ValidationFailed
from calmboard.models import IdempotentRequest

KEPT = timedelta(hours=24)
LEASE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Answered:
    """What the first request was answered."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to do the work of one key; it is lost where somebody else takes it over after LEASE."""

    credential_id: str
    key: str
    created_at: datetime


def claim(credential_id: str, key: str, fingerprint: bytes) -> Claim | Answered:
    """Return the right to do the work, or the answer where it is done.

    Raises Conflict while another request is at work, ValidationFailed where the key came with another request.
    """
    mine = Claim(credential_id, key, now())
    if insert_if_absent(IdempotentRequest, {**asdict(mine), "fingerprint": fingerprint, "is_done": False}):
        return mine
    with reading() as connection:
        row = connection.execute(select(*IdempotentRequest.__table__.columns).where(_has_key(credential_id, key))).first()
    if row is not None and not _is_over(row, mine.created_at):
        return _answer_of(row, fingerprint, mine.created_at)
    if row is not None:
        _forget(_is(Claim(credential_id, key, row.created_at)))
    return claim(credential_id, key, fingerprint)


@contextmanager
def complete_on_commit(mine: Claim) -> Iterator[None]:
    """Mark the work as done in its own commit, so that a crash right after it never leads to doing it twice.

    Raises Conflict, and undoes the work, where the claim was lost meanwhile.
    """
    session = db.session()

    def mark(_session: Any) -> None:
        if session.in_nested_transaction():
            return  # a savepoint ends, and not yet the work
        mark_done = update(IdempotentRequest).where(_is(mine)).values(is_done=True)
        if session.execute(mark_done.returning(IdempotentRequest.key)).first() is None:
            raise Conflict("Another request with this Idempotency-Key took over. Read what it did.")

    event.listen(session, "before_commit", mark)
    try:
        yield
    finally:
        event.remove(session, "before_commit", mark)


def store_response(mine: Claim, answered: Answered) -> None:
    """Keep the answer for those who ask again."""
    values = {"status": answered.status, "headers": answered.headers, "body": answered.body, "is_done": True}
    with reading() as connection:
        connection.execute(update(IdempotentRequest).where(_is(mine)).values(**values))


def release(mine: Claim) -> None:
    """Let the next request with this key try, unless the work was done."""
    db.session.rollback()
    _forget(and_(_is(mine), IdempotentRequest.is_done.is_(False)))


def delete_expired_idempotency_keys() -> None:
    """Delete what is older than 24 hours."""
    _forget(IdempotentRequest.created_at < now() - KEPT)


def _answer_of(row: AnyRow, fingerprint: bytes, at: datetime) -> Answered:
    if row.fingerprint != fingerprint:
        detail = "This Idempotency-Key came with another request before. Use a new one for each piece of work."
        raise ValidationFailed(detail, errors=(FieldError("Idempotency-Key", "reused", detail),))
    if row.status is not None:
        return Answered(row.status, row.headers, row.body)
    if row.is_done and row.created_at < at - LEASE:
        raise Conflict("This request was carried out, but its answer was lost. Read what it did.")
    raise Conflict("A request with this Idempotency-Key is under way. Wait a second and send it again.")


def _is_over(row: AnyRow, at: datetime) -> bool:
    return bool(row.created_at < at - KEPT or (not row.is_done and row.created_at < at - LEASE))


def _is(one: Claim) -> ColumnElement[bool]:
    return and_(_has_key(one.credential_id, one.key), IdempotentRequest.created_at == one.created_at)


def _has_key(credential_id: str, key: str) -> ColumnElement[bool]:
    return and_(IdempotentRequest.credential_id == credential_id, IdempotentRequest.key == key)


def _forget(which: ColumnElement[bool]) -> None:
    with reading() as connection:
        connection.execute(delete(IdempotentRequest).where(which))
