"""The second factor: codes of an authenticator app or a passkey, and recovery codes for when those are gone."""

import re
import secrets
from base64 import b32encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, delete, exists, func, literal, select, union_all, update

from calmboard.access.access import Access, Person
from calmboard.access.audit import Subject, record_audit
from calmboard.access.credentials.encryption import decrypt, encrypt
from calmboard.access.credentials.passwords import verify
from calmboard.access.credentials.totp import enrolment_uri, step_of
from calmboard.access.limits.rate_limits import LIMITS
from calmboard.access.secret_format import digest
from calmboard.clock import now
from calmboard.db import autocommit, db, retry_conflicts
from calmboard.errors import Conflict, FieldError, ValidationFailed
from calmboard.models import Passkey, RecoveryCode, SecondFactor, User, UserSession
from calmboard.settings import RateLimit

# How long a proof counts before what matters most asks for another.
PROOF_LIFE = timedelta(minutes=10)
_PENDING_LIFE = timedelta(hours=1)
_SECRET_BYTES, _CODE_BYTES, _CODES = 20, 10, 10
# Wrong codes for one account; a browser that is known to it has a window of its own.
ATTEMPT_LIMIT = RateLimit(10, 3600)
# Each set of recovery codes writes a message to the person, and ends the set that they may have printed.
CODES_LIMIT = RateLimit(5, 3600)
_POLICY, _PURPOSE = "second_factor", "second factor"
_GUESSED = "Too many wrong codes were entered for this account."
_CODES_OFTEN = "You made recovery codes often within the hour. Those that were shown last work."
_WRONG = "This code does not fit. Enter the one that your app shows now; each works once."
_NOTHING_PENDING = "This was set up an hour ago or longer, or in another tab. Begin again."

BeforeCommit = Callable[[Sequence[str]], None]


