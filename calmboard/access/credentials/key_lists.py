"""Lists of keys: those in use page by page, the revoked ones separately, their number, and those that agents use."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import bindparam, case, func, or_, select

from calmboard.access.access import Access
from calmboard.access.credentials.keys import COLUMNS, Key, key_of
from calmboard.access.oauth.resources import MCP, MCP_PREFIX
from calmboard.clock import now
from calmboard.db import autocommit
from calmboard.models import ApiKey
from calmboard.pagination import Order, Page, PageRequest, order_and_limit, read_page
from calmboard.prepared import Prepared

_OWN_KEYS = select(*COLUMNS).where(ApiKey.user_id == bindparam("user_id"))
_IS_EXPIRED = ApiKey.expires_at <= bindparam("at")
_UNEXPIRED_FIRST = case((_IS_EXPIRED, 0), else_=1)


@dataclass(frozen=True, slots=True)
class KeyCounts:
    """The keys in use by status; `ending` of those that work expire soon."""

    working: int
    paused: int
    expired: int
    ending: int

    @property
    def in_use(self) -> int:
        return self.working + self.paused + self.expired


def list_keys(access: Access, page_request: PageRequest) -> Page[Key]:
    """The user's keys that are not revoked: first those that have not expired, then the others, each newest first."""
    return _read(access, _in_use(page_request.after is not None), page_request)


def list_revoked_keys(access: Access, page_request: PageRequest) -> Page[Key]:
    """Newest first, by creation."""
    return _read(access, _revoked(page_request.after is not None), page_request)


def latest_agent_keys(access: Access, limit: int) -> list[Key]:
    """The keys in use whose last call came to the MCP server, the latest call first."""
    with autocommit() as connection:
        rows = connection.execute(_AGENTS, {"user_id": access.user.id, "limit": limit})
        return [key_of(row) for row in rows]


def count_keys(access: Access, ending_before: datetime) -> KeyCounts:
    """Count the keys that are not revoked; a plan allows a few hundred at most."""
    with autocommit() as connection:
        row = connection.execute(_COUNTS, {"user_id": access.user.id, "at": now(), "soon": ending_before}).one()
    return KeyCounts(*row)


def _read(access: Access, statement: Prepared, page_request: PageRequest) -> Page[Key]:
    with autocommit() as connection:
        page = read_page(connection, statement, page_request, {"user_id": access.user.id, "at": now()})
    return Page([key_of(row) for row in page.rows], page.after)


@cache
def _in_use(after_cursor: bool) -> Prepared:
    order = Order((_UNEXPIRED_FIRST, ApiKey.id), descending=True)
    return order_and_limit(_OWN_KEYS.where(ApiKey.revoked_at.is_(None)), order, after_cursor=after_cursor)


@cache
def _revoked(after_cursor: bool) -> Prepared:
    return order_and_limit(
        _OWN_KEYS.where(ApiKey.revoked_at.is_not(None)), Order((ApiKey.id,), descending=True), after_cursor=after_cursor
    )


_WORKS = _IS_EXPIRED.is_not(True) & ApiKey.paused_at.is_(None)
_COUNTS = select(
    func.count(case((_WORKS, 1))),
    func.count(case((_IS_EXPIRED.is_not(True) & ApiKey.paused_at.is_not(None), 1))),
    func.count(case((_IS_EXPIRED, 1))),
    func.count(case((_WORKS & (ApiKey.expires_at < bindparam("soon")), 1))),
).where(ApiKey.user_id == bindparam("user_id"), ApiKey.revoked_at.is_(None))
_AGENTS = (
    _OWN_KEYS.where(
        ApiKey.revoked_at.is_(None),
        or_(ApiKey.last_used_endpoint.startswith(MCP_PREFIX), ApiKey.last_used_endpoint.endswith(f" {MCP}")),
    )
    .order_by(ApiKey.last_used_at.desc(), ApiKey.id.desc())
    .limit(bindparam("limit"))
)
