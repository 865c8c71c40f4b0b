"""A key is replaced without an outage: both work for a while, and the old one ends by itself."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select, update

from calmboard import ids
from calmboard.access.access import Access
from calmboard.access.audit import Subject, record_audit
from calmboard.access.credentials.keys import (
    COLUMNS,
    Key,
    KeyChange,
    NewKey,
    count_new_key,
    find_key,
    issue_key,
    key_of,
    require_session,
)
from calmboard.access.plans import require_paid_plan
from calmboard.clock import now
from calmboard.db import autocommit, db, retry_conflicts
from calmboard.errors import Conflict, FieldError, ValidationFailed
from calmboard.models import ApiKey, Membership, User

OVERLAPS: Mapping[str, timedelta] = {
    "now": timedelta(0),
    "1h": timedelta(hours=1),
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
}
_EXTENSION, _LONGEST_OVERLAP = timedelta(days=1), timedelta(days=30)
_NO_PROJECT_LEFT = "None of the projects of this key is yours any more. Create a new key for those that you have now."


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two keys of which the old one works still, until its successor is all there is."""

    old: Key
    new: Key

    def share_left(self, at: datetime) -> float:
        """Of the time that both work, from 1 down to 0."""
        if self.old.expires_at is None or self.old.replaced_at is None or self.old.expires_at <= self.old.replaced_at:
            return 0
        return min(1, max(0, (self.old.expires_at - at) / (self.old.expires_at - self.old.replaced_at)))


@retry_conflicts
def replace_key(
    access: Access, key_id: str, overlap: str, before_commit: Callable[[str, str], None] | None = None
) -> tuple[Key, str]:
    """Create a key with the rights, projects, networks, window and length of life of this one, which ends after the overlap.

    Returns the successor and its secret, which is not stored; `before_commit` gets its id and secret. It takes
    no place in the plan beyond that of the old key.
    Raises Forbidden without a session, PaidPlanRequired, RateLimitExceeded, NotFound, ValidationFailed for an overlap that is
    none, and Conflict where the key was revoked, has expired or was replaced before: of two at once, one replaces it.
    """
    require_session(access)
    require_paid_plan(access)
    if overlap not in OVERLAPS:
        raise ValidationFailed(errors=(FieldError("/overlap", "unknown_value", "Choose one of these times.", tuple(OVERLAPS)),))
    find_key(access, key_id)
    count_new_key(access)
    db.session.execute(select(User.id).where(User.id == access.user.id).with_for_update())
    successor_id = ids.new_id("key")
    try:
        new = _begin_overlap(access, find_key(access, key_id), successor_id, OVERLAPS[overlap])
    except Conflict:
        db.session.rollback()
        raise
    _, secret = issue_key(access.user.id, new, access, successor_id)
    if before_commit is not None:
        before_commit(successor_id, secret)
    db.session.commit()
    return find_key(access, successor_id), secret


@retry_conflicts
def extend_overlap(access: Access, key_id: str) -> KeyChange:
    """Let a replaced key work a day longer: not beyond its own end, nor 30 days after it was replaced. Of a key that has ended,
    or was not replaced, it changes nothing.
    """
    require_session(access)
    key = find_key(access, key_id)
    if key.replaced_at is None or key.expires_at is None or key.status(now()) not in ("active", "paused"):
        return KeyChange(key, is_done=False)
    limits = [key.expires_at + _EXTENSION, key.replaced_at + _LONGEST_OVERLAP]
    end = min([*limits, key.planned_expires_at] if key.planned_expires_at else limits)
    if end <= key.expires_at:
        return KeyChange(key, is_done=False)
    unchanged = (ApiKey.id == key_id, ApiKey.revoked_at.is_(None), ApiKey.expires_at == key.expires_at)
    is_done = db.session.execute(update(ApiKey).where(*unchanged).values(expires_at=end).returning(ApiKey.id)).first() is not None
    if is_done:
        record_audit(access, "key.overlap_extended", _subject(access, key_id), {"name": key.name, "expires_at": end})
    db.session.commit()
    return KeyChange(find_key(access, key_id), is_done)


