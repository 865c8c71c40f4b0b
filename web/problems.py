"""What cannot be answered, said once: every error becomes a Problem, and each interface renders it in its own shape."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask, current_app, request
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError
from werkzeug.exceptions import HTTPException
from werkzeug.exceptions import MethodNotAllowed as MethodNotAllowedByRoute
from werkzeug.wrappers import Response

from calmboard.db import db
from calmboard.engines.patience import lose_patience
from calmboard.engines.refusals import as_unavailable
from calmboard.errors import (
    Conflict,
    InternalError,
    InvalidRequest,
    MethodNotAllowed,
    NotFound,
    PayloadTooLarge,
    Problem,
    RateLimitExceeded,
    UnsupportedMediaType,
    disk_problem,
)
from calmboard.extensions import Extension
from web.record import current_record

Render = Callable[[Problem], Response]

_FRAMEWORK_PROBLEMS: dict[int, type[Problem]] = {
    404: NotFound,
    405: MethodNotAllowed,
    413: PayloadTooLarge,
    415: UnsupportedMediaType,
    429: RateLimitExceeded,
}


@dataclass(frozen=True, slots=True)
class Rendering:
    """How problems look to those who ask below `prefix`."""

    prefix: str
    render: Render
    for_programs: bool


_RENDERINGS: Extension[tuple[Rendering, ...]] = Extension("renderings", ())


def install(app: Flask) -> None:
    app.register_error_handler(Exception, answer_error)


def add_rendering(app: Flask, render: Render, *prefixes: str, for_programs: bool = True) -> None:
    """Render the problems of requests below these prefixes; of several that fit, the longest counts."""
    added = [Rendering(prefix, render, for_programs) for prefix in prefixes]
    ordered = sorted([*_RENDERINGS.get(app), *added], key=lambda one: len(one.prefix), reverse=True)
    _RENDERINGS.set(app, tuple(ordered))


def is_for_programs(path: str) -> bool:
    return _rendering_of(path).for_programs


def answer_error(error: Exception) -> Response:
    """Undo what was begun, and answer as the interface does that was asked."""
    undo_changes()
    if isinstance(error, HTTPException) and error.code is not None and error.code < 400:
        return error.get_response()
    return answer_problem(as_problem(error), request.path)


def undo_changes() -> None:
    """Roll back what this request began, also where its connection is lost."""
    try:
        db.session.rollback()
    except SQLAlchemyError as error:
        current_app.logger.warning("The connection is given up, since it cannot be rolled back: %s", error)
        db.session().invalidate()


def answer_problem(problem: Problem, path: str) -> Response:
    """The problem as those see it who ask at `path`."""
    current_record().refuse(problem)
    response = _rendering_of(path).render(problem)
    if problem.retry_after_s is not None:
        response.headers["Retry-After"] = str(problem.retry_after_s)
    if (allow := _allowed_methods(problem)) is not None:
        response.headers.setdefault("Allow", allow)
    return response


def render_page(problem: Problem) -> Response:
    """The problem as people see it, for an address that programs use too."""
    return _rendering_of("/").render(problem)


def as_problem(error: Exception) -> Problem:
    if isinstance(error, Problem):
        return error
    if isinstance(error, HTTPException):
        return _problem_of(error)
    if (problem := disk_problem(error) if isinstance(error, OSError) else as_unavailable(error)) is not None:
        lose_patience()
        current_app.logger.error("%s %s", problem.detail, error)
        return problem
    if isinstance(error, DataError):
        current_app.logger.exception("The database refused a value: %s %s", request.method, request.url_rule)
        return InvalidRequest("The database rejects a value of this request. Look for characters that are no text, such as NUL.")
    if isinstance(error, IntegrityError):
        return Conflict("Somebody changed what this depends on at the same moment. Read it again and decide again.")
    current_app.logger.exception("Unexpected: %s %s", request.method, request.url_rule)
    return InternalError()


def framework_error(problem: Problem) -> HTTPException | None:
    """What the framework refused, where the problem says it in our words."""
    return problem.__cause__ if isinstance(problem.__cause__, HTTPException) else None


def _rendering_of(path: str) -> Rendering:
    return next(one for one in _RENDERINGS.get() if path.startswith(one.prefix))


def _problem_of(error: HTTPException) -> Problem:
    problem = _in_our_words(error)
    problem.__cause__ = error
    return problem


def _in_our_words(error: HTTPException) -> Problem:
    status = error.code or 500
    kind = InternalError if status >= 500 else _FRAMEWORK_PROBLEMS.get(status, InvalidRequest)
    if kind is NotFound:
        return NotFound(f"There is nothing at {request.path[:200]}.")
    if kind is MethodNotAllowed:
        return MethodNotAllowed(f"This address does not answer {request.method[:20]}.")
    if kind is PayloadTooLarge and request.max_content_length is not None:
        return PayloadTooLarge(f"This address takes at most {request.max_content_length} bytes.")
    return kind()


def _allowed_methods(problem: Problem) -> str | None:
    error = framework_error(problem)
    return ", ".join(sorted(error.valid_methods or ())) if isinstance(error, MethodNotAllowedByRoute) else None
