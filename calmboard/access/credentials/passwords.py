"""Passwords: argon2 at rest, a mailed link where one is forgotten."""

import hashlib
import secrets
from datetime import timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, func, select, update

from calmboard.access.access import Access, Person
from calmboard.access.audit import Subject, record_audit
from calmboard.access.credentials.session_tokens import end_tokens_of
from calmboard.access.credentials.sessions import end_all_sessions
from calmboard.clock import now
from calmboard.db import autocommit, db, retry_conflicts
from calmboard.errors import FieldError, NotFound, ValidationFailed
from calmboard.models import EmailChange, PasswordReset, User

MIN_LENGTH = 10
MAX_LENGTH = 200
RESET_LIFE = timedelta(hours=1)

_hasher = PasswordHasher()


def hash_password(password: str) -> str:
    return _hasher.hash(password)


# Compared where nobody has the e-mail address, so that the response takes as long.
_DECOY_HASH = hash_password(secrets.token_urlsafe(16))


def verify(email: str, password: str) -> Person | None:
    """The person behind e-mail and password, or None; both results take equally long."""
    with autocommit() as connection:
        columns = (User.id, User.name, User.email, User.plan, User.password_hash)
        row = connection.execute(select(*columns).where(func.lower(User.email) == email.strip().lower())).first()
    if not _matches(row.password_hash if row else _DECOY_HASH, password) or row is None:
        return None
    return Person(row.id, row.name, row.email, row.plan)


@retry_conflicts
def change_password(access: Access, current: str, new: str, session_id: str) -> None:
    """Set a new password, sign out every other browser, end every session token, disconnect every application.

    Raises ValidationFailed where the current one does not match or the new one is too short or long.
    """
    errors = [_current_error()] if verify(access.user.email, current) is None else []
    errors += _new_errors(new)
    if errors:
        raise ValidationFailed(errors=tuple(errors))
    _set_password(access.user.id, new)
    end_tokens_of(session_id)
    record_audit(access, "password.changed", Subject("user", access.user.id, access.user.id))
    end_all_sessions(access, access.user.id, except_id=session_id)


@retry_conflicts
def create_reset_token(email: str) -> tuple[Person, str] | None:
    """Create a one-time token for the person with this e-mail, or None where there is nobody.

    An earlier link of the same person stops working.
    """
    row = db.session.execute(
        select(User.id, User.name, User.email, User.plan).where(func.lower(User.email) == email.strip().lower())
    ).first()
    if row is None:
        db.session.rollback()
        return None
    token = secrets.token_urlsafe(32)
    db.session.execute(delete(PasswordReset).where(PasswordReset.user_id == row.id))
    db.session.add(PasswordReset(digest=_digest(token), user_id=row.id, expires_at=now() + RESET_LIFE))
    record_audit("system", "password.reset_requested", Subject("user", row.id, row.id), {"email": row.email})
    db.session.commit()
    return Person(*row), token


def is_valid_reset_token(token: str) -> bool:
    with autocommit() as connection:
        statement = select(PasswordReset.user_id).where(PasswordReset.digest == _digest(token), PasswordReset.expires_at > now())
        return connection.execute(statement).first() is not None


@retry_conflicts
def reset_password(token: str, new: str) -> None:
    """Set a new password by a mailed link, which is consumed, sign out everywhere and disconnect every application.

    Raises NotFound where the link is unknown, used or too old, ValidationFailed where the password cannot be used.
    """
    if errors := _new_errors(new):
        raise ValidationFailed(errors=tuple(errors))
    deletion = delete(PasswordReset).where(PasswordReset.digest == _digest(token), PasswordReset.expires_at > now())
    user_id = db.session.execute(deletion.returning(PasswordReset.user_id)).scalar()
    if user_id is None:
        db.session.rollback()
        raise NotFound("This link was used already or is older than an hour. Ask for a new one.")
    _set_password(user_id, new)
    record_audit("link", "password.reset", Subject("user", user_id, user_id))
    end_all_sessions("link", user_id)


def _matches(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password[: MAX_LENGTH + 1])
    except (VerificationError, InvalidHashError):
        return False


def _current_error() -> FieldError:
    return FieldError("/current_password", "no_match", "This is not your current password.")


def _new_errors(new: str) -> list[FieldError]:
    if len(new) < MIN_LENGTH:
        return [FieldError("/new_password", "too_short", f"Use at least {MIN_LENGTH} characters. A few unrelated words do well.")]
    if len(new) > MAX_LENGTH:
        return [FieldError("/new_password", "too_long", f"Use at most {MAX_LENGTH:,} characters.")]
    return []


def _set_password(user_id: str, new: str) -> None:
    """Whoever knew the one before may have asked for another address: that waits no longer."""
    db.session.execute(delete(EmailChange).where(EmailChange.user_id == user_id))
    db.session.execute(update(User).where(User.id == user_id).values(password_hash=hash_password(new)))


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
