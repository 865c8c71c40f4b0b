"""Whether the process is alive, and whether what it needs answers."""

from flask import Blueprint, Response, current_app
from sqlalchemy import text

from calmboard import queue
from calmboard.db import reading
from calmboard.errors import Unavailable

bp = Blueprint("health", __name__)


@bp.get("/healthz")
def alive() -> Response:
    return Response("ok\n", mimetype="text/plain")


@bp.get("/readyz")
def ready() -> Response:
    """503 while database, limiter or queue does not answer."""
    with reading() as connection:
        connection.execute(text("SELECT 1"))
    if not current_app.extensions["calmboard_limits"].answers():
        raise Unavailable("The limiter's store does not answer.")
    queue.ping()
    return Response("ready\n", mimetype="text/plain")
