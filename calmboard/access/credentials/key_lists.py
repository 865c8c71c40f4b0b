"""Keys as people see them: those in use a part at a time, the revoked ones apart, how many there are, which agents hold."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import bindparam, case, func, or_, select

from calmboard.access.access import Access
from calmboard.access.credentials.keys import COLUMNS, Key, key_of
from calmboard.access.oauth.resources import BY_MCP, MCP
from calmboard.db import AnySelect, now, reading
from calmboard.models import ApiKey
from calmboard.pagination import Order, Page, PageRequest, order_and_limit, read_page

_MINE = select(*COLUMNS).where(ApiKey.user_id == bindparam("user_id"))
_HAS_ENDED = ApiKey.expires_at <= bindparam("at")
_IN_TIME_FIRST = case((_HAS_ENDED, 0), else_=1)


@dataclass(frozen=True, slots=True)
class KeyCounts:
    """How the keys in use stand; `ending` of those that work end soon."""

    working: int
    paused: int
    expired: int
    ending: int

    @property
    def in_use(self) -> int:
        return self.working + self.paused + self.expired


def list_keys(access: Access, cut: PageRequest) -> Page[Key]:
    """The asker's keys that are not revoked: first those that have not expired, then the others, each newest first."""
    return _read(access, _in_use(cut.after is not None), cut)


def list_revoked_keys(access: Access, cut: PageRequest) -> Page[Key]:
    """Newest first, by when they were made."""
    return _read(access, _revoked(cut.after is not None), cut)


def latest_agent_keys(access: Access, most: int) -> list[Key]:
    """The keys in use whose last call came to the MCP server, the latest call first."""
    with reading() as connection:
        rows = connection.execute(_AGENTS, {"user_id": access.user.id, "most": most})
        return [key_of(row) for row in rows]


def count_keys(access: Access, ending_before: datetime) -> KeyCounts:
    """Count the keys that are not revoked; a plan holds a few hundred at most."""
    with reading() as connection:
        row = connection.execute(_COUNTS, {"user_id": access.user.id, "at": now(), "soon": ending_before}).one()
    return KeyCounts(*row)


def _read(access: Access, statement: AnySelect, cut: PageRequest) -> Page[Key]:
    with reading() as connection:
        page = read_page(connection, statement, cut, {"user_id": access.user.id, "at": now()})
    return Page([key_of(row) for row in page.rows], page.after)


@cache
def _in_use(after_cursor: bool) -> AnySelect:
    order = Order((_IN_TIME_FIRST, ApiKey.id), descending=True)
    return order_and_limit(_MINE.where(ApiKey.revoked_at.is_(None)), order, after_cursor=after_cursor)


@cache
def _revoked(after_cursor: bool) -> AnySelect:
    return order_and_limit(
        _MINE.where(ApiKey.revoked_at.is_not(None)), Order((ApiKey.id,), descending=True), after_cursor=after_cursor
    )


_WORKS = _HAS_ENDED.is_not(True) & ApiKey.paused_at.is_(None)
_COUNTS = select(
    func.count(case((_WORKS, 1))),
    func.count(case((_HAS_ENDED.is_not(True) & ApiKey.paused_at.is_not(None), 1))),
    func.count(case((_HAS_ENDED, 1))),
    func.count(case((_WORKS & (ApiKey.expires_at < bindparam("soon")), 1))),
).where(ApiKey.user_id == bindparam("user_id"), ApiKey.revoked_at.is_(None))
_AGENTS = (
    _MINE.where(
        ApiKey.revoked_at.is_(None),
        or_(ApiKey.last_used_endpoint.startswith(BY_MCP), ApiKey.last_used_endpoint.endswith(f" {MCP}")),
    )
    .order_by(ApiKey.last_used_at.desc(), ApiKey.id.desc())
    .limit(bindparam("most"))
)