@dataclass(frozen=True, slots=True)
class FactorState:
    """Since when there is an authenticator app, None where passkeys are all; and how many recovery codes are left."""

    since: datetime | None
    codes_left: int


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What an authenticator app needs: the secret, to type, and the same as an address, for the camera.

    `mark` tells it from one that was begun later.
    """

    mark: str
    secret: str
    uri: str


def has_second_factor(user_id: str) -> bool:
    with autocommit() as connection:
        return connection.execute(_any_factor(user_id)).first() is not None


def read_second_factor(access: Access) -> FactorState | None:
    """The second factor of a person, None where they have neither an app nor a passkey."""
    codes = select(func.count()).where(RecoveryCode.user_id == access.user.id).scalar_subquery()
    since = select(SecondFactor.confirmed_at).where(*_is_confirmed(access.user.id)).scalar_subquery()
    with autocommit() as connection:
        row = connection.execute(select(since, codes).where(_has_factor(access.user.id))).first()
    return None if row is None else FactorState(*row)


@retry_conflicts
def begin_enrolment(access: Access) -> None:
    """Make a secret, which counts for nothing until a code of it is confirmed. Raises Conflict where there is an app."""
    state = read_second_factor(access)
    if state is not None and state.since is not None:
        raise Conflict("You have an authenticator app already. Turn it off first to set up another.")
    db.session.execute(delete(SecondFactor).where(SecondFactor.user_id == access.user.id, SecondFactor.confirmed_at.is_(None)))
    ciphertext = encrypt(_PURPOSE, secrets.token_bytes(_SECRET_BYTES))
    db.session.add(SecondFactor(user_id=access.user.id, ciphertext=ciphertext, created_at=now()))
    record_audit(access, "factor.begun", _subject(access))
    db.session.commit()


def find_enrolment(access: Access) -> Enrolment | None:
    """The one that waits to be confirmed, for an hour."""
    ciphertext = _pending_ciphertext(access)
    if ciphertext is None:
        return None
    secret = b32encode(decrypt(_PURPOSE, ciphertext)).decode()
    return Enrolment(_mark(ciphertext), secret, enrolment_uri(secret, access.user.email))


@retry_conflicts
def confirm_enrolment(access: Access, mark: str, password: str, code: str, session_id: str, before_commit: BeforeCommit) -> None:
    """Ask for a code at every sign-in from now on; `before_commit` gets ten recovery codes, which are not stored.

    Raises ValidationFailed where password or code do not fit, Conflict where what was shown waits no more, RateLimitExceeded.
    """
    ciphertext = _pending_ciphertext(access)
    if ciphertext is None or _mark(ciphertext) != mark:
        raise Conflict(_NOTHING_PENDING)
    if verify(access.user.email, password) is None:
        raise ValidationFailed(errors=(FieldError("/current_password", "no_match", "This is not your password."),))
    counted = _count_attempt(access.user.id)
    step = step_of(decrypt(_PURPOSE, ciphertext), _plain(code), now())
    if step is None:
        raise _wrong_code()
    values = {"confirmed_at": now(), "last_step": step}
    shown = (*_is_pending(access), SecondFactor.ciphertext == ciphertext)
    confirmed = update(SecondFactor).where(*shown).values(**values).returning(SecondFactor.user_id)
    if db.session.execute(confirmed).first() is None:
        raise Conflict(_NOTHING_PENDING)
    before_commit(new_codes(access.user.id))
    mark_proven(session_id)
    record_audit(access, "factor.added", _subject(access))
    db.session.commit()
    LIMITS.get().give_back(_POLICY, counted)


@retry_conflicts
def renew_recovery_codes(access: Access, before_commit: BeforeCommit) -> None:
    """Replace the recovery codes by ten new ones. Raises Conflict without a second factor, RateLimitExceeded."""
    LIMITS.get().count("recovery_codes", access.user.id, CODES_LIMIT).check_limit(_CODES_OFTEN)
    db.session.execute(select(User.id).where(User.id == access.user.id).with_for_update())
    if db.session.execute(_any_factor(access.user.id)).first() is None:
        db.session.rollback()
        raise Conflict("You have no second factor, so there is nothing to recover.")
    before_commit(new_codes(access.user.id))
    record_audit(access, "factor.recovery_codes_created", _subject(access))
    db.session.commit()


@retry_conflicts
def remove_second_factor(access: Access) -> bool:
    """Take the authenticator app away; whether there was one. Without a passkey, the password suffices again."""
    removal = delete(SecondFactor).where(*_is_confirmed(access.user.id)).returning(SecondFactor.user_id)
    was_there = db.session.execute(removal).first() is not None
    if was_there:
        end_codes_without_factor(access.user.id)
        record_audit(access, "factor.removed", _subject(access))
    db.session.commit()
    return was_there


def check_second_factor(person: Person, code: str, browser_id: str | None = None) -> bool:
    """Whether this is a code of the app, or a recovery code, that was not used before. It is used by this.

    `browser_id` is that of a browser known to this account, or of a session in one, which has a window of its own. Raises
    RateLimitExceeded.
    """
    counted = _count_attempt(person.id if browser_id is None else f"device/{browser_id}")
    is_right = _use_code(Access.from_session(person), _plain(code))
    if is_right:
        LIMITS.get().give_back(_POLICY, counted)
    return is_right


def new_codes(user_id: str) -> list[str]:
    """Ten recovery codes in place of those before; the caller records why, and commits."""
    codes = [b32encode(secrets.token_bytes(_CODE_BYTES)).decode().lower() for _ in range(_CODES)]
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    db.session.add_all([RecoveryCode(user_id=user_id, digest=digest(code)) for code in codes])
    return ["-".join(re.findall("....", code)) for code in codes]


def end_codes_without_factor(user_id: str) -> None:
    """Take the recovery codes away where nothing is left to recover; the caller records why, and commits."""
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id, ~_has_factor(user_id)))


def mark_proven(session_id: str) -> None:
    """The second factor was proven in this session now; the caller records how, and commits."""
    db.session.execute(update(UserSession).where(UserSession.id == session_id).values(proven_at=now()))


@retry_conflicts
def prove_again(access: Access, code: str, session_id: str) -> None:
    """Let what matters most go on for ten minutes in this session. Raises ValidationFailed, RateLimitExceeded."""
    if not check_second_factor(access.user, code, session_id):
        raise _wrong_code()
    record_proof(access, session_id)


@retry_conflicts
def record_proof(access: Access, session_id: str) -> None:
    """Note that whoever uses this session has just proven their second factor."""
    mark_proven(session_id)
    record_audit(access, "session.proven", Subject("session", session_id, access.user.id))
    db.session.commit()


def needs_proof(access: Access, session_id: str) -> bool:
    """Whether a person with a second factor has not proven it in this session for ten minutes."""
    if not has_second_factor(access.user.id):
        return False
    with autocommit() as connection:
        proven_at = connection.execute(select(UserSession.proven_at).where(UserSession.id == session_id)).scalar()
    return proven_at is None or proven_at <= now() - PROOF_LIFE


def _use_code(access: Access, code: str) -> bool:
    """Looked up first: whoever guesses keeps nobody from writing."""
    return _use_step(access.user.id, code) if re.fullmatch(r"\d{6}", code) else _use_recovery_code(access, code)


@retry_conflicts
def _use_step(user_id: str, code: str) -> bool:
    with autocommit() as connection:
        ciphertext = connection.execute(select(SecondFactor.ciphertext).where(*_is_confirmed(user_id))).scalar()
    step = None if ciphertext is None else step_of(decrypt(_PURPOSE, ciphertext), code, now())
    if step is None:
        return False
    unused = (*_is_confirmed(user_id), SecondFactor.last_step < step)
    use = update(SecondFactor).where(*unused).values(last_step=step).returning(SecondFactor.user_id)
    is_unused = db.session.execute(use).first() is not None
    db.session.commit()
    return is_unused


@retry_conflicts
def _use_recovery_code(access: Access, code: str) -> bool:
    its = (RecoveryCode.user_id == access.user.id, RecoveryCode.digest == digest(code))
    with autocommit() as connection:
        if connection.execute(select(RecoveryCode.user_id).where(*its)).first() is None:
            return False
    was_there = db.session.execute(delete(RecoveryCode).where(*its).returning(RecoveryCode.user_id)).first() is not None
    if was_there:
        record_audit(access, "factor.recovery_code_used", _subject(access))
    db.session.commit()
    return was_there


def _count_attempt(caller: str) -> str:
    LIMITS.get().count(_POLICY, caller, ATTEMPT_LIMIT).check_limit(_GUESSED)
    return caller


def _any_factor(user_id: str) -> CompoundSelect[Any]:
    """Rows where somebody has an authenticator app, or a passkey."""
    app = select(SecondFactor.user_id).where(*_is_confirmed(user_id))
    return union_all(app, select(Passkey.user_id).where(Passkey.user_id == user_id))


def _has_factor(user_id: str) -> ColumnElement[bool]:
    return exists(select(literal(1)).select_from(_any_factor(user_id).subquery()))


def _is_confirmed(user_id: str) -> tuple[ColumnElement[bool], ...]:
    return SecondFactor.user_id == user_id, SecondFactor.confirmed_at.is_not(None)


def _is_pending(access: Access) -> tuple[ColumnElement[bool], ...]:
    fresh = SecondFactor.created_at > now() - _PENDING_LIFE
    return SecondFactor.user_id == access.user.id, SecondFactor.confirmed_at.is_(None), fresh


def _plain(code: str) -> str:
    """However it is typed: in groups, in capitals."""
    return re.sub(r"[\s-]", "", code)[:64].lower()


def _pending_ciphertext(access: Access) -> bytes | None:
    with autocommit() as connection:
        return connection.execute(select(SecondFactor.ciphertext).where(*_is_pending(access))).scalar()


def _mark(ciphertext: bytes) -> str:
    return sha256(ciphertext).hexdigest()


def _wrong_code() -> ValidationFailed:
    return ValidationFailed(errors=(FieldError("/code", "no_match", _WRONG),))


def _subject(access: Access) -> Subject:
    return Subject("user", access.user.id, access.user.id)
