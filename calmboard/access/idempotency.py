"""Idempotency keys: which request holds one, and its stored response, for 24 hours."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, event, or_, select, update

from calmboard.clock import now
from calmboard.db import AnyRow, autocommit, db, insert_if_absent
from calmboard.errors import Conflict, FieldError, ValidationFailed
from calmboard.leases import LEASE, renewed
from calmboard.models import IdempotentRequest

RETENTION = timedelta(hours=24)
# How long a request may be under way before who sends it again has to wait for the end of its lease.
_USUAL = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class StoredResponse:
    """The response to the first request."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to process the request of one key; it is lost where its lease ends and another request takes it over."""

    credential_id: str
    key: str
    created_at: datetime


def claim(credential_id: str, key: str, fingerprint: bytes) -> Claim | StoredResponse:
    """Return the claim, or the stored response where the request was processed.

    Raises Conflict while another request holds the claim, ValidationFailed where the key came with another request.
    """
    owned = Claim(credential_id, key, now())
    row = {**asdict(owned), "fingerprint": fingerprint, "is_done": False, "leased_until": owned.created_at + LEASE}
    if insert_if_absent(IdempotentRequest, row):
        return owned
    with autocommit() as connection:
        held = connection.execute(select(*IdempotentRequest.__table__.columns).where(_has_key(credential_id, key))).first()
    if held is not None and not _is_expired(held, owned.created_at):
        return _stored_response(held, fingerprint, owned.created_at)
    if held is not None:
        _delete(and_(_has_key(credential_id, key), _is_over(owned.created_at)))
    return claim(credential_id, key, fingerprint)


@contextmanager
def complete_on_commit(owned: Claim) -> Iterator[None]:
    """Mark the work as done in its own commit, so that a crash right after it never leads to doing it twice.

    Until then the claim's lease is renewed, so that it ends soon only where this process did.

    Raises Conflict, and rolls the work back, where the claim was lost meanwhile.
    """
    session = db.session()

    def mark(_session: Any) -> None:
        if session.in_nested_transaction():
            return  # only a savepoint ends
        mark_done = update(IdempotentRequest).where(_is_claimed_by(owned)).values(is_done=True)
        if session.execute(mark_done.returning(IdempotentRequest.key)).first() is None:
            raise Conflict("Another request with this Idempotency-Key took over. Read what it did.")

    event.listen(session, "before_commit", mark)
    try:
        with renewed(IdempotentRequest, and_(_is_claimed_by(owned), IdempotentRequest.is_done.is_(False))):
            yield
    finally:
        event.remove(session, "before_commit", mark)


def store_response(owned: Claim, response: StoredResponse) -> None:
    """Store the response for replays."""
    values = {"status": response.status, "headers": response.headers, "body": response.body, "is_done": True}
    with autocommit() as connection:
        connection.execute(update(IdempotentRequest).where(_is_claimed_by(owned)).values(**values))


def release(owned: Claim) -> None:
    """Release the claim, so that the next request with this key may try, unless the work was done."""
    db.session.rollback()
    _delete(and_(_is_claimed_by(owned), IdempotentRequest.is_done.is_(False)))


def delete_expired_idempotency_keys() -> None:
    """Delete what is older than 24 hours."""
    _delete(IdempotentRequest.created_at < now() - RETENTION)


def _stored_response(row: AnyRow, fingerprint: bytes, at: datetime) -> StoredResponse:
    if row.fingerprint != fingerprint:
        detail = "This Idempotency-Key came with another request before. Use a new one for each piece of work."
        raise ValidationFailed(detail, errors=(FieldError("Idempotency-Key", "reused", detail),))
    if row.status is not None:
        return StoredResponse(row.status, row.headers, row.body)
    if row.is_done and row.leased_until < at:
        raise Conflict("This request was carried out, but its answer was lost. Read what it did.")
    wait_s = 1 if row.created_at > at - _USUAL else max(1, ceil((row.leased_until - at).total_seconds()))
    detail = f"A request with this Idempotency-Key is under way, or its server ended. Send it again in {wait_s} s."
    raise Conflict(detail, retry_after_s=wait_s)


def _is_expired(row: AnyRow, at: datetime) -> bool:
    return bool(row.created_at < at - RETENTION or (not row.is_done and row.leased_until < at))


def _is_over(at: datetime) -> ColumnElement[bool]:
    """As `_is_expired`, in SQL: its lease may be renewed meanwhile."""
    has_lapsed = and_(IdempotentRequest.is_done.is_(False), IdempotentRequest.leased_until < at)
    return or_(IdempotentRequest.created_at < at - RETENTION, has_lapsed)


def _is_claimed_by(owner: Claim) -> ColumnElement[bool]:
    return and_(_has_key(owner.credential_id, owner.key), IdempotentRequest.created_at == owner.created_at)


def _has_key(credential_id: str, key: str) -> ColumnElement[bool]:
    return and_(IdempotentRequest.credential_id == credential_id, IdempotentRequest.key == key)


def _delete(condition: ColumnElement[bool]) -> None:
    with autocommit() as connection:
        connection.execute(delete(IdempotentRequest).where(condition))
