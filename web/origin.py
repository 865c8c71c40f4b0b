"""The one address of this CalmBoard. Links are made from settings, never from the Host header."""

from urllib.parse import urlsplit

from flask import Flask, redirect
from werkzeug.wrappers import Response

from calmboard.errors import MisdirectedRequest
from calmboard.extensions import Extension
from calmboard.settings import Settings, current_settings, is_loopback
from web.app import current_request
from web.problems import is_for_programs

_ANY_HOST: Extension[frozenset[str]] = Extension("any_host", frozenset())


def origin() -> str:
    """Scheme, host and port, without a slash at the end."""
    return current_settings().origin


def is_from_our_page() -> bool:
    """Whether a form was sent by a page of ours, as the browser says: another site could fill it with its own values."""
    return current_request().headers.get("Origin") in page_origins()


def page_origins() -> set[str]:
    """Where this page may stand: at ORIGIN; in development under every name of this machine, as `_require_host` lets pass."""
    settings = current_settings()
    return {settings.origin, *({current_request().host_url.rstrip("/")} if settings.is_development else ())}


def answer_under_any_host(app: Flask, *paths: str) -> None:
    """Let these paths answer whatever host is named, as a load balancer's probe does."""
    _ANY_HOST.set(app, _ANY_HOST.get(app).union(paths))


def install(app: Flask) -> None:
    app.before_request(_require_host)


def _require_host() -> Response | None:
    settings = current_settings()
    return None if current_request().host == settings.host else _send_to_origin(settings)


def _send_to_origin(settings: Settings) -> Response | None:
    """Another host gets no page: people are led to the right one, programs receive 421."""
    request = current_request()
    if _without_default_port(request.host, settings) == settings.host or request.path in _ANY_HOST.get():
        return None
    if settings.is_development and is_loopback(urlsplit(f"//{request.host}").hostname or ""):
        return None
    if is_for_programs(request.path):
        raise MisdirectedRequest(f"Send this request to {settings.origin}.")
    return redirect(settings.origin + request.full_path.rstrip("?"), 308)


def _without_default_port(host: str, settings: Settings) -> str:
    """A Host as origins are written: names whatever their case, and no port that the scheme has anyway."""
    return host.lower().removesuffix(":443" if settings.is_https else ":80")
