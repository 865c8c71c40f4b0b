"""Dynamic client registration (RFC 7591) and its management (RFC 7592): public clients only."""

import json
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, request

from calmboard.access.oauth import clients, grants
from calmboard.access.oauth.app_names import NAMELESS
from calmboard.access.oauth.clients import Client
from calmboard.access.oauth.redirect_uris import MAX_REGISTERED, registered_uri_error
from calmboard.settings import RateLimit
from oauth.answers import OAuthError, answer, answer_error
from oauth.rate_limits import check_limit, client_network
from web.bearer import read_bearer
from web.origin import origin

bp = Blueprint("oauth_register", __name__, url_prefix="/api/oauth/register")

MAX_BYTES = 16 * 1024
_PER_MINUTE, _PER_DAY = RateLimit(60, 60), RateLimit(1000, 86400)
_GRANT_TYPES = ("authorization_code", "refresh_token")
# Returned as they were sent; none of them has an effect.
_TEXT_FIELDS = ("software_id", "software_version", "application_type", "scope")
_URI_FIELDS = ("client_uri", "logo_uri", "tos_uri", "policy_uri")


@bp.post("")
def register() -> Response:
    check_limit("register", f"minute/{client_network()}", _PER_MINUTE)
    check_limit("register", f"day/{client_network()}", _PER_DAY)
    try:
        name, uris, details = _read_metadata()
    except OAuthError as error:
        return answer_error(error)
    client, token = clients.register_client(name, uris, details)
    return answer({**_client_information(client), "registration_access_token": token}, 201)


@bp.get("/<client_id>")
def read(client_id: str) -> Response:
    try:
        return answer(_client_information(_find_managed_client(client_id)))
    except OAuthError as error:
        return answer_error(error)


@bp.put("/<client_id>")
def change(client_id: str) -> Response:
    try:
        client = _find_managed_client(client_id)
        name, uris, details = _read_metadata(client_id)
        if not clients.change_registration(client.id, name, uris, details):
            raise _invalid_token()
    except OAuthError as error:
        return answer_error(error)
    return answer(_client_information(replace(client, name=name, redirect_uris=tuple(uris), details=details)))


@bp.delete("/<client_id>")
def delete(client_id: str) -> Response:
    try:
        grants.delete_client(_find_managed_client(client_id))
    except OAuthError as error:
        return answer_error(error)
    return Response(status=204)


def _find_managed_client(client_id: str) -> Client:
    """The client that the token in the header manages. Counts the request; raises OAuthError where there is none."""
    check_limit("manage", client_network(), _PER_MINUTE)
    client = clients.find_registration(client_id, read_bearer())
    if client is None:
        raise _invalid_token()
    return client


def _invalid_token() -> OAuthError:
    return OAuthError("invalid_token", "Send the registration access token that came with this client.", 401)


def _read_metadata(client_id: str | None = None) -> tuple[str, list[str], dict[str, Any]]:
    """Name, redirect URIs and details; raises OAuthError for what cannot be used. A change names its client (RFC 7592, 2.2)."""
    metadata = _read_object()
    if metadata.get("client_id") != client_id:
        message = "Leave out client_id; the server chooses it." if client_id is None else f"Send client_id, which is {client_id}."
        raise OAuthError("invalid_client_metadata", message)
    if not isinstance(metadata.get("scope"), str | None):
        raise OAuthError("invalid_client_metadata", "scope is a string of names, separated by spaces.")
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
        metadata = json.loads(request.get_data().decode(), object_pairs_hook=_reject_duplicates)
        json.dumps(metadata, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        raise OAuthError("invalid_client_metadata", "The metadata is not readable JSON.") from None
    if not isinstance(metadata, dict) or "\\u0000" in json.dumps(metadata):
        raise OAuthError("invalid_client_metadata", "The metadata is a JSON object without NUL.")
    return metadata


def _reject_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise OAuthError("invalid_client_metadata", "The metadata contains a member twice.")
    return members


def _details(metadata: dict[str, Any]) -> dict[str, Any]:
    """What is stored of the rest: short strings, and URIs of pages. Everything else is left out of the response too."""
    texts = {name: metadata[name] for name in (*_TEXT_FIELDS, *_URI_FIELDS) if isinstance(metadata.get(name), str)}
    return {name: text for name, text in texts.items() if len(text) <= 2000 and (name in _TEXT_FIELDS or _is_page(text))}


def _is_page(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return address.isprintable() and parts.scheme in ("https", "http") and bool(parts.hostname)


def _name(metadata: dict[str, Any]) -> str:
    name = metadata.get("client_name", NAMELESS)
    if not isinstance(name, str) or not 1 <= len(name.strip()) <= 200 or not name.isprintable():
        raise OAuthError("invalid_client_metadata", "client_name is a string of 1 to 200 visible characters.")
    return name.strip()


def _redirect_uris(metadata: dict[str, Any]) -> list[str]:
    uris = metadata.get("redirect_uris")
    if not isinstance(uris, list) or not 1 <= len(uris) <= MAX_REGISTERED:
        raise OAuthError("invalid_redirect_uri", f"redirect_uris is a list of 1 to {MAX_REGISTERED} addresses.")
    for index, uri in enumerate(uris):
        error = registered_uri_error(uri) if isinstance(uri, str) else "This is not a string."
        if error is not None:
            raise OAuthError("invalid_redirect_uri", f"redirect_uris, number {index + 1}: {error}")
    return uris


def _grant_types(metadata: dict[str, Any]) -> list[str]:
    """The supported ones of the requested grant types, of which authorization_code is required."""
    requested = metadata.get("grant_types", list(_GRANT_TYPES))
    if not isinstance(requested, list) or not all(isinstance(grant_type, str) for grant_type in requested):
        raise OAuthError("invalid_client_metadata", "grant_types is a list of strings.")
    supported = [grant_type for grant_type in _GRANT_TYPES if grant_type in requested]
    if "authorization_code" not in supported:
        raise OAuthError("invalid_client_metadata", "grant_types has to hold authorization_code.")
    return supported


def _client_information(client: Client) -> dict[str, Any]:
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