def list_overlaps(access: Access, keys: Sequence[Key]) -> dict[str, Overlap]:
    """The overlap that each of these keys is in, by its id and one statement; a new key replaced in turn is in that later one."""
    at, by_id = now(), {key.id: key for key in keys}
    successors = [key.successor_id for key in keys if key.successor_id]
    is_other = or_(ApiKey.id.in_(successors), ApiKey.successor_id.in_(list(by_id)))
    with autocommit() as connection:
        rows = connection.execute(select(*COLUMNS).where(ApiKey.user_id == access.user.id, is_other)).all()
    known = {**by_id, **{row.id: key_of(row) for row in rows}}
    olds = [key for key in known.values() if key.successor_id in known and key.status(at) in ("active", "paused")]
    overlaps = [Overlap(key, known[key.successor_id]) for key in olds if key.successor_id]
    by_new = {overlap.new.id: overlap for overlap in overlaps}
    found = by_new | {overlap.old.id: overlap for overlap in overlaps}
    return {key_id: overlap for key_id, overlap in found.items() if key_id in by_id}


def carried_over(access: Access, key: Key) -> NewKey:
    """What a successor made now has of the key. Raises Conflict where none of its projects is left."""
    return _successor_of(access, key, now())


def _begin_overlap(access: Access, old: Key, successor_id: str, overlap: timedelta) -> NewKey:
    """Let the old key end, and return what its successor has of it. Raises Conflict where it cannot be replaced."""
    at = now()
    _require_replaceable(old, at)
    new = _successor_of(access, old, at)
    _end_after(access, old, successor_id, overlap, at)
    return new


def _require_replaceable(key: Key, at: datetime) -> None:
    if key.successor_id is not None:
        raise Conflict(f"“{key.name}” was replaced before. Replace its successor, or create a new key.")
    if key.status(at) in ("revoked", "expired"):
        raise Conflict(f"“{key.name}” does not work any more. Create a new key.")


def _successor_of(access: Access, old: Key, at: datetime) -> NewKey:
    life = None if old.expires_at is None else old.expires_at - old.created_at
    return NewKey(
        name=old.name,
        integration=old.integration,
        scopes=old.scopes,
        project_ids=None if old.project_ids is None else _projects_left(access, old.project_ids),
        expires_at=None if life is None else at + life,
        note=old.note,
        networks=old.networks,
        window_limit=old.window_limit,
    )


def _projects_left(access: Access, project_ids: frozenset[str]) -> frozenset[str]:
    statement = select(Membership.project_id).where(Membership.user_id == access.user.id, Membership.project_id.in_(project_ids))
    left = frozenset(db.session.execute(statement).scalars())
    if not left:
        raise Conflict(_NO_PROJECT_LEFT)
    return left


def _end_after(access: Access, old: Key, successor_id: str, overlap: timedelta, at: datetime) -> None:
    """Let the old key end. Who replaced it in the same moment was first."""
    end = at + overlap if old.expires_at is None else min(at + overlap, old.expires_at)
    ending: dict[str, Any] = {"expires_at": end, "planned_expires_at": old.expires_at}
    if not overlap:
        ending = {"revoked_at": at, "revoked_reason": "replaced"}
    still_there = (ApiKey.id == old.id, ApiKey.revoked_at.is_(None), ApiKey.successor_id.is_(None))
    change = update(ApiKey).where(*still_there).values(successor_id=successor_id, replaced_at=at, **ending)
    if db.session.execute(change.returning(ApiKey.id)).first() is None:
        raise Conflict(f"“{old.name}” was replaced or revoked in this very moment. Look at your keys.")
    details = {"name": old.name, "successor_id": successor_id, "ends_at": at if not overlap else end}
    record_audit(access, "key.replaced", _subject(access, old.id), details)


def _subject(access: Access, key_id: str) -> Subject:
    return Subject("key", key_id, access.user.id)
