"""OAuth grants: a person's consent, the code it is redeemed by, and the tokens that follow from it.

Every one-time use is one conditional UPDATE, so that of many at once exactly one succeeds.
"""

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from types import MappingProxyType
from typing import Any

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from sqlalchemy import ColumnElement, bindparam, delete, select, update
from sqlalchemy.exc import IntegrityError

from calmboard.access.access import USE_RECORD_INTERVAL, Access, CredentialUse
from calmboard.access.audit import Actor, Subject, record_audit
from calmboard.access.limits.rate_limits import LIMITS
from calmboard.access.oauth.clients import Client
from calmboard.access.scopes import expand
from calmboard.access.secret_format import derived_secret, digest, is_well_formed, new_secret
from calmboard.clock import now
from calmboard.db import AnyRow, Base, autocommit, db, insert_or_ignore, retry_conflicts
from calmboard.errors import Conflict
from calmboard.models import MadeApp, OAuthAccessToken, OAuthClient, OAuthCode, OAuthGrant, OAuthRefreshToken, UserSession
from calmboard.prepared import Prepared, prepared_reads
from calmboard.settings import RateLimit

CODE_LIFE = timedelta(seconds=60)
ACCESS_LIFE = timedelta(seconds=3600)
REFRESH_LIFE = timedelta(days=30)
GRANT_LIFE = timedelta(days=180)
SESSION_GRANT_LIFE = timedelta(hours=24)
REFRESH_LIMITS = (RateLimit(120, 60), RateLimit(1000, 86400))

_GRANT = (OAuthGrant.client_id, OAuthGrant.scopes, OAuthGrant.resource, OAuthGrant.expires_at.label("grant_ends_at"))
_CODE = Prepared(
    select(OAuthCode.grant_id, OAuthCode.redirect_uri, OAuthCode.challenge, OAuthCode.used_at, *_GRANT)
    .join(OAuthGrant)
    .where(OAuthCode.digest == bindparam("token_digest"), OAuthGrant.revoked_at.is_(None))
)
_USE_CODE = Prepared(
    update(OAuthCode)
    .where(OAuthCode.digest == bindparam("token_digest"), OAuthCode.used_at.is_(None), OAuthCode.expires_at > bindparam("at"))
    .values(used_at=bindparam("at"))
    .returning(OAuthCode.grant_id)
)
_REDEEM = Prepared(update(OAuthGrant).where(OAuthGrant.id == bindparam("redeemed")).values(redeemed_at=bindparam("at")))
_REFRESH_TOKEN = Prepared(
    select(OAuthRefreshToken.grant_id, OAuthRefreshToken.expires_at, OAuthGrant.revoked_at, *_GRANT)
    .join(OAuthGrant)
    .where(OAuthRefreshToken.digest == bindparam("token_digest"))
)
# Whatever exchanges or revokes tokens of a grant locks the grant first, so that there are no deadlocks.
_LOCK_GRANT = Prepared(select(OAuthGrant.id).where(OAuthGrant.id == bindparam("locked_id")).with_for_update(key_share=True))
_ROTATE = Prepared(
    update(OAuthRefreshToken)
    .where(OAuthRefreshToken.digest == bindparam("token_digest"), OAuthRefreshToken.rotated_at.is_(None))
    .values(rotated_at=bindparam("at"))
    .returning(OAuthRefreshToken.grant_id)
)


class GrantError(Exception):
    """Why a token is not given, by the code of RFC 6749, section 5.2, or RFC 8707, section 2."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(description)
        self.code = code
        self.description = description


@dataclass(frozen=True, slots=True)
class Consent:
    """What a person authorized: for which application, at which resource, in which projects (None: all)."""

    client: Client
    redirect_uri: str
    challenge: str
    resource: str
    scopes: frozenset[str]
    project_ids: frozenset[str] | None = None
    session_id: str | None = None


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of a token response; `refresh_token` None where the client did not request one."""

    access_token: str
    refresh_token: str | None
    expires_in_s: int
    scopes: frozenset[str]

    @property
    def response_fields(self) -> dict[str, str | int]:
        """The response of the token endpoint (RFC 6749, section 5.1)."""
        scope = " ".join(sorted(self.scopes))
        refresh = {} if self.refresh_token is None else {"refresh_token": self.refresh_token}
        return {
            "access_token": self.access_token,
            "token_type": "Bearer",
            "expires_in": self.expires_in_s,
            **refresh,
            "scope": scope,
        }


