"""Session tokens: a `cbs_` secret stands for a signed-in person for an hour, where no cookie can."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from calmboard.access.access import Access, Person
from calmboard.access.audit import Actor, Subject, record_audit
from calmboard.access.credentials.sessions import is_live
from calmboard.access.secret_format import digest, is_well_formed, new_secret
from calmboard.clock import now
from calmboard.db import autocommit, db, retry_conflicts
from calmboard.errors import InvalidToken, MissingApiKey
from calmboard.models import SessionToken, User, UserSession

LIFE = timedelta(hours=1)
_REMEDY = "Sign in again: POST /api/auth/session with e-mail and password."


@dataclass(frozen=True, slots=True)
class TokenSession:
    """The person and session of a token, and when it expires."""

    user: Person
    session_id: str
    expires_at: datetime


def open_token_session(person: Person, ip: str | None, agent: str | None) -> str:
    """Sign a program in, for the life of the one token that is returned."""
    ends_at = now() + LIFE
    # A session has the digest of a cookie. This one is random, so that no cookie matches.
    random_digest = secrets.token_bytes(32)
    row = UserSession(user_id=person.id, digest=random_digest, ip=ip, agent=agent and agent[:200], expires_at=ends_at)
    db.session.add(row)
    db.session.flush()
    subject = Subject("session", row.id, person.id)
    record_audit(Access.from_session(person), "session.opened", subject, {"expires_at": ends_at})
    return _new_token(row.id, ends_at)


def create_session_token(access: Access, session_id: str) -> str:
    """Create another token for an open session. Earlier ones stay valid until they expire."""
    db.session.execute(delete(SessionToken).where(SessionToken.session_id == session_id, SessionToken.expires_at < now()))
    record_audit(access, "session_token.created", Subject("session", session_id, access.user.id))
    return _new_token(session_id, now() + LIFE)


def find_token_session(secret: str | None) -> TokenSession:
    """Raises MissingApiKey for no token, InvalidToken for one that is unknown or over, or whose session is."""
    columns = (User.id, User.name, User.email, User.plan, SessionToken.session_id, SessionToken.expires_at)
    statement = select(*columns).select_from(SessionToken).join(UserSession).join(User)
    with autocommit() as connection:
        live = (SessionToken.digest == _digest(secret), SessionToken.expires_at > now(), is_live(), User.deletes_at.is_(None))
        row = connection.execute(statement.where(*live)).first()
    if row is None:
        raise InvalidToken("The session token is unknown, an hour old, or its session has ended.", hint=_REMEDY)
    return TokenSession(Person(row.id, row.name, row.email, row.plan), row.session_id, row.expires_at)


@retry_conflicts
def end_session_token(secret: str | None) -> None:
    """Revoke a token, and end its session where that was opened for it alone."""
    person = find_token_session(secret).user
    _end(Access.from_session(person), _digest(secret), {})
    db.session.commit()


def end_found_tokens(actor: Actor, found: Mapping[bytes, Mapping[str, str]], reason: str) -> None:
    """The same for those of these digests, each with what its entry tells besides; the caller commits."""
    for token_digest in sorted(found):
        _end(actor, token_digest, {"reason": reason, **found[token_digest]})


def end_tokens_of(session_id: str) -> None:
    """Revoke the tokens of a session that stays open; the caller records why, and commits."""
    db.session.execute(delete(SessionToken).where(SessionToken.session_id == session_id))


def _end(actor: Actor, token_digest: bytes, details: Mapping[str, str]) -> None:
    session_id = db.session.execute(select(SessionToken.session_id).where(SessionToken.digest == token_digest)).scalar()
    user_id = db.session.execute(select(UserSession.user_id).where(UserSession.id == session_id)).scalar()
    deletion = delete(SessionToken).where(SessionToken.digest == token_digest).returning(SessionToken.digest)
    if db.session.execute(deletion).first() is None:
        return
    own_session = (UserSession.id == session_id, UserSession.expires_at.is_not(None))
    session_ended = db.session.execute(delete(UserSession).where(*own_session).returning(UserSession.id)).first() is not None
    action = "session.ended" if session_ended else "session_token.revoked"
    record_audit(actor, action, Subject("session", str(session_id), user_id), details)


def _digest(secret: str | None) -> bytes:
    if not secret:
        raise MissingApiKey("The request carries no session token.", hint="Send Authorization: Bearer cbs_…")
    if not secret.startswith("cbs_") or not is_well_formed(secret):
        raise InvalidToken("A session token starts with cbs_ and adds up; this does not.", hint=_REMEDY)
    return digest(secret)


@retry_conflicts
def _new_token(session_id: str, ends_at: datetime) -> str:
    secret = new_secret("cbs")
    db.session.add(SessionToken(digest=digest(secret), session_id=session_id, expires_at=ends_at))
    db.session.commit()
    return secret
