"""Which web pages may call `/mcp`: our own and those named in CALMBOARD_CORS_ORIGINS, against DNS rebinding."""

import re
from urllib.parse import urlsplit

from flask import Response, request
from werkzeug.datastructures import Headers
from werkzeug.wrappers import Response as AnyResponse

from calmboard.errors import Forbidden
from calmboard.settings import Settings, current_settings, is_loopback

_ALLOWED_HEADERS = (
    "Accept, Authorization, Content-Type, Last-Event-ID, MCP-Protocol-Version, Mcp-Method, Mcp-Name, Mcp-Session-Id, "
    "X-CalmBoard-API-Key, X-Request-Id"
)
_PARAMETER = re.compile(r"mcp-param-[a-z0-9_-]+", re.IGNORECASE | re.ASCII)
_EXPOSED_HEADERS = "RateLimit, RateLimit-Policy, Retry-After, WWW-Authenticate, X-Request-Id"


def require_origin(headers: Headers) -> None:
    """Reject a request of a page that is not allowed; programs send no Origin."""
    origin = headers.get("Origin")
    if origin is not None and not _is_allowed(origin):
        raise Forbidden(
            "Pages of this origin may not speak to the MCP server.",
            hint="Whoever runs CalmBoard can name the origin in CALMBOARD_CORS_ORIGINS.",
        )


def allow_browsers(headers: Headers, response: Response) -> None:
    """CORS for the origins that are allowed; credentials travel in a header, never in a cookie."""
    response.headers.add("Vary", "Origin")
    origin = headers.get("Origin")
    if origin is not None and _is_allowed(origin):
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Expose-Headers"] = _EXPOSED_HEADERS


def preflight(methods: str) -> AnyResponse:
    response = Response(status=204)
    response.headers["Allow"] = methods
    response.headers["Access-Control-Allow-Methods"] = methods
    response.headers["Access-Control-Allow-Headers"] = ", ".join((_ALLOWED_HEADERS, *_requested_parameter_headers()))
    response.headers["Access-Control-Max-Age"] = "7200"
    return response


def _requested_parameter_headers() -> list[str]:
    """The `Mcp-Param-…` headers that a preflight requests; they depend on the tool."""
    requested = (name.strip() for name in request.headers.get("Access-Control-Request-Headers", "").split(","))
    return [name for name in requested if _PARAMETER.fullmatch(name)]


def _is_allowed(origin: str) -> bool:
    settings = current_settings()
    if origin in (settings.origin, *settings.cors_origins):
        return True
    return settings.is_development and _is_own_loopback(origin, settings)


def _is_own_loopback(origin: str, settings: Settings) -> bool:
    """In development every loopback name counts as ORIGIN."""
    try:
        sent, own = urlsplit(origin), urlsplit(settings.origin)
        return sent.scheme == own.scheme and sent.port == own.port and is_loopback(sent.hostname or "")
    except ValueError:
        return False
