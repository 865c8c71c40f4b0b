"""The blueprint of every page, and how its views lead elsewhere."""

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, make_response, redirect, request, session, url_for
from werkzeug.wrappers import Response

from portal.shared.transport.compression import compress
from portal.shared.transport.masked_csrf import MaskedCsrf

bp = Blueprint("portal", __name__)
csrf = MaskedCsrf()
bp.after_request(compress)

_NOTED_AT = "noted_at"
# Parts that stand on Integrations & APIs and on a page of their own.
_OWN_PAGES = {"keys": "portal.key_list", "oauth-client": "portal.app_list", "connected-apps": "portal.app_list"}

UNCHANGED = "unchanged"  # the category of a flashed sentence that tells of no change


def is_htmx() -> bool:
    """Whether htmx requests a part of a page, and not the page."""
    return request.headers.get("HX-Request") == "true"


def redirect_to(address: str) -> Response:
    """Redirect the browser to another page; htmx needs a header for that."""
    if not is_htmx():
        return redirect(address, 303)
    response = make_response("", 204)
    response.headers["HX-Redirect"] = address
    return response


def page_with(part: str) -> str:
    """The endpoint of the page that a part stands on: its own one, where the reader is there, or else Integrations & APIs."""
    own = _OWN_PAGES.get(part)
    if own is None:
        return "portal.integrations"
    came_from, path = urlsplit(request.referrer or "").path, url_for(own)
    is_there = came_from == path or (request.path == path and not is_htmx())
    return own if is_there else "portal.integrations"


def redirect_to_part(anchor: str, **query: Any) -> Response:
    """Redirect to a part of the page that the reader is on; what was flashed stands in it, since the browser shows no other."""
    session[_NOTED_AT] = anchor
    return redirect(url_for(page_with(anchor), _anchor=anchor, **query), 303)


def take_noted_part() -> str | None:
    """The part that the last request was about, once."""
    anchor: str | None = session.pop(_NOTED_AT, None)
    return anchor
