"""Identifies the caller by the secret that a program sent."""

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import bindparam, or_, select

from calmboard.access.access import Access, Credential, Person
from calmboard.access.oauth.app_names import shown_name
from calmboard.access.secret_format import digest, is_well_formed
from calmboard.clock import now
from calmboard.db import AnyRow
from calmboard.errors import ApiKeyExpired, ApiKeyPaused, ApiKeyRevoked, InvalidApiKey, InvalidToken, MissingApiKey
from calmboard.models import ApiKey, Membership, OAuthAccessToken, OAuthClient, OAuthGrant, User, UserSession
from calmboard.prepared import Prepared, prepared_reads

_KEY_AND_USER = Prepared(
    select(
        ApiKey.id,
        ApiKey.name,
        ApiKey.last4,
        ApiKey.scopes,
        ApiKey.project_ids,
        ApiKey.expires_at,
        ApiKey.paused_at,
        ApiKey.revoked_at,
        ApiKey.last_used_at,
        ApiKey.networks,
        ApiKey.window_limit,
        ApiKey.replaced_at,
        ApiKey.cut_off,
        User.deletes_at,
        User.id.label("user_id"),
        User.name.label("user_name"),
        User.email,
        User.plan,
    )
    .join(User, User.id == ApiKey.user_id)
    .where(ApiKey.digest == bindparam("digest"))
)

_LEAVING_REMEDY = "Its owner may sign in and keep the account; then the key works again."

_OWN_PROJECTS = Prepared(select(Membership.project_id).where(Membership.user_id == bindparam("user_id")))

_TOKEN_AND_USER = Prepared(
    select(
        OAuthGrant.id,
        OAuthClient.name,
        OAuthAccessToken.last4,
        OAuthAccessToken.scopes,
        OAuthGrant.project_ids,
        OAuthAccessToken.expires_at,
        OAuthGrant.last_used_at,
        OAuthGrant.cut_off,
        User.id.label("user_id"),
        User.name.label("user_name"),
        User.email,
        User.plan,
    )
    .select_from(OAuthAccessToken)
    .join(OAuthGrant, OAuthGrant.id == OAuthAccessToken.grant_id)
    .join(OAuthClient, OAuthClient.id == OAuthGrant.client_id)
    .join(User, User.id == OAuthGrant.user_id)
    .outerjoin(UserSession, UserSession.id == OAuthGrant.session_id)
    .where(
        OAuthAccessToken.digest == bindparam("digest"),
        OAuthAccessToken.expires_at > bindparam("at"),
        OAuthGrant.resource == bindparam("resource"),
        OAuthGrant.revoked_at.is_(None),
        User.deletes_at.is_(None),
        or_(OAuthGrant.session_id.is_(None), UserSession.expires_at.is_(None), UserSession.expires_at > bindparam("at")),
    )
)


def identify(secret: str | None, resource: str) -> Access:
    """Return the access that an API key or token stands for; a token is valid at its own resource only.

    Raises MissingApiKey for no secret, InvalidApiKey, InvalidToken, ApiKeyRevoked,
    ApiKeyExpired or ApiKeyPaused. The plan is checked elsewhere, so that it is checked last.
    """
    if not secret:
        raise MissingApiKey(hint=MissingApiKey.remedy)
    if secret.startswith("cbo_"):
        return _by_token(secret, resource)
    if not secret.startswith("cbk_") or not is_well_formed(secret):
        raise InvalidApiKey(_format_error(secret), hint=InvalidApiKey.remedy)
    with prepared_reads() as reads:
        row = _KEY_AND_USER.first(reads, {"digest": digest(secret)})
    if row is None:
        raise InvalidApiKey("No key like this was issued here.", hint=InvalidApiKey.remedy)
    _require_usable(row, now())
    networks = None if row.networks is None else tuple(row.networks)
    own = {"networks": networks, "window_limit": row.window_limit, "replaced_at": row.replaced_at}
    return _access(row, row.name, "key", "api_key", **own)


def _by_token(secret: str, resource: str) -> Access:
    values = {"digest": digest(secret), "at": now(), "resource": resource}
    row = None
    if is_well_formed(secret):
        with prepared_reads() as reads:
            row = _TOKEN_AND_USER.first(reads, values)
    if row is None:
        raise InvalidToken(hint=InvalidToken.remedy)
    return _access(row, shown_name(row.name), "token", "oauth_token")


def _format_error(secret: str) -> str:
    if not secret.startswith("cbk_"):
        return "An API key starts with cbk_; this does not."
    return "The key does not add up: a character is missing, added or changed."


def _require_usable(row: AnyRow, at: datetime) -> None:
    if row.revoked_at is not None:
        raise ApiKeyRevoked(f"The key {_redacted(row)} was revoked.", hint=ApiKeyRevoked.remedy)
    if row.expires_at is not None and row.expires_at <= at:
        raise ApiKeyExpired(f"The key {_redacted(row)} expired on {row.expires_at:%Y-%m-%d}.", hint=ApiKeyExpired.remedy)
    if row.paused_at is not None:
        raise ApiKeyPaused(f"The key {_redacted(row)} is paused.", hint=ApiKeyPaused.remedy)
    if row.deletes_at is not None:
        raise ApiKeyPaused(f"The account of the key {_redacted(row)} is going to be deleted.", hint=_LEAVING_REMEDY)


def _redacted(row: AnyRow) -> str:
    return f"cbk_…{row.last4}"


def _access(
    row: AnyRow, name: str, source: Literal["key", "token"], kind: Literal["api_key", "oauth_token"], **own: Any
) -> Access:
    cut_off = frozenset(row.cut_off or ())
    credential = Credential(
        kind=kind,
        id=row.id,
        name=name,
        last4=row.last4,
        scopes=frozenset(row.scopes.split()),
        project_ids=None if row.project_ids is None else frozenset(row.project_ids) - cut_off,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
        **own,
    )
    left = _projects_left(row.user_id, cut_off) if cut_off and row.project_ids is None else None
    return Access(Person(row.user_id, row.user_name, row.email, row.plan), source, credential, limited_to=left)


def _projects_left(user_id: str, cut_off: frozenset[str]) -> frozenset[str]:
    """Of all that the person is in now, those that no admin cut the credential off from."""
    with prepared_reads() as reads:
        return frozenset(own.project_id for own in _OWN_PROJECTS.all(reads, {"user_id": user_id})) - cut_off
