"""What programs discover: the well-known documents (RFC 8414, RFC 9728)."""

from typing import Any

from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from flask import Blueprint, Flask, Response

from calmboard.access.oauth.resources import API, MCP, resource_of
from calmboard.access.scopes import OFFERED
from calmboard.settings import SETTINGS
from oauth.answers import answer
from web.origin import origin

bp = Blueprint("oauth_metadata", __name__, url_prefix="/.well-known")


@bp.get("/oauth-authorization-server")
def describe_server() -> Response:
    return _public(server_metadata(origin()))


@bp.get("/oauth-protected-resource")
def describe_api() -> Response:
    return _public(_resource_metadata(API, "CalmBoard API"))


@bp.get("/oauth-protected-resource/mcp")
def describe_mcp() -> Response:
    return _public(_resource_metadata(MCP, "CalmBoard MCP server"))


def server_metadata(issuer: str) -> dict[str, Any]:
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/api/oauth/authorize",
        "token_endpoint": f"{issuer}/api/oauth/token",
        "revocation_endpoint": f"{issuer}/api/oauth/revoke",
        "registration_endpoint": f"{issuer}/api/oauth/register",
        "scopes_supported": [*OFFERED, "offline_access"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_methods_supported": ["none"],
        "revocation_endpoint_auth_methods_supported": ["none"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
        "client_id_metadata_document_supported": True,
        "service_documentation": f"{issuer}/docs/errors",
    }


def check(app: Flask) -> None:
    """Refuse to start with metadata that a strict client would refuse. Authlib wants https, which development has not."""
    issuer = SETTINGS.get(app).origin
    AuthorizationServerMetadata(server_metadata(issuer.replace("http://", "https://"))).validate()


def _resource_metadata(suffix: str, name: str) -> dict[str, Any]:
    return {
        "resource": resource_of(origin(), suffix),
        "authorization_servers": [origin()],
        "scopes_supported": list(OFFERED),
        "bearer_methods_supported": ["header"],
        "resource_name": name,
        "resource_documentation": f"{origin()}/docs/errors",
    }


def _public(body: dict[str, Any]) -> Response:
    response = answer(body)
    response.headers["Cache-Control"] = "public, max-age=300"
    return response
