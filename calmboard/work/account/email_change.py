"""Another e-mail address for an account: it takes effect once the old and the new one agreed, each by its own mailed link."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import ColumnElement, delete, func, or_, select, update
from sqlalchemy.exc import IntegrityError

from calmboard.access.access import Access
from calmboard.access.audit import Actor, Subject, record_audit
from calmboard.access.credentials.passwords import verify
from calmboard.access.limits.rate_limits import LIMITS
from calmboard.access.secret_format import digest
from calmboard.clock import now
from calmboard.db import AnyRow, autocommit, db, retry_conflicts
from calmboard.errors import Conflict, FieldError, NotFound, ValidationFailed
from calmboard.events.message_limits import may_receive
from calmboard.events.outbox import enqueue_message
from calmboard.models import EmailChange, PasswordReset, User
from calmboard.settings import RateLimit
from calmboard.work.people import email_error, has_account

Side = Literal["old", "new"]

LIFE = timedelta(days=1)
# Changes that one person asks for: each mails an address that may be somebody else's.
CHANGE_LIMIT = RateLimit(5, 3600)
_OFTEN = "You asked for another address often within the hour. The newest links still work."
_DEAD = "This link was used already, is older than a day, or the change was stopped."
_TAKEN = "Somebody has this address by now, so nothing was changed. Ask for another one."


@dataclass(frozen=True, slots=True)
class PendingChange:
    """A change that waits. `email` is the new address, `before` the present one; which of them agreed."""

    email: str
    before: str
    old_agreed: bool
    new_agreed: bool
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class LinkedChange:
    """The change behind a link, which was mailed to the address at its `side`."""

    side: Side
    change: PendingChange

    @property
    def has_agreed(self) -> bool:
        return self.change.old_agreed if self.side == "old" else self.change.new_agreed

    @property
    def other_address(self) -> str:
        return self.change.email if self.side == "old" else self.change.before


@dataclass(frozen=True, slots=True)
class ChangeLink:
    """What is mailed; the token is not stored. `is_taken`: somebody has the new address already."""

    token: str
    name: str
    email: str
    is_taken: bool


@retry_conflicts
def begin_email_change(access: Access, email: str, password: str) -> None:
    """Let the worker mail a link to either address. An earlier change of the same person is forgotten; the caller wakes it.

    Nothing differs where somebody has the new address, so that nobody learns who has an account. Raises ValidationFailed
    where it can be no address, is theirs already, or the password does not fit; RateLimitExceeded.
    """
    new = email.strip()
    _require_change(access, new, password)
    LIMITS.get().count("email_changes", access.user.id, CHANGE_LIMIT).check_limit(_OFTEN)
    db.session.execute(delete(EmailChange).where(EmailChange.user_id == access.user.id))
    change = EmailChange(user_id=access.user.id, email=new, expires_at=now() + LIFE)
    db.session.add(change)
    db.session.flush()
    enqueue_message("email_change_old", access.user.email, change.id)
    if may_receive(new):
        enqueue_message("email_change_new", new, change.id, sender_id=access.user.id)
    record_audit(access, "account.email_change_begun", _subject(access.user.id), {"email": new})
    db.session.commit()


def read_email_change(access: Access) -> PendingChange | None:
    with autocommit() as connection:
        row = connection.execute(_PENDING.where(EmailChange.user_id == access.user.id, EmailChange.expires_at > now())).first()
    return None if row is None else _pending(row)


def find_email_change(token: str) -> LinkedChange:
    """Raises NotFound for a link that is unknown, old, used, or of a change that was stopped."""
    with autocommit() as connection:
        row = connection.execute(_PENDING.where(*_is_linked(token))).first()
    if row is None:
        raise NotFound(_DEAD)
    return LinkedChange("old" if row.old_digest == digest(token) else "new", _pending(row))


@retry_conflicts
def agree_to_email_change(token: str) -> bool:
    """Agree for the address that the link was mailed to; whether the address changed by it, as the other one had agreed.

    Sessions, keys and apps go on; links for a new password that were mailed to the old address do not work any more.
    Raises NotFound, and Conflict where somebody has the address by now.
    """
    linked = find_email_change(token)
    column = EmailChange.old_agreed_at if linked.side == "old" else EmailChange.new_agreed_at
    agreement = update(EmailChange).where(*_is_linked(token)).values({column: func.coalesce(column, now())})
    row = db.session.execute(
        agreement.returning(EmailChange.user_id, EmailChange.email, EmailChange.old_agreed_at, EmailChange.new_agreed_at),
        execution_options={"synchronize_session": False},
    ).first()
    if row is None:
        db.session.rollback()
        raise NotFound(_DEAD)
    is_agreed = row.old_agreed_at is not None and row.new_agreed_at is not None
    is_possible = not is_agreed or _change_address(row.user_id, linked.change.before, row.email)
    db.session.commit()
    if not is_possible:
        raise Conflict(_TAKEN)
    return is_agreed


@retry_conflicts
def stop_email_change(token: str) -> None:
    """Forget a change, by either of its links. Raises NotFound."""
    with autocommit() as connection:
        user_id = connection.execute(select(EmailChange.user_id).where(*_is_linked(token))).scalar()
    was_there = user_id is not None and _forget("link", user_id)
    db.session.commit()
    if not was_there:
        raise NotFound(_DEAD)


@retry_conflicts
def cancel_email_change(access: Access) -> bool:
    """Forget the change that one asked for; whether there was one."""
    was_there = _forget(access, access.user.id)
    db.session.commit()
    return was_there


@retry_conflicts
def create_change_link(change_id: str, side: Side) -> ChangeLink | None:
    """A link for one of the two addresses, as its message is sent; None where the change was stopped or done meanwhile.

    A link that was made for it before works no more.
    """
    token = secrets.token_urlsafe(32)
    column = EmailChange.old_digest if side == "old" else EmailChange.new_digest
    its = (EmailChange.id == change_id, EmailChange.expires_at > now())
    linking = update(EmailChange).where(*its).values({column: digest(token)}).returning(EmailChange.user_id, EmailChange.email)
    row = db.session.execute(linking, execution_options={"synchronize_session": False}).first()
    if row is None:
        db.session.rollback()
        return None
    name = db.session.execute(select(User.name).where(User.id == row.user_id)).scalar_one()
    db.session.commit()
    return ChangeLink(token, name, row.email, has_account(row.email))


def _require_change(access: Access, email: str, password: str) -> None:
    errors = []
    if error := email_error(email):
        errors.append(error)
    elif email.lower() == access.user.email.lower():
        errors.append(FieldError("/email", "unchanged", "This is the address that you have already."))
    if verify(access.user.email, password) is None:
        errors.append(FieldError("/current_password", "no_match", "This is not your password."))
    if errors:
        raise ValidationFailed(errors=tuple(errors))


def _change_address(user_id: str, before: str, email: str) -> bool:
    """Whether it could be: somebody else may have the address by now, and then the change is forgotten."""
    db.session.execute(delete(EmailChange).where(EmailChange.user_id == user_id))
    try:
        db.session.execute(update(User).where(User.id == user_id).values(email=email))
    except IntegrityError:
        db.session.rollback()
        _forget("system", user_id)
        return False
    db.session.execute(delete(PasswordReset).where(PasswordReset.user_id == user_id))
    record_audit("link", "account.email_changed", _subject(user_id), {"email": email, "before": before})
    enqueue_message("email_changed", before)
    enqueue_message("email_changed", email)
    return True


def _forget(actor: Actor, user_id: str) -> bool:
    removal = delete(EmailChange).where(EmailChange.user_id == user_id).returning(EmailChange.id)
    was_there = db.session.execute(removal).first() is not None
    if was_there:
        record_audit(actor, "account.email_change_stopped", _subject(user_id))
    return was_there


def _is_linked(token: str) -> tuple[ColumnElement[bool], ...]:
    either = or_(EmailChange.old_digest == digest(token), EmailChange.new_digest == digest(token))
    return either, EmailChange.expires_at > now()


_PENDING = select(
    EmailChange.email,
    User.email.label("before"),
    EmailChange.old_digest,
    EmailChange.old_agreed_at,
    EmailChange.new_agreed_at,
    EmailChange.expires_at,
).join(User, User.id == EmailChange.user_id)


def _pending(row: AnyRow) -> PendingChange:
    return PendingChange(row.email, row.before, row.old_agreed_at is not None, row.new_agreed_at is not None, row.expires_at)


def _subject(user_id: str) -> Subject:
    return Subject("user", user_id, user_id)
