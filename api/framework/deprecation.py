"""Announces the end of an endpoint while it still answers: Deprecation (RFC 9745), Sunset (RFC 8594)."""

from datetime import datetime
from typing import NamedTuple

from flask import Response, after_this_request
from werkzeug.http import http_date

from web.origin import origin


class Deprecation(NamedTuple):
    """From when an endpoint is deprecated, when it stops, and the path of what replaces it."""

    deprecated_at: datetime | None = None
    sunset_at: datetime | None = None
    successor: str | None = None


# Of an endpoint that stays.
NO_DEPRECATION = Deprecation()


def add_deprecation_headers(deprecation: Deprecation) -> None:
    """Add the headers to this request's response, whether that is an error or not."""
    if deprecation != NO_DEPRECATION:
        after_this_request(lambda response: _with_deprecation_headers(response, deprecation))


def _with_deprecation_headers(response: Response, deprecation: Deprecation) -> Response:
    if deprecation.deprecated_at is not None:
        response.headers["Deprecation"] = f"@{int(deprecation.deprecated_at.timestamp())}"
    if deprecation.sunset_at is not None:
        response.headers["Sunset"] = http_date(deprecation.sunset_at)
    if deprecation.successor is not None:
        response.headers.add("Link", f'<{origin()}{deprecation.successor}>; rel="successor-version"')
    return response
