"""Announces the end of an endpoint while it still answers: Deprecation (RFC 9745), Sunset (RFC 8594)."""

from datetime import datetime
from typing import NamedTuple

from flask import Response, after_this_request, current_app
from werkzeug.http import http_date


class Ending(NamedTuple):
    """From when an endpoint is deprecated, when it stops, and the path of what replaces it."""

    deprecated_at: datetime | None = None
    sunset_at: datetime | None = None
    successor: str | None = None


def announce(ending: Ending) -> None:
    """Say it with this request's answer, whether that is an error or not."""
    if ending != Ending():
        after_this_request(lambda response: _with_ending(response, ending))


def _with_ending(response: Response, ending: Ending) -> Response:
    if ending.deprecated_at is not None:
        response.headers["Deprecation"] = f"@{int(ending.deprecated_at.timestamp())}"
    if ending.sunset_at is not None:
        response.headers["Sunset"] = http_date(ending.sunset_at)
    if ending.successor is not None:
        origin = current_app.config["CALMBOARD"].origin
        response.headers.add("Link", f'<{origin}{ending.successor}>; rel="successor-version"')
    return response
