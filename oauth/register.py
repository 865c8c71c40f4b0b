"""Dynamic client registration (RFC 7591) and its management (RFC 7592): public clients only."""

import json
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, request

from calmboard.access.oauth import clients, grants
from calmboard.access.oauth.app_names import NAMELESS
from calmboard.access.oauth.clients import Client
from calmboard.access.oauth.redirect_uris import MAX_REGISTERED, registered_fault
from calmboard.settings import Window
from oauth.answers import OAuthError, answer, answer_error, origin
from oauth.rate_limits import check_limit, network

bp = Blueprint("oauth_register", __name__, url_prefix="/api/oauth/register")

MAX_BYTES = 16 * 1024
_MINUTE, _DAY = Window(60, 60), Window(1000, 86400)
_GRANT_TYPES = ("authorization_code", "refresh_token")
# Echoed as they were sent; none of them decides anything.
_TEXTS = ("software_id", "software_version", "application_type", "scope")
_PAGES = ("client_uri", "logo_uri", "tos_uri", "policy_uri")


@bp.post("")
def register() -> Response:
    check_limit("register", f"minute/{network()}", _MINUTE)
    check_limit("register", f"day/{network()}", _DAY)
    try:
        name, uris, details = _read()
    except OAuthError as error:
        return answer_error(error)
    client, token = clients.register_client(name, uris, details)
    return answer({**_shown(client), "registration_access_token": token}, 201)


@bp.get("/<client_id>")
def read(client_id: str) -> Response:
    try:
        return answer(_shown(_managed(client_id)))
    except OAuthError as error:
        return answer_error(error)


@bp.put("/<client_id>")
def change(client_id: str) -> Response:
    try:
        client = _managed(client_id)
        name, uris, details = _read(client_id)
        if not clients.change_registration(client.id, name, uris, details):
            raise _not_managed()
    except OAuthError as error:
        return answer_error(error)
    return answer(_shown(replace(client, name=name, redirect_uris=tuple(uris), details=details)))


@bp.delete("/<client_id>")
def delete(client_id: str) -> Response:
    try:
        grants.delete_client(_managed(client_id))
    except OAuthError as error:
        return answer_error(error)
    return Response(status=204)


def _managed(client_id: str) -> Client:
    """The client that the token in the header manages. Counts the request; raises OAuthError where there is none."""
    check_limit("manage", network(), _MINUTE)
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    client = clients.find_registration(client_id, token.strip() if scheme.lower() == "bearer" else None)
    if client is None:
        raise _not_managed()
    return client


def _not_managed() -> OAuthError:
    return OAuthError("invalid_token", "Send the registration access token that came with this client.", 401)


def _read(client_id: str | None = None) -> tuple[str, list[str], dict[str, Any]]:
    """Name, redirect URIs and details; raises OAuthError for what cannot be used. A change names its client (RFC 7592, 2.2)."""
    metadata = _read_object()
    if metadata.get("client_id") != client_id:
        told = "Leave out client_id; the server chooses it." if client_id is None else f"Send client_id, which is {client_id}."
        raise OAuthError("invalid_client_metadata", told)
    if not isinstance(metadata.get("scope"), str | None):
        raise OAuthError("invalid_client_metadata", "scope is a text, of names with a space between them.")
    details = {**_details(metadata), "grant_types": _grant_types(metadata)}
    if metadata.get("response_types", ["code"]) not in (["code"], []):
        raise OAuthError("invalid_client_metadata", "The one response type here is code.")
    return _name(metadata), _redirect_uris(metadata), details


def _read_object() -> dict[str, Any]:
    if request.mimetype != "application/json":
        raise OAuthError("invalid_client_metadata", "Send the metadata as application/json.")
    if (request.content_length or 0) > MAX_BYTES:
        raise OAuthError("invalid_client_metadata", f"The metadata is larger than {MAX_BYTES} bytes.", 413)
    request.max_content_length = MAX_BYTES
    try:
        metadata = json.loads(request.get_data().decode(), object_pairs_hook=_each_once)
        json.dumps(metadata, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        raise OAuthError("invalid_client_metadata", "The metadata is not readable JSON.") from None
    if not isinstance(metadata, dict) or "\\u0000" in json.dumps(metadata):
        raise OAuthError("invalid_client_metadata", "The metadata is a JSON object, without NUL.")
    return metadata


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise OAuthError("invalid_client_metadata", "The metadata holds a member twice.")
    return members


def _details(metadata: dict[str, Any]) -> dict[str, Any]:
    """What is kept of the rest: short texts, and addresses of pages. What is neither is left out of the answer too."""
    texts = {name: metadata[name] for name in (*_TEXTS, *_PAGES) if isinstance(metadata.get(name), str)}
    return {name: text for name, text in texts.items() if len(text) <= 2000 and (name in _TEXTS or _is_page(text))}


def _is_page(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return address.isprintable() and parts.scheme in ("https", "http") and bool(parts.hostname)


def _name(metadata: dict[str, Any]) -> str:
    name = metadata.get("client_name", NAMELESS)
    if not isinstance(name, str) or not 1 <= len(name.strip()) <= 200 or not name.isprintable():
        raise OAuthError("invalid_client_metadata", "client_name is a text of 1 to 200 visible characters.")
    return name.strip()


def _redirect_uris(metadata: dict[str, Any]) -> list[str]:
    uris = metadata.get("redirect_uris")
    if not isinstance(uris, list) or not 1 <= len(uris) <= MAX_REGISTERED:
        raise OAuthError("invalid_redirect_uri", f"redirect_uris is a list of 1 to {MAX_REGISTERED} addresses.")
    for place, uri in enumerate(uris):
        fault = registered_fault(uri) if isinstance(uri, str) else "This is no text."
        if fault is not None:
            raise OAuthError("invalid_redirect_uri", f"redirect_uris, number {place + 1}: {fault}")
    return uris


def _grant_types(metadata: dict[str, Any]) -> list[str]:
    """What a client may do with a code; anything else it names is left out, as long as codes remain."""
    asked = metadata.get("grant_types", list(_GRANT_TYPES))
    if not isinstance(asked, list) or not all(isinstance(one, str) for one in asked):
        raise OAuthError("invalid_client_metadata", "grant_types is a list of texts.")
    kept = [one for one in _GRANT_TYPES if one in asked]
    if "authorization_code" not in kept:
        raise OAuthError("invalid_client_metadata", "grant_types has to hold authorization_code.")
    return kept


def _shown(client: Client) -> dict[str, Any]:
    return {
        "client_id": client.id,
        "client_id_issued_at": int(client.created_at.timestamp()),
        "client_name": client.name,
        "redirect_uris": list(client.redirect_uris),
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
        **client.details,
        "registration_client_uri": f"{origin()}/api/oauth/register/{client.id}",
    }
