"""The record of a request from its first byte to its log line."""

import re

import msgspec
from flask import Flask, Response, g

from calmboard import ids
from calmboard.access.request_log import REQUEST_LOG
from calmboard.access.request_log.last_use import record_use
from calmboard.access.request_record import RequestRecord
from calmboard.clock import now
from calmboard.logs import write_line
from calmboard.settings import current_settings
from web.app import add_plain_headers, current_request

_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")

_ANYWHERE = (("X-Content-Type-Options", "nosniff"),)
_SECURE = (*_ANYWHERE, ("Strict-Transport-Security", "max-age=31536000; includeSubDomains"))

_encode = msgspec.json.Encoder().encode


def install(app: Flask) -> None:
    app.before_request(_begin)
    app.after_request(_end)


def current_record() -> RequestRecord:
    record: RequestRecord = g.record
    return record


def _begin() -> None:
    request = current_request()
    environ = request.environ
    sent = environ.get("HTTP_X_REQUEST_ID", "")
    is_given = bool(sent) and _REQUEST_ID.fullmatch(sent) is not None
    g.record = RequestRecord(
        id=sent if is_given else ids.new_id("req"),
        has_given_id=is_given,
        at=now(),
        method=request.method,
        route=request.url_rule.rule if request.url_rule else None,
        ip=request.remote_addr,
        user_agent=environ.get("HTTP_USER_AGENT", ""),
        endpoint=f"{request.method} {request.path.removeprefix('/api/v1')}".replace("\0", "\ufffd"),
    )


def _end(response: Response) -> Response:
    record = current_record()
    record.end(response.status_code)
    add_plain_headers(response, ("X-Request-Id", record.id), *(_SECURE if current_settings().is_https else _ANYWHERE))
    record_use(record)
    REQUEST_LOG.get().add(record)
    _log(record)
    return response


def _log(record: RequestRecord) -> None:
    """One JSON line a request."""
    line = {
        "at": record.at,
        "request_id": record.id,
        "method": record.method,
        "route": record.route,
        "tool": record.tool,
        "status": record.status,
        "code": record.code,
        "refused_by": record.refused_by,
        "ms": record.duration_ms,
        "ip": record.ip,
        "credential": record.credential.id if record.credential else None,
    }
    write_line(_encode(line) + b"\n")