@retry_conflicts
def grant(access: Access, consent: Consent) -> str:
    """Store a consent and return the code for it. Raises Conflict where the client was deleted or disabled meanwhile."""
    at = now()
    _use_client(consent.client, at)
    row = OAuthGrant(
        client_id=consent.client.id,
        user_id=access.user.id,
        session_id=consent.session_id,
        scopes=" ".join(sorted(expand(consent.scopes))),
        project_ids=None if consent.project_ids is None else sorted(consent.project_ids),
        resource=consent.resource,
        created_at=at,
        expires_at=at + GRANT_LIFE if consent.session_id is None else _session_grant_expiry(consent.session_id, at),
    )
    db.session.add(row)
    db.session.flush()
    code = new_secret("cbc")
    values = {"redirect_uri": consent.redirect_uri, "challenge": consent.challenge, "expires_at": at + CODE_LIFE}
    db.session.add(OAuthCode(digest=digest(code), grant_id=row.id, **values))
    record_audit(access, "grant.created", Subject("grant", row.id, row.user_id), _audit_details(consent))
    db.session.commit()
    return code


@retry_conflicts
def redeem(
    client: Client,
    code: str,
    redirect_uri: str,
    verifier: str,
    resource: str | None,
    before_commit: Callable[[Tokens], None] | None = None,
) -> Tokens:
    """Exchange a code for tokens, once. Raises GrantError; the code stays unused unless everything matches.

    A second use by the same application revokes the grant: the code was copied. `before_commit` gets the tokens.
    """
    row = _code_of(client, code)
    _require_same_sender(row, redirect_uri, verifier)
    _require_same_resource(row, resource)
    at = now()
    connection = db.session.connection()
    _REDEEM.all(connection, {"redeemed": row.grant_id, "at": at})
    if _USE_CODE.first(connection, {"token_digest": digest(code), "at": at}) is None:
        db.session.rollback()
        if row.used_at is not None or _code_was_used(code):
            end_grant("client", row.grant_id, "code_reused")
        raise GrantError("invalid_grant", "The code was used already, or is older than a minute.")
    tokens = _issue(row, frozenset(row.scopes.split()), new_secret("cbr") if client.may_refresh else None, at)
    if before_commit is not None:
        before_commit(tokens)
    db.session.commit()
    return tokens


def _code_of(client: Client, code: str) -> AnyRow:
    row = _code_row(code)
    if row is None or row.client_id != client.id:
        raise GrantError("invalid_grant", "The code is unknown, or was given to another application.")
    return row


def _require_same_sender(row: AnyRow, redirect_uri: str, verifier: str) -> None:
    if row.redirect_uri != redirect_uri:
        raise GrantError("invalid_grant", "redirect_uri is not the one the code was sent to.")
    if not hmac.compare_digest(create_s256_code_challenge(verifier), row.challenge):
        raise GrantError("invalid_grant", "code_verifier does not fit the code_challenge.")


@retry_conflicts
def refresh(
    client: Client, token: str, scopes: frozenset[str] | None, resource: str | None, grace: timedelta, key: str
) -> Tokens:
    """Exchange a refresh token for its successor, the same one for all requests within the grace period.

    The successor is derived from the token under the server's key, so that it need not be stored.
    Raises GrantError, and RateLimitExceeded; a use after the grace period revokes the grant. The rows of replaced tokens
    are what tells such a use, until these tokens would have expired themselves.
    """
    row = _refresh_row(token)
    at = now()
    if row is None or row.client_id != client.id or row.revoked_at is not None or row.expires_at <= at or row.grant_ends_at <= at:
        raise GrantError("invalid_grant", "The refresh token is unknown, over, or was given to another application.")
    _check_refresh_limit(row.grant_id)
    _require_same_resource(row, resource)
    granted = frozenset(row.scopes.split())
    requested = granted if scopes is None else expand(scopes) & granted
    if scopes is not None and not scopes <= granted:
        raise GrantError("invalid_scope", "A refresh cannot ask for more than was granted.")
    _LOCK_GRANT.all(db.session.connection(), {"locked_id": row.grant_id})
    if not _rotate(token, at, grace):
        end_grant("client", row.grant_id, "refresh_token_reused")
        raise GrantError("invalid_grant", "This refresh token was replaced by a newer one. The grant has ended.")
    tokens = _issue(
        row, requested, derived_secret("cbr", token, key), at, derived_secret("cbo", f"{token} {sorted(requested)}", key)
    )
    db.session.commit()
    return tokens


