"""Signed-in browsers: a row each, so that sign-out everywhere works."""

import hashlib
import logging
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, delete, or_, select, update
from sqlalchemy.exc import SQLAlchemyError

from calmboard.access.access import Access, Person
from calmboard.access.audit import Actor, Subject, record_audit
from calmboard.access.credentials.devices import forget_devices
from calmboard.access.oauth.grants import end_all_grants
from calmboard.clock import now
from calmboard.db import AnyRow, AnySelect, autocommit, db, delete_in_batches, retry_conflicts
from calmboard.engines.patience import spending_patience
from calmboard.ids import new_id
from calmboard.models import EmailChange, PasswordReset, SessionToken, User, UserSession
from calmboard.pagination import Order, Page, PageRequest, order_and_limit, read_page
from calmboard.prepared import Prepared, prepared_reads

_log = logging.getLogger(__name__)

IDLE = timedelta(days=14)
ABSOLUTE = timedelta(days=90)
_TOUCH_INTERVAL = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Session:
    """`deletes_at` is when the account goes, unless its person keeps it: until then the session can do nothing else."""

    id: str
    person: Person
    created_at: datetime
    last_seen_at: datetime
    ip: str | None
    agent: str | None
    deletes_at: datetime | None = None


@retry_conflicts
def open_session(person: Person, ip: str | None, agent: str | None, proven_at: datetime | None = None) -> str:
    """Sign a person in and return the token for their cookie; `proven_at` is when they proved their second factor."""
    token, session_id = secrets.token_urlsafe(32), new_id("ses")
    values = {"ip": ip, "agent": agent and agent[:200], "proven_at": proven_at}
    db.session.add(UserSession(id=session_id, user_id=person.id, digest=_digest(token), **values))
    record_audit(Access.from_session(person), "session.opened", Subject("session", session_id, person.id))
    db.session.commit()
    return token


def find_session(token: str) -> Session | None:
    """The live session behind a cookie, or None. Updates `last_seen_at`, every few minutes."""
    life = _life()
    with prepared_reads() as reads:
        row = _by_digest().first(reads, {"digest": _digest(token), **life})
    if row is None:
        return None
    if row.last_seen_at < life["at"] - _TOUCH_INTERVAL:
        _touch(row.id)
    return _session(row)


def list_other_sessions(session: Session, page_request: PageRequest) -> Page[Session]:
    """The live sessions of the same person beside this one, the latest sign-in first."""
    values = {"user_id": session.person.id, "session_id": session.id, **_life()}
    with prepared_reads() as reads:
        page = read_page(reads, _others(page_request.after is not None), page_request, values)
    return Page([_session(row) for row in page.rows], page.after)


@retry_conflicts
def end_session(access: Access, token: str) -> None:
    deletion = delete(UserSession).where(UserSession.digest == _digest(token), UserSession.user_id == access.user.id)
    session_id = db.session.execute(deletion.returning(UserSession.id)).scalar()
    if session_id is not None:
        record_audit(access, "session.ended", Subject("session", session_id, access.user.id))
    db.session.commit()


@retry_conflicts
def end_own_session(access: Access, session_id: str) -> bool:
    """End one session of the same person; whether there was one."""
    deletion = delete(UserSession).where(UserSession.id == session_id, UserSession.user_id == access.user.id)
    was_there = db.session.execute(deletion.returning(UserSession.id)).scalar() is not None
    if was_there:
        record_audit(access, "session.ended", Subject("session", session_id, access.user.id))
    db.session.commit()
    return was_there


@retry_conflicts
def end_all_sessions(actor: Actor, user_id: str, except_id: str | None = None) -> None:
    """Sign a person out everywhere, forget their browsers, and disconnect every application.

    `except_id` names the one session that stays.
    """
    end_all_grants(actor, user_id, "signed_out_everywhere")
    forget_devices(user_id)
    deletion = delete(UserSession).where(UserSession.user_id == user_id).returning(UserSession.id)
    ended = db.session.execute(deletion.where(UserSession.id != except_id) if except_id else deletion).scalars().all()
    details = {"session_ids": frozenset(ended), "kept_session_id": except_id}
    record_audit(actor, "session.ended_everywhere", Subject("user", user_id, user_id), details)
    db.session.commit()


def delete_expired_sessions() -> None:
    """Delete the rows of sessions that have expired, and of session tokens and mailed links."""
    at = now()
    expired = (UserSession.last_seen_at < at - IDLE, UserSession.created_at < at - ABSOLUTE, UserSession.expires_at < at)
    delete_in_batches(UserSession, or_(*expired))
    for table in (SessionToken, PasswordReset, EmailChange):
        delete_in_batches(table, table.expires_at < at)


def is_live() -> ColumnElement[bool]:
    """A condition: the session has not expired."""
    return _is_live(**_life())


def _is_live(at: Any, seen_after: Any, opened_after: Any) -> ColumnElement[bool]:
    not_expired = or_(UserSession.expires_at.is_(None), UserSession.expires_at > at)
    return and_(UserSession.last_seen_at > seen_after, UserSession.created_at > opened_after, not_expired)


def _life() -> dict[str, datetime]:
    at = now()
    return {"at": at, "seen_after": at - IDLE, "opened_after": at - ABSOLUTE}


@cache
def _by_digest() -> Prepared:
    return Prepared(_live_sessions(UserSession.digest == bindparam("digest")))


@cache
def _others(after_cursor: bool) -> Prepared:
    others = _live_sessions(UserSession.user_id == bindparam("user_id"), UserSession.id != bindparam("session_id"))
    return order_and_limit(others, Order((UserSession.id,), descending=True), after_cursor=after_cursor)


def _live_sessions(*conditions: ColumnElement[bool]) -> AnySelect:
    columns = (UserSession.id, UserSession.created_at, UserSession.last_seen_at, UserSession.ip, UserSession.agent)
    return (
        select(*columns, User.id.label("user_id"), User.name, User.email, User.plan, User.deletes_at)
        .join(User, User.id == UserSession.user_id)
        .where(*conditions, _is_live(bindparam("at"), bindparam("seen_after"), bindparam("opened_after")))
    )


def _touch(session_id: str) -> None:
    """Where the database takes no change, what is asked for may still be read."""
    try:
        with spending_patience(), autocommit() as connection:
            connection.execute(update(UserSession).where(UserSession.id == session_id).values(last_seen_at=now()))
    except SQLAlchemyError as error:
        _log.warning("The last use of a session was not recorded: %s", error)


def _session(row: AnyRow) -> Session:
    person = Person(row.user_id, row.name, row.email, row.plan)
    return Session(row.id, person, row.created_at, row.last_seen_at, row.ip, row.agent, row.deletes_at)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
