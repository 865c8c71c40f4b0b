"""What stands between the server's threads and the app, so that clients that are slow, or silent, cost a thread of many and
never one of the few that run.

granian reads heads without a thread, but takes one as soon as a request's head is there, for as long as its body and its
answer take. So there are many of them, which only wait; the app runs in few `Places`, with the body read and
the answer whole; and `Connections` ends those that wait too long, or are too many of one address.
"""

import tempfile
from functools import partial

from flask import Flask

from calmboard.settings import Settings
from web.body_limits import body_limit
from web.serving.app import ServerApp
from web.serving.connections import Bounds, Connections
from web.serving.places import Places

__all__ = ["ServerApp", "serve_app"]


def serve_app(app: Flask, settings: Settings) -> ServerApp:
    """The app behind its places; starts the thread that watches them and the connections to clients."""
    tempfile.gettempdir()  # found by writing to it, which a disk that is full by the first large body would refuse
    places = Places()
    server_app = ServerApp(app.wsgi_app, places, partial(body_limit, app))
    bounds = Bounds() if settings.trusted_proxies == 0 else Bounds(per_address=None)
    Connections(settings.port, bounds).watch(server_app.has_many_busy, meanwhile=places.give_up_long_taken)
    return server_app
