"""The interface for programs: `/api`, and the health checks."""

from flask import Blueprint, Flask, Response
from werkzeug.routing import BaseConverter

from api import github_reports, health, leak_reports, mcp, postman, session_auth
from api.docs import reference
from api.docs.answers import read_answer
from api.docs.catalogue import catalogue
from api.framework.answers import add_rate_limit_headers, answer_problem
from api.framework.auth import OWN_HEADER
from api.framework.bodies import MAX_BYTES
from api.framework.uploads import MAX_FORM_BYTES
from api.resources import resource_blueprints
from web.app import add_plain_headers, current_request, use_no_cookies
from web.body_limits import limit_bodies
from web.problems import add_rendering
from web.record import current_record

__all__ = ["answer_problem", "catalogue", "install", "mcp", "read_answer"]

_ALLOWED_HEADERS = f"Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, {OWN_HEADER}, X-Request-Id"
_EXPOSED_HEADERS = (
    "Content-Disposition, Deprecation, ETag, Idempotency-Replayed, Link, Location, RateLimit, RateLimit-Policy, Retry-After, "
    "Sunset, WWW-Authenticate, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-Request-Id"
)
# CORS without credentials: a browser client sends its key in a header, never a cookie.
_CORS = (("Access-Control-Allow-Origin", "*"), ("Access-Control-Expose-Headers", _EXPOSED_HEADERS))


class AnyText(BaseConverter):
    """The rest of a path, whatever it holds: slashes and line breaks too."""

    regex = r"[\s\S]+"
    part_isolating = False
    weight = 200


class AnyId(BaseConverter):
    """A part of a path that may be an id; `bulk` is an address of its own."""

    regex = r"(?!bulk$)[^/]+"


def install(app: Flask) -> None:
    app.url_map.converters |= {"default": AnyId, "text": AnyText}
    bp = Blueprint("api", __name__, url_prefix="/api")
    for part in (*resource_blueprints(), reference.bp, postman.bp, session_auth.bp, leak_reports.bp):
        bp.register_blueprint(part)
    app.register_blueprint(bp)
    app.register_blueprint(github_reports.bp)
    health.install(app)
    mcp.install(app)
    app.after_request(_finish_response)
    add_rendering(app, answer_problem, "/api", "/hooks/")
    use_no_cookies(app, "/api/v1/", "/mcp")
    limit_bodies(app, r"/api/v1/tasks/[^/]+/attachments", MAX_FORM_BYTES)
    limit_bodies(app, r"/api/v1/.*|/mcp|/hooks/.*", MAX_BYTES)


def _finish_response(response: Response) -> Response:
    """Add the headers that every answer under /api carries, the framework's own errors included."""
    request = current_request()
    if not request.path.startswith("/api"):
        return response
    if "Cache-Control" not in response.headers:
        add_plain_headers(response, ("Cache-Control", "no-store"))
    if request.path.startswith(("/api/v1", "/api/openapi.json", "/api/postman.json")):
        add_plain_headers(response, *_CORS)
        if request.method == "OPTIONS":
            _answer_preflight(response)
    if (usage := current_record().usage) is not None:
        add_rate_limit_headers(response, usage)
    return response


def _answer_preflight(response: Response) -> None:
    response.headers["Access-Control-Allow-Methods"] = response.headers.get("Allow", "GET")
    response.headers["Access-Control-Allow-Headers"] = _ALLOWED_HEADERS
    response.headers["Access-Control-Max-Age"] = "7200"