def _check_refresh_limit(grant_id: str) -> None:
    """By grant: each refresh token is another one, and each leaves its row for thirty days."""
    for limit in REFRESH_LIMITS:
        LIMITS.get().count("refresh", f"{limit.seconds}/{grant_id}", limit).check_limit()


@retry_conflicts
def revoke(client: Client, token: str) -> None:
    """End an access token, or by a refresh token the whole grant; a token of another client is left unchanged (RFC 7009).

    An access token stays as an expired one, so that a refresh within the grace period does not write it again.
    """
    if not is_well_formed(token):
        return
    own_grants = select(OAuthGrant.id).where(OAuthGrant.client_id == client.id)
    _expire_access_token(OAuthAccessToken.digest == digest(token), OAuthAccessToken.grant_id.in_(own_grants))
    refreshed = select(OAuthRefreshToken.grant_id).where(
        OAuthRefreshToken.digest == digest(token), OAuthRefreshToken.grant_id.in_(own_grants)
    )
    grant_id = db.session.execute(refreshed).scalar()
    db.session.commit()
    if grant_id is not None:
        end_grant("client", grant_id, "revoked")


@retry_conflicts
def end_grant(actor: Actor, grant_id: str, reason: str) -> bool:
    """End a grant with all its tokens, at once; returns whether it had not ended before."""
    ended = _end(actor, OAuthGrant.id == grant_id, reason)
    db.session.commit()
    return bool(ended)


def end_found_grants(actor: Actor, found: Mapping[str, Mapping[str, str]], reason: str) -> None:
    """End those of these grants that have not ended, each with what its entry tells besides; the caller commits."""
    _end(actor, OAuthGrant.id.in_(found), reason, found)


def end_client_grants(actor: Actor, client_id: str, reason: str) -> None:
    """End every grant of an application; the caller commits."""
    _end(actor, OAuthGrant.client_id == client_id, reason)


def end_all_grants(actor: Actor, user_id: str, reason: str) -> None:
    """End every grant of a person; the caller commits."""
    _end(actor, OAuthGrant.user_id == user_id, reason)


def record_grant_use(grant_id: str, use: CredentialUse) -> None:
    """Record when and from where a grant was last used, at most once a minute."""
    at = now()
    stale = (OAuthGrant.last_used_at.is_(None)) | (OAuthGrant.last_used_at < at - USE_RECORD_INTERVAL)
    values = {
        "last_used_at": at,
        "last_used_ip": use.ip,
        "last_used_agent": use.agent and use.agent[:200],
        "last_used_endpoint": use.endpoint[:200],
    }
    with autocommit() as connection:
        connection.execute(update(OAuthGrant).where(OAuthGrant.id == grant_id, stale).values(**values))


def _use_client(client: Client, at: datetime) -> None:
    """Stamp the client, which locks it: whoever disables or deletes it comes before this grant, or finds and ends it."""
    stamp = update(OAuthClient).where(OAuthClient.id == client.id).values(last_used_at=at).returning(OAuthClient.id)
    disabled = select(MadeApp.client_id).where(MadeApp.client_id == client.id, MadeApp.disabled_at.is_not(None))
    if db.session.execute(stamp).first() is None or db.session.execute(disabled).first() is not None:
        db.session.rollback()
        raise Conflict("The application was disabled or deleted in this very moment, so nothing was granted.")


def _audit_details(consent: Consent) -> dict[str, Any]:
    return {
        "client_id": consent.client.id,
        "client_name": consent.client.name,
        "scopes": expand(consent.scopes),
        "project_ids": consent.project_ids,
        "resource": consent.resource,
        "session_id": consent.session_id,
    }


def _expire_access_token(*conditions: ColumnElement[bool]) -> None:
    live = update(OAuthAccessToken).where(*conditions, OAuthAccessToken.expires_at > now()).values(expires_at=now())
    grant_id = db.session.execute(live.returning(OAuthAccessToken.grant_id)).scalar()
    if grant_id is not None:
        user_id = db.session.execute(select(OAuthGrant.user_id).where(OAuthGrant.id == grant_id)).scalar_one()
        record_audit("client", "access_token.revoked", Subject("grant", grant_id, user_id))


