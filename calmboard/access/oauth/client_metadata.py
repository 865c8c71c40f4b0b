"""Clients that are the address of their own metadata (draft-ietf-oauth-client-id-metadata-document)."""

import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select, update

from calmboard.access.oauth.clients import COLUMNS, Client, client_of
from calmboard.access.oauth.redirect_uris import MAX_REGISTERED, registered_uri_error
from calmboard.clock import now
from calmboard.db import autocommit, db, insert_or_ignore, retry_conflicts
from calmboard.models import OAuthClient
from calmboard.outgoing.fetch import Fetch, OutgoingRefused
from calmboard.texts.names import one_line

MAX_BYTES = 5 * 1024
FRESH_FOR = timedelta(hours=1)
_TELL = "Tell the people who make it."
_AGAIN = "Try again in a few minutes; if nothing changes, tell the people who make it."
_PRIVATE = {"d", "k", "p", "q"}


class InvalidClientMetadata(Exception):
    """Why an address does not describe a client, and what to do; the message is for people."""


def is_document(client_id: str) -> bool:
    """Whether this may be the address of metadata: https, a path, short, and nothing that hides where it leads."""
    if registered_uri_error(client_id.replace("%2e", ".").replace("%2E", ".")) is not None:
        return False
    parts = urlsplit(client_id)
    return parts.scheme == "https" and len(parts.path) > 1


def find_document(client_id: str, fetch: Fetch) -> Client:
    """The client that an address describes, read again once it is an hour old.

    Call it for a signed-in person only, so that nobody else can make us send requests.
    Raises InvalidClientMetadata where it cannot be read or does not describe that client. A failure is not cached.
    """
    with autocommit() as connection:
        row = connection.execute(select(*COLUMNS, OAuthClient.fresh_until).where(OAuthClient.id == client_id)).first()
    if row is not None and row.fresh_until is not None and row.fresh_until > now():
        return client_of(row)
    try:
        metadata = _validated(client_id, json.loads(fetch(client_id, MAX_BYTES).decode("utf-8-sig")))
    except (OutgoingRefused, ValueError, RecursionError) as error:
        raise InvalidClientMetadata(f"The application's own description at {client_id} cannot be read. {_AGAIN}") from error
    return _save(client_id, metadata)


def _validated(client_id: str, metadata: Any) -> dict[str, Any]:
    if not isinstance(metadata, dict) or metadata.get("client_id") != client_id:
        raise InvalidClientMetadata(f"The description of the application at {client_id} is that of another. {_TELL}")
    if not _may_be_public(metadata) or _contains_secret(metadata):
        raise InvalidClientMetadata(f"The application at {client_id} wants a secret; clients here have none. {_TELL}")
    uris = metadata.get("redirect_uris")
    if not isinstance(uris, list) or not 1 <= len(uris) <= MAX_REGISTERED:
        raise InvalidClientMetadata(
            f"The description of the application at {client_id} names no address to send you back to. {_TELL}"
        )
    if any(not isinstance(uri, str) or registered_uri_error(uri) for uri in uris):
        raise InvalidClientMetadata(
            f"The description of the application at {client_id} names an address that cannot be called back. {_TELL}"
        )
    return metadata


def _may_be_public(metadata: dict[str, Any]) -> bool:
    """Whether it does without a secret, or can: ChatGPT prefers a key of its own, and goes by what a server supports."""
    supported = metadata.get("token_endpoint_auth_methods_supported")
    can = isinstance(supported, list) and "none" in supported
    return can or metadata.get("token_endpoint_auth_method", "none") == "none"


def _contains_secret(metadata: dict[str, Any]) -> bool:
    """Whether a public document contains a secret, or the private part of a key (RFC 7517, RFC 7518)."""
    jwks = metadata.get("jwks")
    keys = jwks.get("keys") if isinstance(jwks, dict) else None
    private = isinstance(keys, list) and any(isinstance(key, dict) and _PRIVATE & key.keys() for key in keys)
    return private or not metadata.keys().isdisjoint(("client_secret", "client_secret_expires_at"))


@retry_conflicts
def _save(client_id: str, metadata: dict[str, Any]) -> Client:
    sent = metadata.get("client_name")
    name = one_line(sent) if isinstance(sent, str) else ""
    host = urlsplit(client_id).hostname or client_id
    at = now()
    values = {
        "name": name[:200] if name and name.isprintable() else host,
        "redirect_uris": metadata["redirect_uris"],
        "updated_at": at,
        "fresh_until": at + FRESH_FOR,
    }
    new = {"id": client_id, "kind": "document", "details": {}, "created_at": at, **values}
    db.session.execute(insert_or_ignore(OAuthClient, db.engine.dialect.name), new)
    db.session.execute(update(OAuthClient).where(OAuthClient.id == client_id).values(**values))
    db.session.commit()
    with autocommit() as connection:
        return client_of(connection.execute(select(*COLUMNS).where(OAuthClient.id == client_id)).one())
