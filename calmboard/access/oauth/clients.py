"""OAuth clients: the one every person has, and those that register themselves (RFC 7591)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, bindparam, select, update

from calmboard.access.access import Person
from calmboard.access.audit import Subject, record_audit
from calmboard.access.oauth.app_names import shown_name
from calmboard.access.oauth.redirect_uris import MAX_OWN, is_same, own_uri_error
from calmboard.access.secret_format import digest, is_well_formed, new_secret
from calmboard.clock import now
from calmboard.db import AnyRow, autocommit, db, delete_in_batches, insert_if_absent, retry_conflicts
from calmboard.errors import FieldError
from calmboard.ids import is_id, new_id
from calmboard.models import MadeApp, OAuthClient, OAuthGrant, OAuthRefreshToken
from calmboard.prepared import Prepared, prepared_reads

NEVER_AUTHORIZED_LIFE = timedelta(days=14)
UNUSED_LIFE = timedelta(days=90)
UNGRANTED_DOCUMENT_LIFE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Client:
    """An application that requests access. `user_id` is whose own client it is, if anyone's."""

    id: str
    kind: str
    user_id: str | None
    name: str
    redirect_uris: tuple[str, ...]
    details: Mapping[str, Any]
    created_at: datetime
    updated_at: datetime

    @property
    def shown_name(self) -> str:
        return shown_name(self.name)

    def allows(self, redirect_uri: str) -> bool:
        return any(is_same(registered, redirect_uri) for registered in self.redirect_uris)

    @property
    def may_refresh(self) -> bool:
        return "refresh_token" in self.details.get("grant_types", ("authorization_code", "refresh_token"))


COLUMNS = tuple(getattr(OAuthClient, name) for name in Client.__dataclass_fields__)
_GRANTED = select(OAuthGrant.id).where(OAuthGrant.user_id == bindparam("user_id"), OAuthGrant.client_id == bindparam("client_id"))
_BY_ID = Prepared(select(*COLUMNS).where(OAuthClient.id == bindparam("client_id")))
_OWN = select(*COLUMNS).where(OAuthClient.user_id == bindparam("user_id"))


def find_client(client_id: str) -> Client | None:
    """A client of our own issue; metadata documents are found by `client_metadata.find_document`."""
    return known_client(client_id) if is_id("cli", client_id) else None


def known_client(client_id: str) -> Client | None:
    """A client that was seen before: one of our own issue, or a metadata document that somebody was asked to authorize."""
    with prepared_reads() as reads:
        row = _BY_ID.first(reads, {"client_id": client_id[:2000]})
    return client_of(row) if row else None


def is_known_to(person: Person, client: Client) -> bool:
    """Whether the client is the person's own, or they granted it something once."""
    if client.user_id == person.id:
        return True
    with autocommit() as connection:
        return connection.execute(_GRANTED.limit(1), {"user_id": person.id, "client_id": client.id}).first() is not None


def own_client(person: Person, origin: str) -> Client:
    """The client of a person, created now where there is none; its first redirect URI is the OAuth playground."""
    with autocommit() as connection:
        row = connection.execute(_OWN, {"user_id": person.id}).first()
    if row is not None:
        return client_of(row)
    at = now()
    first = {"id": new_id("cli"), "kind": "own", "user_id": person.id, "name": f"{person.name}'s own client"[:200]}
    rest = {"redirect_uris": [f"{origin}/oauth/callback"], "details": {}, "created_at": at, "updated_at": at}
    insert_if_absent(OAuthClient, {**first, **rest})
    return own_client(person, origin)


@retry_conflicts
def register_client(name: str, redirect_uris: list[str], details: Mapping[str, Any]) -> tuple[Client, str]:
    """Write a client that registered itself; returns it and its registration access token, which is not stored."""
    token = new_secret("cbm")
    client = OAuthClient(
        id=new_id("cli"),
        kind="registered",
        name=name,
        redirect_uris=redirect_uris,
        details=dict(details),
        registration_digest=digest(token),
    )
    db.session.add(client)
    record_audit("client", "client.registered", Subject("client", client.id), {"name": name, "redirect_uris": redirect_uris})
    db.session.commit()
    found = find_client(client.id)
    if found is None:
        raise RuntimeError("A client that was written cannot be read.")
    return found, token


def find_registration(client_id: str, token: str | None) -> Client | None:
    """The registered client that this token manages, or None (RFC 7592)."""
    if not token or not is_well_formed(token) or not is_id("cli", client_id):
        return None
    with autocommit() as connection:
        statement = select(*COLUMNS).where(OAuthClient.id == client_id, OAuthClient.registration_digest == digest(token))
        row = connection.execute(statement).first()
    return client_of(row) if row else None


@retry_conflicts
def change_registration(client_id: str, name: str, redirect_uris: list[str], details: Mapping[str, Any]) -> bool:
    """Returns whether the client was still there."""
    values = {"name": name, "redirect_uris": redirect_uris, "details": dict(details), "updated_at": now()}
    change = update(OAuthClient).where(OAuthClient.id == client_id).values(**values).returning(OAuthClient.id)
    found = db.session.execute(change).first()
    if found is not None:
        record_audit("client", "client.changed", Subject("client", client_id), {"name": name, "redirect_uris": redirect_uris})
    db.session.commit()
    return found is not None


def delete_unused_clients() -> None:
    """Delete registered clients that nobody authorized in 14 days, and those that got no code in 90 and hold no live token.

    Of documents, which are read again when they are needed, those go that nobody granted anything; so do those whose maker is
    gone.
    """
    at = now()
    last = OAuthClient.last_used_at
    never = last.is_(None) & (OAuthClient.created_at < at - NEVER_AUTHORIZED_LIFE)
    long_ago = (last < at - UNUSED_LIFE) & OAuthClient.id.not_in(_refreshable(at))
    delete_in_batches(OAuthClient, OAuthClient.kind == "registered", never | long_ago)
    has_maker = select(MadeApp.client_id).where(MadeApp.client_id == OAuthClient.id).exists()
    delete_in_batches(OAuthClient, OAuthClient.kind == "own", OAuthClient.user_id.is_(None), ~has_maker)
    old = OAuthClient.updated_at < at - UNGRANTED_DOCUMENT_LIFE
    granted = select(OAuthGrant.id).where(OAuthGrant.client_id == OAuthClient.id).exists()
    delete_in_batches(OAuthClient, OAuthClient.kind == "document", old, ~granted)


def _refreshable(at: datetime) -> Select[str]:
    """The ids of clients that could still refresh."""
    live = (OAuthRefreshToken.expires_at > at, OAuthGrant.revoked_at.is_(None))
    return select(OAuthGrant.client_id).join(OAuthRefreshToken, OAuthRefreshToken.grant_id == OAuthGrant.id).where(*live)


def callback_errors(uris: list[str]) -> list[FieldError]:
    if not uris:
        return [FieldError("/redirect_uris", "required", "Give at least one address; without one nothing can call back.")]
    if len(uris) > MAX_OWN:
        return [FieldError("/redirect_uris", "too_many", f"These are {len(uris):,} addresses. Use at most {MAX_OWN:,}.")]
    errors = ((index, uri, own_uri_error(uri)) for index, uri in enumerate(uris))
    return [FieldError(f"/redirect_uris/{index}", "unusable", f"{uri[:100]}: {error}") for index, uri, error in errors if error]


def client_of(row: AnyRow) -> Client:
    values = {name: getattr(row, name) for name in Client.__dataclass_fields__}
    return Client(**{**values, "redirect_uris": tuple(row.redirect_uris)})
