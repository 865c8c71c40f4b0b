"""Session tokens: a `cbs_` secret stands for a signed-in person for an hour, where no cookie can."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from calmboard.access.access import Person
from calmboard.access.credentials.sessions import is_live
from calmboard.access.secret_format import digest, is_well_formed, new_secret
from calmboard.clock import now
from calmboard.db import db, reading
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
    return _new_token(row.id, ends_at)


def create_session_token(session_id: str) -> str:
    """Create another token for an open session. Earlier ones stay valid until they expire."""
    db.session.execute(delete(SessionToken).where(SessionToken.session_id == session_id, SessionToken.expires_at < now()))
    return _new_token(session_id, now() + LIFE)


def find_token_session(secret: str | None) -> TokenSession:
    """Raises MissingApiKey for no token, InvalidToken for one that is unknown or over, or whose session is."""
    columns = (User.id, User.name, User.email, User.plan, SessionToken.session_id, SessionToken.expires_at)
    statement = select(*columns).select_from(SessionToken).join(UserSession).join(User)
    with reading() as connection:
        live = (SessionToken.digest == _digest(secret), SessionToken.expires_at > now(), is_live())
        row = connection.execute(statement.where(*live)).first()
    if row is None:
        raise InvalidToken("The session token is unknown, an hour old, or its session has ended.", hint=_REMEDY)
    return TokenSession(Person(row.id, row.name, row.email, row.plan), row.session_id, row.expires_at)


def end_session_token(secret: str | None) -> None:
    """Revoke a token, and end its session where that was opened for it alone."""
    find_token_session(secret)
    deletion = delete(SessionToken).where(SessionToken.digest == _digest(secret)).returning(SessionToken.session_id)
    session_id = db.session.execute(deletion).scalar()
    own_session = (UserSession.id == session_id, UserSession.expires_at.is_not(None))
    db.session.execute(delete(UserSession).where(*own_session))
    db.session.commit()


def end_tokens_of(session_id: str) -> None:
    """Revoke the tokens of a session that stays open; the caller commits."""
    db.session.execute(delete(SessionToken).where(SessionToken.session_id == session_id))


def _digest(secret: str | None) -> bytes:
    if not secret:
        raise MissingApiKey("The request carries no session token.", hint="Send Authorization: Bearer cbs_…")
    if not secret.startswith("cbs_") or not is_well_formed(secret):
        raise InvalidToken("A session token starts with cbs_ and adds up; this does not.", hint=_REMEDY)
    return digest(secret)


def _new_token(session_id: str, ends_at: datetime) -> str:
    secret = new_secret("cbs")
    db.session.add(SessionToken(digest=digest(secret), session_id=session_id, expires_at=ends_at))
    db.session.commit()
    return secret
