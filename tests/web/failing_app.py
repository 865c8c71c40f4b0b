"""CalmBoard as its server runs it, with one address more below each interface, which fails."""

from typing import NoReturn

from calmboard.settings import SETTINGS
from web.serving import ServerApp, serve_app
from wsgi import create_app

FAILING = ("/failing", "/api/v1/failing", "/api/oauth/failing", "/.well-known/failing", "/mcp/failing")


def create_failing_server_app() -> ServerApp:
    app = create_app()
    for path in FAILING:
        app.add_url_rule(path, path.strip("/").replace("/", "-").replace(".", ""), _fail)
    return serve_app(app, SETTINGS.get(app))


def _fail() -> NoReturn:
    raise RuntimeError("This address fails on purpose.")
