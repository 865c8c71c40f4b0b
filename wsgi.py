"""CalmBoard's front: settings, extensions and every interface, joined to one app."""

import os
import signal
import sys
from functools import cache
from typing import cast

from flask import Flask

import api
import connectors
import oauth
import portal
from calmboard import logs
from calmboard.access.audit import AUDIT_LISTENERS
from calmboard.access.limits.rate_limits import LIMITS, Limits, Store
from calmboard.access.limits.storage import FixedWindow, storage_uri
from calmboard.access.providers import PROVIDERS
from calmboard.access.reads import open_replica
from calmboard.access.request_log import REQUEST_LOG, RequestLog
from calmboard.db import db, open_database
from calmboard.events.notices import note_change
from calmboard.operations.parent_death import end_with_parent
from calmboard.outgoing.fetch import FETCH, make_fetch
from calmboard.queue import open_queue
from calmboard.settings import SETTINGS, Settings, SettingsError, read_settings
from portal.shared.assets import serve_static
from portal.shared.catalogues import API_ANSWERS, API_CATALOGUE, MCP_CATALOGUE
from portal.shared.form_limits import limiter
from web import body_limits, origin, problems, record
from web.app import App, trust_proxies
from web.forms import MAX_FIELDS
from web.serving import ServerApp, serve_app

_DIRECTORIES = "CALMBOARD_INSTANCE_DIR names the directory for its own files; let it be one in which this user may write."


def create_app(settings: Settings | None = None) -> Flask:
    """Build the app with the operator's commands; without settings, from the environment.

    Leave with a sentence where they or a directory cannot be used.
    """
    app = _create_app(settings)
    _install_commands(app)
    return app


@cache
def process_app() -> Flask:
    """The one app of a process that serves or works; a process that is forked later goes on with it, and shares its memory."""
    return _create_app()


def create_server_app() -> ServerApp:
    """The app as a server's process calls it that clients reach without a proxy; it ends with the server."""
    # By SIGTERM it would wait for its connections, which nobody cuts any more.
    end_with_parent(os.getppid(), signal.SIGKILL)
    app = process_app()
    settings = SETTINGS.get(app)
    logs.install(settings.instance_dir)
    return serve_app(app, settings)


def _create_app(settings: Settings | None = None) -> Flask:
    try:
        return _build(settings or read_settings())
    except SettingsError as error:
        sys.exit(str(error))
    except OSError as error:
        if error.filename is None:
            raise
        sys.exit(f"CalmBoard cannot write {error.filename}: {error.strerror}. {_DIRECTORIES}")


def _build(settings: Settings) -> Flask:
    app = App(settings)
    app.config.update(_flask_config(settings))
    _install_ground(app, settings)
    record.install(app)
    problems.install(app)
    origin.install(app)
    _install_interfaces(app)
    serve_static(app)
    trust_proxies(app, settings.trusted_proxies)
    return app


def _flask_config(settings: Settings) -> dict[str, object]:
    return {
        "SECRET_KEY": settings.secret_key,
        "SESSION_COOKIE_NAME": "calmboard_session",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": settings.is_https,
        "MAX_CONTENT_LENGTH": body_limits.MAX_BYTES,
        "MAX_FORM_PARTS": MAX_FIELDS,
        "WTF_CSRF_TIME_LIMIT": None,
        "WTF_CSRF_CHECK_DEFAULT": False,
        "RATELIMIT_STORAGE_URI": storage_uri(settings.rate_storage_url, settings.instance_dir),
        "RATELIMIT_HEADERS_ENABLED": False,
        "PREFERRED_URL_SCHEME": settings.origin.partition(":")[0],
    }


def _install_ground(app: App, settings: Settings) -> None:
    """What every interface stands on: settings, database, queue, and what leaves for other servers."""
    SETTINGS.set(app, settings)
    open_database(app, settings)
    open_queue(settings)
    AUDIT_LISTENERS.set(app, (note_change,))
    REQUEST_LOG.set(app, RequestLog(app))
    FETCH.set(app, make_fetch(settings.outgoing_allow))


def _install_interfaces(app: App) -> None:
    """Each interface, and what one shows of another, as plain data."""
    PROVIDERS.set(app, connectors.find_providers())
    portal.extensions.install(app)
    LIMITS.set(app, Limits(cast("Store", limiter.storage), SETTINGS.get(app)))
    open_replica(app, cast("FixedWindow", limiter.storage))
    api.install(app)
    API_CATALOGUE.set(app, api.catalogue(app))
    API_ANSWERS.set(app, api.read_answer)
    MCP_CATALOGUE.set(app, api.mcp.catalogue(app))
    portal.install(app)
    oauth.install(app)


def _install_commands(app: Flask) -> None:
    """What commands alone need is imported with them: 12 MB that no process has to hold which serves or works."""
    from flask_migrate import Migrate

    from calmboard.operations import cli

    Migrate(app, db, directory=f"{app.root_path}/migrations")
    cli.register(app)