def _end(
    actor: Actor, condition: ColumnElement[bool], reason: str, more: Mapping[str, Mapping[str, str]] = MappingProxyType({})
) -> list[str]:
    """Revoke grants and delete their tokens, with the grants locked; returns the ids of those that had not ended before."""
    columns = (OAuthGrant.id, OAuthGrant.user_id, OAuthGrant.client_id, OAuthClient.name, OAuthGrant.revoked_at)
    lock = select(*columns).join(OAuthClient).where(condition).order_by(OAuthGrant.id)
    rows = db.session.execute(lock.with_for_update(of=OAuthGrant, key_share=True)).all()
    ended = [row.id for row in rows]
    for table in (OAuthCode, OAuthRefreshToken, OAuthAccessToken):
        db.session.execute(delete(table).where(table.grant_id.in_(ended)))
    db.session.execute(
        update(OAuthGrant).where(OAuthGrant.id.in_(ended), OAuthGrant.revoked_at.is_(None)).values(revoked_at=now())
    )
    live = [row for row in rows if row.revoked_at is None]
    for row in live:
        details = {"client_id": row.client_id, "client_name": row.name, "reason": reason, **more.get(row.id, {})}
        record_audit(actor, "grant.ended", Subject("grant", row.id, row.user_id), details)
    return [row.id for row in live]


def _session_grant_expiry(session_id: str, at: datetime) -> datetime:
    """When a grant ends at the latest that was given by a session token. To end the session earlier ends it too."""
    ends_at = db.session.execute(select(UserSession.expires_at).where(UserSession.id == session_id)).scalar()
    latest = at + SESSION_GRANT_LIFE
    return latest if ends_at is None else min(ends_at, latest)


def _issue(
    row: AnyRow, scopes: frozenset[str], refresh_token: str | None, at: datetime, access_token: str | None = None
) -> Tokens:
    access_token = access_token or new_secret("cbo")
    ends_at = min(at + ACCESS_LIFE, row.grant_ends_at)
    values = {"digest": digest(access_token), "grant_id": row.grant_id, "last4": access_token[-4:], "expires_at": ends_at}
    _add(OAuthAccessToken, {**values, "scopes": " ".join(sorted(scopes))})
    if refresh_token is not None:
        ends = min(at + REFRESH_LIFE, row.grant_ends_at)
        _add(OAuthRefreshToken, {"digest": digest(refresh_token), "grant_id": row.grant_id, "expires_at": ends})
    return Tokens(access_token, refresh_token, int((ends_at - at).total_seconds()), scopes)


def _add(table: type[Base], values: dict[str, Any]) -> None:
    """Write a token, unless a concurrent request wrote the same. Raises GrantError where its grant is gone."""
    try:
        _insert(table, tuple(values), db.engine.dialect.name).all(db.session.connection(), values)
    except IntegrityError as error:
        db.session.rollback()
        raise GrantError("invalid_grant", "The grant has just ended.") from error


@cache
def _insert(table: type[Base], names: tuple[str, ...], dialect: str) -> Prepared:
    columns = table.__table__.columns
    return Prepared(insert_or_ignore(table, dialect).values({name: bindparam(name, type_=columns[name].type) for name in names}))


def _rotate(token: str, at: datetime, grace: timedelta) -> bool:
    """Whether this use is the first, or follows the first within the grace period."""
    token_digest = digest(token)
    if _ROTATE.first(db.session.connection(), {"token_digest": token_digest, "at": at}) is not None:
        return True
    if not grace:
        return False
    rotated_at = db.session.execute(select(OAuthRefreshToken.rotated_at).where(OAuthRefreshToken.digest == token_digest)).scalar()
    return rotated_at is not None and rotated_at > at - grace


def _require_same_resource(row: AnyRow, resource: str | None) -> None:
    if resource is not None and resource != row.resource:
        message = f"This grant is for {row.resource} alone. Leave resource out, or ask the person again with resource={resource}."
        raise GrantError("invalid_target", message)


def _code_row(code: str) -> AnyRow | None:
    if not is_well_formed(code):
        return None
    with prepared_reads() as reads:
        return _CODE.first(reads, {"token_digest": digest(code)})


def _code_was_used(code: str) -> bool:
    with autocommit() as connection:
        row = connection.execute(select(OAuthCode.used_at).where(OAuthCode.digest == digest(code))).first()
    return row is not None and row.used_at is not None


def _refresh_row(token: str) -> AnyRow | None:
    if not is_well_formed(token):
        return None
    with prepared_reads() as reads:
        return _REFRESH_TOKEN.first(reads, {"token_digest": digest(token)})
