"""Dynamic client registration (RFC 7591) and its management (RFC 7592): public clients only."""

from dataclasses import replace
from typing import Any

from flask import Blueprint, Response

from calmboard.access.oauth import clients
from calmboard.access.oauth.client_deletion import delete_client
from calmboard.access.oauth.clients import Client
from calmboard.errors import FieldError
from calmboard.settings import RateLimit
from oauth.answers import OAuthError, answer, answer_error
from oauth.clients.registration_metadata import read_registration
from oauth.rate_limits import check_limit, client_network
from web.bearer import read_bearer
from web.origin import origin

bp = Blueprint("oauth_register", __name__, url_prefix="/api/oauth/register")

_PER_MINUTE, _PER_DAY = RateLimit(60, 60), RateLimit(1000, 86400)
_MAX_WARNINGS = 100


@bp.post("")
def register() -> Response:
    check_limit("register", f"minute/{client_network()}", _PER_MINUTE)
    check_limit("register", f"day/{client_network()}", _PER_DAY)
    try:
        new = read_registration()
    except OAuthError as error:
        return answer_error(error)
    client, token = clients.register_client(new.name, new.redirect_uris, new.details)
    return answer({**_client_information(client), "registration_access_token": token, **_warnings(new.warnings)}, 201)


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
        new = read_registration(client_id)
        if not clients.change_registration(client.id, new.name, new.redirect_uris, new.details):
            raise _invalid_token()
    except OAuthError as error:
        return answer_error(error)
    changed = replace(client, name=new.name, redirect_uris=tuple(new.redirect_uris), details=new.details)
    return answer({**_client_information(changed), **_warnings(new.warnings)})


@bp.delete("/<client_id>")
def delete(client_id: str) -> Response:
    try:
        delete_client("client", _find_managed_client(client_id))
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


def _warnings(warnings: tuple[FieldError, ...]) -> dict[str, Any]:
    """What was registered otherwise than it was sent, as any interface says it; left out where there is nothing to say."""
    if not warnings:
        return {}
    body = {"warnings": [{"pointer": one.pointer, "code": one.code, "detail": one.detail} for one in warnings[:_MAX_WARNINGS]]}
    return {**body, "warnings_total": len(warnings)} if len(warnings) > _MAX_WARNINGS else body
