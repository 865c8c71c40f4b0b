"""Lists of keys: in use, expired and revoked, searched and sorted; their number, and those that agents use."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Literal

from sqlalchemy import ColumnElement, bindparam, case, func, literal, or_, select

from calmboard.access.access import Access
from calmboard.access.credentials.keys import COLUMNS, Key, key_of
from calmboard.access.oauth.resources import MCP, MCP_PREFIX
from calmboard.access.secret_format import digest
from calmboard.clock import now
from calmboard.db import AnyRow, autocommit
from calmboard.models import ApiKey, AuditEntry
from calmboard.pagination import Order, Page, PageRequest, contains, like_pattern, order_and_limit, read_page
from calmboard.prepared import Prepared, is_one_of, prepared_reads

KeyGroup = Literal["in_use", "expired", "revoked"]
EXPIRING = timedelta(days=14)
UNUSED = timedelta(days=90)

_OWN_KEYS = select(*COLUMNS).where(ApiKey.user_id == bindparam("user_id"))
_IS_EXPIRED = ApiKey.expires_at <= bindparam("at")
_FOREVER, _NEVER = datetime(9999, 1, 1, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC)
_GROUPS: Mapping[KeyGroup, tuple[ColumnElement[bool], ...]] = {
    "in_use": (ApiKey.revoked_at.is_(None), _IS_EXPIRED.is_not(True)),
    "expired": (ApiKey.revoked_at.is_(None), _IS_EXPIRED),
    "revoked": (ApiKey.revoked_at.is_not(None),),
}
_STATES: Mapping[str, ColumnElement[bool]] = {
    "works": ApiKey.paused_at.is_(None),
    "paused": ApiKey.paused_at.is_not(None),
    "expiring": ApiKey.expires_at < bindparam("soon"),
    "unused": or_(ApiKey.last_used_at.is_(None), ApiKey.last_used_at < bindparam("long_ago")),
}
_ORDERS = {
    "newest": Order((ApiKey.id,), descending=True),
    "name": Order((func.lower(ApiKey.name), ApiKey.id)),
    "used": Order((func.coalesce(ApiKey.last_used_at, literal(_NEVER, ApiKey.last_used_at.type)), ApiKey.id), descending=True),
    "ends": Order((func.coalesce(ApiKey.expires_at, literal(_FOREVER, ApiKey.expires_at.type)), ApiKey.id)),
}
STATES, SORTS = tuple(_STATES), tuple(_ORDERS)


@dataclass(frozen=True, slots=True)
class KeyFilter:
    """Which keys of a list are wanted, and in which order. `q` is a part of the name, or the end of the key; `state` one of
    STATES, `sort` one of SORTS.
    """

    q: str = ""
    tool: str = ""
    state: str = ""
    sort: str = "newest"


ALL_KEYS = KeyFilter()


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


def list_keys(access: Access, page_request: PageRequest, group: KeyGroup = "in_use", wanted: KeyFilter = ALL_KEYS) -> Page[Key]:
    """The user's keys that are in use, or expired, or revoked. The page starts behind the key whose id is `after`."""
    at = now()
    values = {
        "user_id": access.user.id,
        "at": at,
        "soon": at + EXPIRING,
        "long_ago": at - UNUSED,
        "q": like_pattern(wanted.q),
        "tail": wanted.q[-4:],
        "tool": wanted.tool,
    }
    with prepared_reads() as reads:
        after = page_request.after and _place_of(page_request.after[0], access.user.id, wanted.sort)
        if page_request.after and after is None:
            return Page([], None)
        statement = _list(group, bool(wanted.q), bool(wanted.tool), wanted.state, wanted.sort, after is not None)
        page = read_page(reads, statement, PageRequest(page_request.limit, after), values)
    return Page([key_of(row) for row in page.rows], None if page.after is None else page.after[-1:])


def find_key_by_secret(access: Access, secret: str) -> Key | None:
    """The user's key with this secret, also a revoked one."""
    with autocommit() as connection:
        statement = _OWN_KEYS.where(ApiKey.digest == digest(secret))
        row = connection.execute(statement, {"user_id": access.user.id}).first()
    return None if row is None else key_of(row)


def revocations(access: Access, key_ids: Collection[str]) -> dict[str, AnyRow]:
    """Who revoked the keys, by the id of the key: `source`, `credential_name`. Older ones are not known any more."""
    with prepared_reads() as reads:
        rows = _REVOCATIONS.all(reads, {"user_id": access.user.id, "key_ids": list(key_ids)})
    return {row.subject_id: row for row in rows}


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


def _place_of(key_id: str, user_id: str, sort: str) -> tuple[Any, ...] | None:
    """What a key is sorted by; None where there is none with this id, unless that is all that it takes."""
    if sort == "newest":
        return (key_id,)
    with autocommit() as connection:
        statement = select(*_ORDERS[sort].columns).where(ApiKey.id == key_id, ApiKey.user_id == user_id)
        row = connection.execute(statement).first()
    return None if row is None else tuple(row)


@cache
def _list(group: KeyGroup, has_text: bool, has_tool: bool, state: str, sort: str, after_cursor: bool) -> Prepared:
    conditions = list(_GROUPS[group])
    if has_text:
        conditions.append(or_(contains(func.lower(ApiKey.name)), ApiKey.last4 == bindparam("tail")))
    if has_tool:
        conditions.append(ApiKey.integration == bindparam("tool"))
    if state:
        conditions.append(_STATES[state])
    return order_and_limit(_OWN_KEYS.where(*conditions), _ORDERS[sort], after_cursor=after_cursor)


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
_REVOCATIONS = Prepared(
    select(AuditEntry.subject_id, AuditEntry.source, AuditEntry.credential_name).where(
        AuditEntry.user_id == bindparam("user_id"),
        AuditEntry.action == "key.revoked",
        is_one_of(AuditEntry.subject_id, "key_ids"),
    )
)
