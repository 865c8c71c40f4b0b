"""Whether the process is alive, and whether what it needs answers."""

from flask import Blueprint, Flask, Response
from sqlalchemy import text

from calmboard import queue
from calmboard.access.limits.rate_limits import LIMITS
from calmboard.db import autocommit
from calmboard.errors import Problem, Unavailable
from calmboard.logs import lost_lines
from calmboard.operations.write_probe import WRITE_PROBE, WriteProbe
from web.origin import answer_under_any_host
from web.problems import add_rendering

_ALIVE, _READY = "/healthz", "/readyz"

bp = Blueprint("health", __name__)


def install(app: Flask) -> None:
    app.register_blueprint(bp)
    WRITE_PROBE.set(app, WriteProbe())
    answer_under_any_host(app, _ALIVE, _READY)
    add_rendering(app, _answer_problem, _ALIVE, _READY)


@bp.get(_ALIVE)
def alive() -> Response:
    return Response("ok\n", mimetype="text/plain")


@bp.get(_READY)
def ready() -> Response:
    """503 while database, limiter or queue does not answer, nothing can be saved, or no worker lives."""
    with autocommit() as connection:
        connection.execute(text("SELECT 1"))
    WRITE_PROBE.get().check()
    if not LIMITS.get().answers():
        raise Unavailable("The limiter's store does not answer.")
    if not queue.is_worker_alive():
        raise Unavailable("No worker was heard of for a minute: e-mails wait. Pages and the API answer.")
    return _plain("ready")


def _answer_problem(problem: Problem) -> Response:
    response = _plain(f"not ready: {problem.detail}" if problem.status == 503 else problem.detail)
    response.status_code = problem.status
    return response


def _plain(text: str) -> Response:
    """With what is missing from the log, which is no reason to send nobody here."""
    lost = lost_lines()
    lines = [f"Log lines lost: {lost.count}, the last at {lost.last_at:%Y-%m-%dT%H:%M:%SZ}."] if lost.last_at else []
    return Response("\n".join([text, *lines, ""]), mimetype="text/plain")
