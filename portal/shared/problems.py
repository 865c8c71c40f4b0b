"""Pages for what went wrong, in words for people."""

import time

from flask import Response, make_response, render_template, request
from flask_wtf.csrf import CSRFError

from calmboard.errors import Problem
from portal.shared.blueprint import is_htmx
from portal.shared.form_limits import limiter
from portal.shared.texts.words import plural
from web.problems import framework_error

_WORDS = {
    400: ("That could not be read", "The address or the form is not one this page understands."),
    403: ("Not yours to open", "It exists, but your account may not see or change it."),
    404: ("Nothing here", "No page has this address. It may have moved, or the link was cut short."),
    405: ("Not this way", "This address takes a form, and does not open as a page."),
    409: ("Not as things stand", "Somebody changed what this depends on. Load the page again and decide again."),
    413: ("Too much at once", "The form is larger than this page takes."),
    421: ("Another address", "CalmBoard answers at another address than this one."),
    422: ("Not one of the choices", "Something in the form cannot be used. Go back, load the page again and choose again."),
    429: ("Too many tries", "Nothing is wrong with your account; guessing is slowed down for everybody."),
    500: ("Something broke on our side", "Nothing you did was at fault. Try again in a moment."),
    503: ("A moment", "A part that CalmBoard needs does not answer right now. Try again in a few seconds."),
}
_STALE = ("This form was open too long", "Nothing was changed. Go back, load the page again and send it once more.")


def answer_problem(problem: Problem) -> Response:
    """The page for a problem; to htmx a note that is put above the page as it is."""
    status, title, detail = _status(problem), *_words(problem)
    template = "shared/_failed.html" if is_htmx() else "shared/error.html"
    is_refused = request.method == "POST"
    response = make_response(render_template(template, title=title, detail=detail, is_refused=is_refused), status)
    if is_htmx():
        response.headers["HX-Reswap"] = "none"
    if wait_s := _wait_s(problem):
        response.headers["Retry-After"] = str(wait_s)
    return response


def _status(problem: Problem) -> int:
    error = framework_error(problem)
    return problem.status if error is None else error.code or 500


def _words(problem: Problem) -> tuple[str, str]:
    error = framework_error(problem)
    if isinstance(error, CSRFError):
        return _STALE
    title, detail = _WORDS.get(_status(problem), _WORDS[500])
    if error is None and problem.detail != problem.meaning:
        detail = problem.detail
    if _status(problem) == 429:
        detail = f"Try again in {_duration(_wait_s(problem))}. {detail}"
    return title, detail


def _wait_s(problem: Problem) -> int:
    """Seconds to wait, or 0 where waiting does not help."""
    if framework_error(problem) is None:
        return problem.retry_after_s or 0
    if _status(problem) != 429 or limiter.current_limit is None:
        return 0
    return max(1, limiter.current_limit.reset_at - int(time.time()))


def _duration(seconds: int) -> str:
    return plural(seconds, "second") if seconds < 60 else plural(-(-seconds // 60), "minute")
