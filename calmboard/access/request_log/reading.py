"""The log of requests as its owner reads it: newest first, filtered, a page at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, bindparam, select

from calmboard import ids
from calmboard.access.access import Access
from calmboard.access.permissions import require_scope
from calmboard.access.plans import PLANS
from calmboard.access.request_log.writer import REQUEST_LOG
from calmboard.clock import now
from calmboard.db import AnyRow, autocommit
from calmboard.models import LoggedCall, RequestLogGap
from calmboard.pagination import Order, Page, PageRequest, order_and_limit, read_page
from calmboard.prepared import Prepared

_SHOWN_GAPS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFilter:
    """Which calls of a log are wanted; None: whichever. `since` and `until` are when they began, `newer_than` is the id of
    one. `refused` is whether they were answered with an error.
    """

    credential_id: str | None = None
    method: str | None = None
    route: str | None = None
    tool: str | None = None
    status: int | None = None
    code: str | None = None
    refused_by: str | None = None
    network: str | None = None
    user_agent: str | None = None
    request_id: str | None = None
    refused: bool | None = None
    since: datetime | None = None
    until: datetime | None = None
    newer_than: str | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """A call as its owner sees it."""

    id: str
    at: datetime
    credential_id: str
    method: str
    route: str | None
    tool: str | None
    status: int
    code: str | None
    refused_by: str | None
    hint: str | None
    duration_ms: float
    network: str | None
    user_agent: str | None
    request_id: str


EVERY_CALL = CallFilter()
_PLAIN = tuple(field.name for field in fields(Call) if field.name != "duration_ms")
_COLUMNS = [*(getattr(LoggedCall, name) for name in _PLAIN), LoggedCall.duration_us]
_EQUAL = ("credential_id", "method", "route", "tool", "status", "code", "refused_by", "network", "user_agent", "request_id")
_CONDITIONS: Mapping[str, ColumnElement[bool]] = {
    **{name: getattr(LoggedCall, name) == bindparam(name) for name in _EQUAL},
    "until": LoggedCall.id < bindparam("until"),
    "newer_than": LoggedCall.id > bindparam("newer_than"),
}
_IS_REFUSED = {True: LoggedCall.code.is_not(None), False: LoggedCall.code.is_(None)}


def list_calls(access: Access, page_request: PageRequest, wanted: CallFilter = EVERY_CALL) -> Page[Call]:
    """The calls of the user, newest first, of as many days as their plan keeps. Raises InsufficientScope without `keys:read`.

    A key that is limited to some projects sees its own only. What this process has not written yet is written before.
    """
    require_scope(access, "keys:read")
    REQUEST_LOG.get().flush()
    values = {"user_id": access.user.id, "first": _first_id(access, wanted.since), **_values(wanted)}
    itself = access.credential.id if access.credential and access.is_limited else None
    statement = _list(tuple(sorted(_given(wanted))), wanted.refused, itself is not None, page_request.after is not None)
    with autocommit() as connection:
        page = read_page(connection, statement, page_request, {**values, "itself": itself})
    return Page([_call_of(row) for row in page.rows], page.after)


def list_gaps(access: Access, wanted: CallFilter = EVERY_CALL) -> Sequence[tuple[datetime, datetime]]:
    """The times of which calls are missing in this part of the log, the latest first, at most twenty."""
    require_scope(access, "keys:read")
    since = wanted.since or now() - timedelta(days=PLANS[access.user.plan].log_days)
    statement = select(RequestLogGap.began_at, RequestLogGap.ended_at).where(RequestLogGap.ended_at >= since)
    if wanted.until is not None:
        statement = statement.where(RequestLogGap.began_at < wanted.until)
    with autocommit() as connection:
        rows = connection.execute(statement.order_by(RequestLogGap.ended_at.desc()).limit(_SHOWN_GAPS)).all()
    written = [(row.began_at, row.ended_at) for row in rows]
    unwritten = REQUEST_LOG.get().gap
    return written if unwritten is None else [unwritten, *written]


def _first_id(access: Access, since: datetime | None) -> str:
    oldest = now() - timedelta(days=PLANS[access.user.plan].log_days)
    return ids.first_id("req", max(oldest, since) if since else oldest)


def _given(wanted: CallFilter) -> list[str]:
    return [field.name for field in fields(wanted) if field.name in _CONDITIONS and getattr(wanted, field.name) is not None]


def _values(wanted: CallFilter) -> dict[str, Any]:
    values = {name: getattr(wanted, name) for name in _given(wanted)}
    if wanted.until is not None:
        values["until"] = ids.first_id("req", wanted.until)
    return values


def _call_of(row: AnyRow) -> Call:
    return Call(**{name: getattr(row, name) for name in _PLAIN}, duration_ms=row.duration_us / 1000)


@cache
def _list(given: tuple[str, ...], refused: bool | None, only_own: bool, after_cursor: bool) -> Prepared:
    conditions = [LoggedCall.user_id == bindparam("user_id"), LoggedCall.id >= bindparam("first")]
    conditions += [_CONDITIONS[name] for name in given]
    if refused is not None:
        conditions.append(_IS_REFUSED[refused])
    if only_own:
        conditions.append(LoggedCall.credential_id == bindparam("itself"))
    statement = select(*_COLUMNS).where(*conditions)
    return order_and_limit(statement, Order((LoggedCall.id,), descending=True), after_cursor=after_cursor)
