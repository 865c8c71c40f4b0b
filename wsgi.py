"""CalmBoard's front: settings, extensions and every door, joined to one app."""

import re
import sys
import time
from datetime import UTC, datetime
from typing import cast
from urllib.parse import urlsplit

import msgspec
from flask import Flask, Request, Response, current_app, g, redirect, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask_migrate import Migrate
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response as AnyResponse

import api
import oauth
import portal
from calmboard import cli, ids
from calmboard.access.limits import Limits, Store
from calmboard.access.stores import storage_uri
from calmboard.db import db, open_database
from calmboard.errors import Conflict, InternalError, MisdirectedRequest, Problem, Unavailable
from calmboard.events.queue import open_queue
from calmboard.outgoing import make_fetch
from calmboard.settings import Settings, SettingsError, is_loopback, read_settings
from portal.assets import serve_static
from portal.limiter import limiter

_ANY_HOST = ("/healthz", "/readyz")
_PROGRAM_PATHS = ("/api", "/.well-known/", "/mcp", "/hooks/")
_OAUTH_PATHS = ("/api/oauth/", "/.well-known/")
_COOKIELESS_PATHS = ("/api/v1/", "/mcp")
_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")


def create_app(settings: Settings | None = None) -> Flask:
    """Build the app; without settings, from the environment, or leave with a sentence where that cannot be used."""
    settings = settings or _settings_from_environment()
    app = Flask(__name__, static_folder=None, instance_path=str(settings.instance_dir))
    app.url_map.merge_slashes = False
    app.config.update(_flask_config(settings))
    app.session_interface = _Sessions()
    open_database(app, settings)
    open_queue(settings)
    Migrate(app, db, directory=f"{app.root_path}/migrations")
    limiter.init_app(app)
    app.extensions["calmboard_limits"] = Limits(cast("Store", limiter.storage), settings)
    app.before_request(_begin)
    app.after_request(_end)
    app.register_error_handler(Exception, _answer_error)
    api.install(app)
    app.extensions["calmboard_catalogue"] = api.catalogue(app)
    app.extensions["calmboard_agent_catalogue"] = api.mcp.catalogue(app)
    app.extensions["calmboard_fetch"] = make_fetch(settings.outgoing_allow)
    portal.install(app)
    oauth.install(app)
    cli.register(app)
    serve_static(app)
    _trust_proxies(app, settings.trusted_proxies)
    return app


def _settings_from_environment() -> Settings:
    try:
        return read_settings()
    except SettingsError as error:
        sys.exit(str(error))


def _flask_config(settings: Settings) -> dict[str, object]:
    return {
        "CALMBOARD": settings,
        "SECRET_KEY": settings.secret_key,
        "SESSION_COOKIE_NAME": "calmboard_session",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": settings.is_https,
        "MAX_CONTENT_LENGTH": 1024 * 1024,
        "WTF_CSRF_TIME_LIMIT": None,
        "WTF_CSRF_CHECK_DEFAULT": False,
        "RATELIMIT_STORAGE_URI": storage_uri(settings.rate_storage_url, settings.instance_dir),
        "RATELIMIT_HEADERS_ENABLED": False,
        "PREFERRED_URL_SCHEME": settings.origin.partition(":")[0],
    }


class _Sessions(SecureCookieSessionInterface):
    """A cookie never drives the doors of programs, so that reading one would only cost each call time."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        return None if request.path.startswith(_COOKIELESS_PATHS) else super().open_session(app, request)


def _trust_proxies(app: Flask, hops: int) -> None:
    if hops:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]


def _is_program() -> bool:
    return request.path.startswith(_PROGRAM_PATHS)


def _begin() -> AnyResponse | None:
    g.started_at = time.perf_counter()
    sent = request.headers.get("X-Request-Id", "")
    g.request_id = sent if _REQUEST_ID.fullmatch(sent) else ids.new_id("req")
    return _send_to_origin()


def _send_to_origin() -> AnyResponse | None:
    """Links are made from ORIGIN and never from the Host header, so another host gets no page."""
    settings: Settings = current_app.config["CALMBOARD"]
    if _without_default_port(request.host) == settings.host or request.path in _ANY_HOST:
        return None
    if settings.is_development and is_loopback(urlsplit(f"//{request.host}").hostname or ""):
        return None
    if _is_program():
        raise MisdirectedRequest(f"Send this request to {settings.origin}.")
    return redirect(settings.origin + request.full_path.rstrip("?"), 308)


def _without_default_port(host: str) -> str:
    """A Host as origins are written: names whatever their case, and no port that the scheme has anyway."""
    settings: Settings = current_app.config["CALMBOARD"]
    return host.lower().removesuffix(":443" if settings.is_https else ":80")


def _end(response: Response) -> Response:
    response.headers["X-Request-Id"] = g.request_id
    response.headers["X-Content-Type-Options"] = "nosniff"
    if current_app.config["CALMBOARD"].is_https:
        response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    _log_line(response)
    return response


def _log_line(response: Response) -> None:
    """One JSON line a request. It names the route, not the path: a path may hold a one-time token."""
    line = {
        "at": datetime.now(UTC),
        "request_id": g.request_id,
        "method": request.method,
        "route": request.url_rule.rule if request.url_rule else None,
        "status": response.status_code,
        "ms": round((time.perf_counter() - g.started_at) * 1000, 1),
        "ip": request.remote_addr,
        "credential": g.get("credential_id"),
    }
    sys.stdout.write(msgspec.json.encode(line).decode() + "\n")
    sys.stdout.flush()


def _answer_error(error: Exception) -> AnyResponse:
    """Answer as the door does that was asked: JSON to programs, a page to people. What was begun is undone."""
    db.session.rollback()
    problem = _as_problem(error)
    if request.path == "/api/oauth/authorize" and "Authorization" not in request.headers:
        return portal.answer_problem(problem)
    if request.path.startswith(_OAUTH_PATHS):
        return oauth.answer_problem(problem)
    if request.path.startswith("/mcp"):
        return api.mcp.answer_problem(problem)
    return api.answer_problem(problem) if _is_program() else portal.answer_problem(problem)


def _as_problem(error: Exception) -> Problem | HTTPException:
    if isinstance(error, Problem | HTTPException):
        return error
    if isinstance(error, OperationalError | PoolTimeout):
        current_app.logger.error("The database does not answer: %s", error)
        return Unavailable("The database does not answer.")
    if isinstance(error, IntegrityError):
        return Conflict("Somebody changed what this depends on at the same moment. Read it again and decide anew.")
    current_app.logger.exception("Unexpected: %s %s", request.method, request.url_rule)
    return InternalError()
