"""Answers in OAuth's shape: JSON with `error` and `error_description` (RFC 6749, section 5.2)."""

import re
from typing import TYPE_CHECKING, Any

import msgspec
from flask import Response, current_app, g
from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from calmboard.errors import Problem

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_ERRORS = {413: "invalid_request", 429: "temporarily_unavailable", 503: "temporarily_unavailable", 500: "server_error"}


class OAuthError(Exception):
    """A refusal by its registered code."""

    def __init__(self, code: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.status = status


class VerbatimRedirect(Response):
    """A redirect whose address stays as it is, byte for byte; Werkzeug would normalize it."""

    def get_wsgi_headers(self, environ: "WSGIEnvironment") -> Headers:
        address = self.headers.pop("Location")
        headers = super().get_wsgi_headers(environ)
        headers["Location"] = self.headers["Location"] = address
        return headers


def origin() -> str:
    configured: str = current_app.config["CALMBOARD"].origin
    return configured


def answer(body: dict[str, Any], status: int = 200) -> Response:
    response = Response(msgspec.json.encode(body), status, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


def answer_error(error: OAuthError) -> Response:
    response = answer({"error": error.code, "error_description": sanitize(error.description)}, error.status)
    if error.status == 401:
        response.headers["WWW-Authenticate"] = f'Bearer error="{error.code}"'
    return response


def answer_problem(error: Problem | HTTPException) -> AnyResponse:
    """An error of the framework or of CalmBoard in OAuth's format, with our own code beside it."""
    if isinstance(error, HTTPException):
        return _answer_framework(error)
    code = _ERRORS.get(error.status, "invalid_request")
    body = {"error": code, "error_description": sanitize(error.detail), "code": error.code, "request_id": g.request_id}
    response = answer(body, error.status)
    if error.retry_after_s is not None:
        response.headers["Retry-After"] = str(error.retry_after_s)
    return response


def sanitize(text: str) -> str:
    """Only the characters that RFC 6749 allows in a description."""
    return re.sub(r"[^\x20-\x21\x23-\x5b\x5d-\x7e]", "?", text.replace("“", "'").replace("”", "'").replace("’", "'"))


def _answer_framework(error: HTTPException) -> AnyResponse:
    status = error.code or 500
    if status < 400:
        return error.get_response()
    response = answer({"error": _ERRORS.get(status, "invalid_request"), "error_description": sanitize(error.name)}, status)
    if (allow := dict(error.get_headers()).get("Allow")) is not None:
        response.headers["Allow"] = allow
    return response
