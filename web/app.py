"""Flask as it is, but for what each call would pay for and nothing here uses.

The figures are shares of the CPU of `GET /api/v1/projects`, printed by `python -m bench.overrides`.
"""

from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask, Request, Response, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from werkzeug.datastructures import Headers
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import MapAdapter
from werkzeug.wsgi import get_host

from calmboard.extensions import Extension
from calmboard.settings import Settings
from web.forms import ShortForm

_BODILESS = (204, 304)
_COOKIELESS: Extension[tuple[str, ...]] = Extension("cookieless", ())


class PageSessions(SecureCookieSessionInterface):
    """Opens no session under the prefixes of programs, which a cookie never drives: 11 %."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        return None if request.path.startswith(_COOKIELESS.get(app)) else super().open_session(app, request)


class AppRequest(Request):
    form_data_parser_class = ShortForm


class AppResponse(Response):
    """What every other class of responses derives from; Flask makes one that does not into this very class.

    `plain_headers` are sent as they are, after the others: they are ours, and none of them is looked at again.
    """

    plain_headers: tuple[tuple[str, str], ...] = ()

    def get_wsgi_headers(self, environ: dict[str, Any]) -> Headers:
        """The headers as they are, where nothing in them depends on the request, and not a copy: 3 %."""
        headers = self.headers
        if self.status_code in _BODILESS or "Location" in headers or "Content-Location" in headers:
            return super().get_wsgi_headers(environ)
        if self.is_sequence and "Content-Length" not in headers:
            headers["Content-Length"] = str(sum(map(len, self.iter_encoded())))
        return headers

    def get_wsgi_response(self, environ: dict[str, Any]) -> tuple[Iterable[bytes], str, list[tuple[str, str]]]:
        body, status, headers = super().get_wsgi_response(environ)
        return body, status, [*headers, *self.plain_headers]


def add_plain_headers(response: Response, *headers: tuple[str, str]) -> None:
    """Add headers that nobody has added before and nobody asks for: 5 % for the dozen that each answer has."""
    response.plain_headers = (*getattr(response, "plain_headers", ()), *headers)  # type: ignore[attr-defined]


def current_request() -> Request:
    """The request itself; each look through Flask's proxy costs more than what is looked at: 4 %."""
    found: Request = request._get_current_object()  # type: ignore[attr-defined]
    return found


class App(Flask):
    request_class = AppRequest
    response_class = AppResponse

    def __init__(self, settings: Settings) -> None:
        super().__init__("wsgi", static_folder=None, instance_path=str(settings.instance_dir))
        self.session_interface = PageSessions()
        self.url_map.merge_slashes = False

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """No view is asynchronous, so none is looked at: 2.8 %."""
        return func

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """No route names a host, so none is read as a domain name: 5.3 %."""
        if request is None:
            return super().create_url_adapter(None)
        request.host = get_host(request.environ)
        scheme, query = request.scheme, request.query_string.decode("latin1")
        return MapAdapter(self.url_map, request.host, request.root_path, "", scheme, request.path, request.method, query)


def use_no_cookies(app: Flask, *prefixes: str) -> None:
    """Open no session for requests whose path starts so."""
    _COOKIELESS.set(app, _COOKIELESS.get(app) + prefixes)


def trust_proxies(app: Flask, hops: int) -> None:
    if hops:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
