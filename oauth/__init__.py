"""The interface for host applications: an OAuth 2.1 authorization server."""

from flask import Flask, Response, request
from werkzeug.wrappers import Response as AnyResponse

from calmboard.errors import Problem
from oauth import metadata, parameters
from oauth.answers import answer_problem
from oauth.clients import register
from oauth.consent import authorize
from oauth.tokens import revoke, token
from web.body_limits import limit_bodies
from web.problems import add_rendering, render_page

__all__ = ["install"]

# Clients in browsers send the headers of MCP to these endpoints too.
_ALLOWED_HEADERS = "Authorization, Content-Type, MCP-Protocol-Version, Mcp-Method, Mcp-Name, Mcp-Session-Id, X-Request-Id"
_CORS_PATHS = ("/api/oauth/token", "/api/oauth/revoke", "/api/oauth/register", "/.well-known/")


def install(app: Flask) -> None:
    for module in (authorize, token, revoke, register, metadata):
        app.register_blueprint(module.bp)
    metadata.check(app)
    limit_bodies(app, r"/api/oauth/.*", parameters.MAX_BYTES)
    add_rendering(app, answer_problem, "/api/oauth/", "/.well-known/")
    add_rendering(app, _answer_authorization, "/api/oauth/authorize")
    app.after_request(_add_cors_headers)


def _answer_authorization(problem: Problem) -> AnyResponse:
    """People who are asked for consent see a page; a program has sent a credential in a header."""
    return answer_problem(problem) if "Authorization" in request.headers else render_page(problem)


def _add_cors_headers(response: Response) -> Response:
    """CORS without credentials for what a client in a browser requests itself; none where people consent."""
    if not request.path.startswith(_CORS_PATHS):
        return response
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Expose-Headers"] = "WWW-Authenticate, Retry-After, X-Request-Id"
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = response.headers.get("Allow", "GET, POST")
        response.headers["Access-Control-Allow-Headers"] = _ALLOWED_HEADERS
        response.headers["Access-Control-Max-Age"] = "7200"
    return response
