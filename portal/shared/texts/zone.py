"""The reader's time zone, which their browser names in a cookie; UTC until it has."""

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flask import has_request_context, request

from calmboard.clock import now

_COOKIE = "calmboard_timezone"
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}")
_MAX_LENGTH = 40
_LAST_DAY = date.max - timedelta(days=1)


def reader_zone() -> tzinfo:
    return _find_zone(request.cookies.get(_COOKIE, "")) if has_request_context() else UTC


def zone_name() -> str:
    """“Europe/Berlin”, or “UTC”."""
    return str(reader_zone())


def local(at: datetime) -> datetime:
    """The same moment, as the reader's clock shows it."""
    return at.astimezone(reader_zone())


def today() -> date:
    return local(now()).date()


def end_of(day: date) -> datetime:
    """The last second of the reader's day; the last days of all have none in every zone."""
    return datetime.combine(min(day, _LAST_DAY), time(23, 59, 59), reader_zone()).astimezone(UTC)


@lru_cache(1000)
def _find_zone(name: str) -> tzinfo:
    if len(name) > _MAX_LENGTH or not _NAME.fullmatch(name):
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC
