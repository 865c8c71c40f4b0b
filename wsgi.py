"""CalmBoard's front: settings, extensions and every interface, joined to one app."""

import re
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import msgspec
from flask import Flask, Request, Response, current_app, redirect, request
from flask.globals import app_ctx, request_ctx
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask_migrate import Migrate
from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.datastructures import EnvironHeaders
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import MapAdapter
from werkzeug.wrappers import Response as AnyResponse
from werkzeug.wsgi import get_host

import api
import oauth
import portal
from calmboard import ids
from calmboard.access.limits.rate_limits import Limits, Store
from calmboard.access.limits.storage import storage_uri
from calmboard.db import db, open_database
from calmboard.errors import Conflict, InternalError, InvalidRequest, MisdirectedRequest, Problem, Unavailable
from calmboard.operations import cli
from calmboard.outgoing import make_fetch
from calmboard.queue import open_queue
from calmboard.settings import Settings, SettingsError, is_loopback, read_settings
from portal.shared.assets import serve_static
from portal.shared.form_limits import limiter

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_ANY_HOST = ("/healthz", "/readyz")
_API_PATHS = ("/api", "/.well-known/", "/mcp", "/hooks/")
_OAUTH_PATHS = ("/api/oauth/", "/.well-known/")
_COOKIELESS_PATHS = ("/api/v1/", "/mcp")
_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")

_encode = msgspec.json.Encoder().encode


def create_app(settings: Settings | None = None) -> Flask:
    """Build the app; without settings, from the environment, or leave with a sentence where that cannot be used."""
    settings = settings or _settings_from_environment()
    app = _App(__name__, static_folder=None, instance_path=str(settings.instance_dir))
    app.url_map.merge_slashes = False
    app.config.update(_flask_config(settings))
    app.session_interface = _Sessions()
    open_database(app, settings)
    open_queue(settings)
    Migrate(app, db, directory=f"{app.root_path}/migrations")
    portal.install_extensions(app)
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


class _CachedHeaders(EnvironHeaders):
    """A request's headers; each name is converted to its WSGI key once, and not at every lookup."""

    def get(self, key: str, default: Any = None, *converted: Any, **options: Any) -> Any:  # type: ignore[override]
        if converted or options:
            return super().get(key, default, *converted, **options)
        return self.environ.get(_environ_key(key), default)


@lru_cache(512)
def _environ_key(name: str) -> str:
    key = name.upper().replace("-", "_")
    return key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"


class _Request(Request):
    def __init__(self, environ: "WSGIEnvironment", populate_request: bool = True, shallow: bool = False) -> None:
        super().__init__(environ, populate_request, shallow)
        self.headers = _CachedHeaders(environ)


class _App(Flask):
    """Flask without features that cost each request time and are unused here: async views and host matching."""

    request_class = _Request

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        if request is None:
            return super().create_url_adapter(None)
        request.host = get_host(request.environ)
        scheme, query = request.scheme, request.query_string.decode("latin1")
        return MapAdapter(self.url_map, request.host, request.root_path, "", scheme, request.path, request.method, query)


class _Sessions(SecureCookieSessionInterface):
    """A cookie never authenticates a program, so reading one would only cost each call time."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        return None if request.path.startswith(_COOKIELESS_PATHS) else super().open_session(app, request)


def _trust_proxies(app: Flask, hops: int) -> None:
    if hops:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]


def _is_api_request() -> bool:
    return request.path.startswith(_API_PATHS)


def _begin() -> AnyResponse | None:
    current_request, context = request_ctx.request, app_ctx.g
    context.started_at = time.perf_counter()
    sent = current_request.headers.get("X-Request-Id", "")
    context.request_id = sent if _REQUEST_ID.fullmatch(sent) else ids.new_id("req")
    settings: Settings = current_app.config["CALMBOARD"]
    return None if current_request.host == settings.host else _send_to_origin(settings)


def _send_to_origin(settings: Settings) -> AnyResponse | None:
    """Links are made from ORIGIN and never from the Host header, so another host gets no page."""
    if _without_default_port(request.host, settings) == settings.host or request.path in _ANY_HOST:
        return None
    if settings.is_development and is_loopback(urlsplit(f"//{request.host}").hostname or ""):
        return None
    if _is_api_request():
        raise MisdirectedRequest(f"Send this request to {settings.origin}.")
    return redirect(settings.origin + request.full_path.rstrip("?"), 308)


def _without_default_port(host: str, settings: Settings) -> str:
    """A Host as origins are written: names whatever their case, and no port that the scheme has anyway."""
    return host.lower().removesuffix(":443" if settings.is_https else ":80")


def _end(response: Response) -> Response:
    response.headers["X-Request-Id"] = app_ctx.g.request_id
    response.headers["X-Content-Type-Options"] = "nosniff"
    if current_app.config["CALMBOARD"].is_https:
        response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    _log_line(response)
    return response


def _log_line(response: Response) -> None:
    """One JSON line a request. It names the route, not the path: a path may hold a one-time token."""
    current_request, context = request_ctx.request, app_ctx.g
    line = {
        "at": datetime.now(UTC),
        "request_id": context.request_id,
        "method": current_request.method,
        "route": current_request.url_rule.rule if current_request.url_rule else None,
        "status": response.status_code,
        "ms": round((time.perf_counter() - context.started_at) * 1000, 1),
        "ip": current_request.remote_addr,
        "credential": context.get("credential_id"),
    }
    sys.stdout.write(_encode(line).decode() + "\n")
    sys.stdout.flush()


def _answer_error(error: Exception) -> AnyResponse:
    """Answer in the format of the requested interface: JSON to programs, a page to people. The transaction is rolled back."""
    db.session.rollback()
    problem = _as_problem(error)
    if request.path == "/api/oauth/authorize" and "Authorization" not in request.headers:
        return portal.answer_problem(problem)
    if request.path.startswith(_OAUTH_PATHS):
        return oauth.answer_problem(problem)
    if request.path.startswith("/mcp"):
        return api.mcp.answer_problem(problem)
    return api.answer_problem(problem) if _is_api_request() else portal.answer_problem(problem)


def _as_problem(error: Exception) -> Problem | HTTPException:
    if isinstance(error, Problem | HTTPException):
        return error
    if isinstance(error, OperationalError | PoolTimeout):
        current_app.logger.error("The database does not answer: %s", error)
        return Unavailable("The database does not answer.")
    if isinstance(error, DataError):
        current_app.logger.exception("The database refused a value: %s %s", request.method, request.url_rule)
        return InvalidRequest("The database rejects a value of this request. Look for characters that are no text, such as NUL.")
    if isinstance(error, IntegrityError):
        return Conflict("Somebody changed what this depends on at the same moment. Read it again and decide again.")
    current_app.logger.exception("Unexpected: %s %s", request.method, request.url_rule)
    return InternalError()
