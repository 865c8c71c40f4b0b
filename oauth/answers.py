"""Answers in OAuth's shape: JSON with `error` and `error_description` (RFC 6749, section 5.2)."""

import re
from typing import TYPE_CHECKING, Any

import msgspec
from flask import Response, request
from werkzeug.datastructures import Headers
from werkzeug.wrappers import Response as AnyResponse

from calmboard.errors import Problem
from web.app import AppResponse
from web.problems import framework_error
from web.record import current_record

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


class VerbatimRedirect(AppResponse):
    """A redirect whose address stays as it is, byte for byte; Werkzeug would normalize it."""

    def get_wsgi_headers(self, environ: "WSGIEnvironment") -> Headers:
        address = self.headers.pop("Location")
        headers = super().get_wsgi_headers(environ)
        headers["Location"] = self.headers["Location"] = address
        return headers


def answer(body: dict[str, Any], status: int = 200) -> Response:
    response = Response(msgspec.json.encode(body), status, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


def answer_error(error: OAuthError) -> Response:
    record = current_record()
    record.code, record.refused_by = error.code, "credential" if error.status == 401 else "input"
    response = answer({"error": error.code, "error_description": sanitize(error.description)}, error.status)
    if error.status == 401:
        response.headers["WWW-Authenticate"] = _challenge(error)
    return response


def _challenge(error: OAuthError) -> str:
    """Basic where it was sent (RFC 6749, section 5.2), and only there: a browser would ask its person for a password."""
    scheme, _, _ = request.headers.get("Authorization", "").strip().partition(" ")
    return 'Basic realm="CalmBoard", charset="UTF-8"' if scheme.lower() == "basic" else f'Bearer error="{error.code}"'


def answer_problem(problem: Problem) -> AnyResponse:
    """A problem in OAuth's format, with our own code beside it where the framework did not refuse the request itself."""
    code = _ERRORS.get(problem.status, "invalid_request")
    if (error := framework_error(problem)) is not None:
        return answer({"error": code, "error_description": sanitize(error.name)}, error.code or 500)
    body = {"error": code, "error_description": sanitize(problem.detail), "code": problem.code}
    return answer({**body, "request_id": current_record().id}, problem.status)


def sanitize(text: str) -> str:
    """Only the characters that RFC 6749 allows in a description."""
    return re.sub(r"[^\x20-\x21\x23-\x5b\x5d-\x7e]", "?", text.replace("“", "'").replace("”", "'").replace("’", "'"))
