"""What a program sends to register (RFC 7591, section 2): what is unsafe is refused, what has no effect here is left out."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask import request

from calmboard.access.oauth.app_names import NAMELESS
from calmboard.access.oauth.redirect_uris import MAX_REGISTERED, registered_uri_error
from calmboard.access.scopes import SCOPES
from calmboard.errors import FieldError
from calmboard.texts.names import one_line
from oauth.answers import OAuthError

MAX_BYTES = 16 * 1024
_GRANT_TYPES = ("authorization_code", "refresh_token")
# Returned as they were sent; none of them has an effect.
_TEXT_FIELDS = ("software_id", "software_version", "application_type")
_URI_FIELDS = ("client_uri", "logo_uri", "tos_uri", "policy_uri")
_MAX_TEXT = 2000
_SCOPE_NAMES = frozenset((*SCOPES, "offline_access"))
_OUR_FIELDS = (
    *("client_id", "client_name", "redirect_uris", "grant_types", "response_types", "scope", "token_endpoint_auth_method"),
    *(*_TEXT_FIELDS, *_URI_FIELDS),
)


@dataclass(frozen=True, slots=True)
class Registration:
    """What is stored of a client, and a warning for each member that was left out or changed."""

    name: str
    redirect_uris: list[str]
    details: dict[str, Any]
    warnings: tuple[FieldError, ...]


def read_registration(client_id: str | None = None) -> Registration:
    """Raises OAuthError for what cannot be used. A change names its client (RFC 7592, section 2.2); null is as if left out."""
    metadata = {name: value for name, value in _read_object().items() if value is not None}
    if metadata.get("client_id") != client_id:
        message = "Leave out client_id; the server chooses it." if client_id is None else f"Send client_id, which is {client_id}."
        raise OAuthError("invalid_client_metadata", message)
    scope = _known_scope(metadata)
    details = {**_details(metadata), **({} if scope is None else {"scope": scope}), "grant_types": _grant_types(metadata)}
    _check_response_types(metadata)
    name, redirect_uris = _name(metadata), _redirect_uris(metadata)
    return Registration(name, redirect_uris, details, tuple(_warnings(metadata, details)))


def _read_object() -> dict[str, Any]:
    if request.mimetype != "application/json":
        raise OAuthError("invalid_client_metadata", "Send the metadata as application/json.")
    if (request.content_length or 0) > MAX_BYTES:
        raise OAuthError("invalid_client_metadata", f"The metadata is larger than {MAX_BYTES:,} bytes.", 413)
    request.max_content_length = MAX_BYTES
    try:
        metadata = json.loads(request.get_data().decode("utf-8-sig"), object_pairs_hook=_reject_duplicates)
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


def _known_scope(metadata: dict[str, Any]) -> str | None:
    """The known ones of the requested scopes; None where there is none, which narrows nothing."""
    if not isinstance(metadata.get("scope", ""), str):
        raise OAuthError("invalid_client_metadata", "scope is a string of names, separated by spaces.")
    names = metadata.get("scope", "").split()
    return " ".join(name for name in names if name in _SCOPE_NAMES) or None


def _details(metadata: dict[str, Any]) -> dict[str, Any]:
    """What is stored of the rest: short strings, and URIs of pages. Everything else is left out of the response too."""
    texts = {name: metadata[name] for name in (*_TEXT_FIELDS, *_URI_FIELDS) if isinstance(metadata.get(name), str)}
    return {name: text for name, text in texts.items() if len(text) <= _MAX_TEXT and (name in _TEXT_FIELDS or _is_page(text))}


def _is_page(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return address.isprintable() and parts.scheme in ("https", "http") and bool(parts.hostname)


def _name(metadata: dict[str, Any]) -> str:
    """One line: line ends and tabs are blanks, and what people cannot see is refused."""
    name = metadata.get("client_name", NAMELESS)
    line = one_line(name) if isinstance(name, str) else ""
    if not 1 <= len(line) <= 200 or not line.isprintable():
        raise OAuthError("invalid_client_metadata", "client_name is a string of 1 to 200 visible characters.")
    return line


def _redirect_uris(metadata: dict[str, Any]) -> list[str]:
    uris = metadata.get("redirect_uris")
    if not isinstance(uris, list) or not 1 <= len(uris) <= MAX_REGISTERED:
        raise OAuthError("invalid_redirect_uri", f"redirect_uris is a list of 1 to {MAX_REGISTERED:,} addresses.")
    for index, uri in enumerate(uris):
        error = registered_uri_error(uri) if isinstance(uri, str) else "This is not a string."
        if error is not None:
            raise OAuthError("invalid_redirect_uri", f"redirect_uris, number {index + 1}: {error}")
    return uris


def _grant_types(metadata: dict[str, Any]) -> list[str]:
    """The supported ones of the requested grant types, of which authorization_code is required."""
    requested = _read_names(metadata, "grant_types") or list(_GRANT_TYPES)
    supported = [grant_type for grant_type in _GRANT_TYPES if grant_type in requested]
    if "authorization_code" not in supported:
        raise OAuthError("invalid_client_metadata", "grant_types has to hold authorization_code.")
    return supported


def _check_response_types(metadata: dict[str, Any]) -> None:
    requested = _read_names(metadata, "response_types")
    if requested and "code" not in requested:
        raise OAuthError("invalid_client_metadata", "response_types has to hold code, the one response type here.")


def _read_names(metadata: dict[str, Any], member: str) -> list[str]:
    names = metadata.get(member, [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise OAuthError("invalid_client_metadata", f"{member} is a list of strings.")
    return names


def _warnings(metadata: dict[str, Any], details: dict[str, Any]) -> Iterator[FieldError]:
    """Every member that is not registered as it was sent."""
    if metadata.get("token_endpoint_auth_method", "none") != "none":
        detail = "Clients here are public, with PKCE and without a secret: it is registered as none."
        yield FieldError("/token_endpoint_auth_method", "replaced", detail)
    yield from _dropped(metadata, "grant_types", details["grant_types"])
    yield from _dropped(metadata, "response_types", ["code"])
    if unknown := [name for name in metadata.get("scope", "").split() if name not in _SCOPE_NAMES]:
        yield FieldError("/scope", "replaced", f"There is no scope {_listed(unknown)}, which is left out.")
    for name in (*_TEXT_FIELDS, *_URI_FIELDS):
        if name in metadata and name not in details:
            kind = "an http or https address" if name in _URI_FIELDS else "a string"
            yield FieldError(f"/{name}", "ignored", f"This is not {kind} of at most {_MAX_TEXT} characters; it is left out.")
    for name in metadata:
        if name not in _OUR_FIELDS:
            yield FieldError(f"/{_escaped(name[:100])}", "ignored", "CalmBoard does not use this member; it is left out.")


def _dropped(metadata: dict[str, Any], member: str, kept: list[str]) -> Iterator[FieldError]:
    if dropped := [name for name in metadata.get(member, []) if name not in kept]:
        yield FieldError(f"/{member}", "replaced", f"Nothing here uses {_listed(dropped)}, which is left out.")


def _listed(names: list[str]) -> str:
    return ", ".join(name[:100] for name in names[:10]) + (" …" if len(names) > 10 else "")


def _escaped(name: str) -> str:
    """A member's name in a JSON pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")
