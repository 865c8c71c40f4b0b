"""Keys that are worth a look: what in their life or use their owner may want to change."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Literal

from sqlalchemy import bindparam, func, select

from calmboard import ids
from calmboard.access.access import Access
from calmboard.access.credentials.key_lists import EXPIRING, UNUSED
from calmboard.access.credentials.keys import COLUMNS, Key, key_of
from calmboard.access.plans import PLANS
from calmboard.clock import now
from calmboard.db import AnyRow, autocommit
from calmboard.models import ApiKey, KeyNetwork, LoggedCall, UsageDay, UsageHour
from calmboard.models.requests import IS_USE
from calmboard.prepared import Prepared

Concern = Literal["refused", "network", "programs", "expiring", "unused", "rights", "endless"]
RECENT = timedelta(days=7)
MAX_PROGRAMS = 3
_MIN_CALLS = 20
_LOOKED_AT = 2000


@dataclass(frozen=True, slots=True)
class Finding:
    """What is worth a look at a key; `values` are the rights, networks or programs, or how many calls of how many."""

    concern: Concern
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KeyHealth:
    """A key with all that was found, the most urgent first."""

    key: Key
    findings: Sequence[Finding]


@dataclass(frozen=True, slots=True)
class _Use:
    """What is known of one key: calls of seven days, endpoints that answered it, who sent its latest calls, and from which new
    networks.
    """

    total: int
    refused: int
    endpoints: frozenset[str]
    callers: Sequence[AnyRow]
    new_networks: tuple[str, ...]


def check_keys(access: Access, needed: Mapping[str, Collection[str]]) -> list[KeyHealth]:
    """The keys in use at which something was found. `needed` are the scopes of each endpoint and tool, by what the counts of
    use call it. Five statements, however many keys.
    """
    at = now()
    log_starts_at = at - timedelta(days=PLANS[access.user.plan].log_days)
    values = {
        "user_id": access.user.id,
        "at": at,
        "recent": (at - RECENT).date(),
        "lately": at - RECENT,
        "first_id": ids.first_id("req", log_starts_at),
        "since": log_starts_at,
        "limit": _LOOKED_AT,
    }
    with autocommit() as connection:
        keys = [key_of(row) for row in _KEYS.all(connection, values)]
        by_kind = [_by_key(read().all(connection, values)) for read in (_days, _endpoints, _callers, _new_networks)]
    found = []
    for key in keys:
        use = _use_of(*(of_kind.get(key.id, ()) for of_kind in by_kind))
        if findings := [finding for finding in _findings(key, use, needed, at, log_starts_at) if finding is not None]:
            found.append(KeyHealth(key, findings))
    return sorted(found, key=lambda health: _ORDER.index(health.findings[0].concern))


def list_expiries(access: Access) -> list[Key]:
    """The keys in use that expire, the next one first."""
    with autocommit() as connection:
        keys = [key_of(row) for row in _KEYS.all(connection, {"user_id": access.user.id, "at": now()})]
    return sorted((key for key in keys if key.expires_at), key=lambda key: (key.expires_at, key.id))


def _findings(
    key: Key, use: _Use, needed: Mapping[str, Collection[str]], at: datetime, log_starts_at: datetime
) -> Iterable[Finding | None]:
    """In the order of _ORDER."""
    yield _refusals(use)
    yield _new_network(key, use)
    yield _programs(use)
    yield Finding("expiring") if key.expires_at is not None and key.expires_at < at + EXPIRING else None
    yield Finding("unused") if (key.last_used_at or key.created_at) < at - UNUSED else None
    yield _unused_rights(key, use, needed) if key.created_at < log_starts_at else None
    yield Finding("endless") if key.expires_at is None else None


def _refusals(use: _Use) -> Finding | None:
    if use.total < _MIN_CALLS or use.refused * 2 <= use.total:
        return None
    return Finding("refused", (str(use.refused), str(use.total)))


def _new_network(key: Key, use: _Use) -> Finding | None:
    """Where its owner did not say which are allowed."""
    return Finding("network", use.new_networks) if use.new_networks and key.networks is None else None


def _programs(use: _Use) -> Finding | None:
    programs = sorted({row.user_agent.partition("/")[0].partition(" ")[0] for row in use.callers if row.user_agent})
    return Finding("programs", tuple(programs)) if len(programs) > MAX_PROGRAMS else None


def _unused_rights(key: Key, use: _Use, needed: Mapping[str, Collection[str]]) -> Finding | None:
    """Of each noun the larger right that it has, where nothing that it called needed that."""
    if not use.endpoints:
        return None
    used = {scope for endpoint in use.endpoints for scope in needed.get(endpoint, ())}
    nouns = {scope.partition(":")[0] for scope in key.scopes if ":" in scope}
    larger = {f"{noun}:write" if f"{noun}:write" in key.scopes else f"{noun}:read" for noun in nouns}
    return Finding("rights", tuple(sorted(larger - used))) if larger - used else None


def _use_of(
    days: Collection[AnyRow], endpoints: Collection[AnyRow], callers: Sequence[AnyRow], networks: Sequence[AnyRow]
) -> _Use:
    total = sum(row.answered + row.not_answered for row in days)
    refused = sum(row.not_answered for row in days)
    new_networks = tuple(row.network for row in networks)
    return _Use(total, refused, frozenset(row.endpoint for row in endpoints), callers, new_networks)


def _by_key(rows: Iterable[AnyRow]) -> dict[str, list[AnyRow]]:
    by_key: dict[str, list[AnyRow]] = {}
    for row in rows:
        by_key.setdefault(row.credential_id, []).append(row)
    return by_key


_ORDER: tuple[Concern, ...] = ("refused", "network", "programs", "expiring", "unused", "rights", "endless")
_IN_USE: tuple[Any, ...] = (
    ApiKey.user_id == bindparam("user_id"),
    ApiKey.revoked_at.is_(None),
    ApiKey.successor_id.is_(None),
    (ApiKey.expires_at.is_(None)) | (ApiKey.expires_at > bindparam("at")),
)
_KEYS = Prepared(select(*COLUMNS).where(*_IN_USE).order_by(ApiKey.id.desc()))


@cache
def _days() -> Prepared:
    not_answered = func.sum(UsageDay.refused + UsageDay.limited + UsageDay.failed).label("not_answered")
    answered = func.sum(UsageDay.answered).label("answered")
    mine = (UsageDay.user_id == bindparam("user_id"), UsageDay.day >= bindparam("recent"))
    return Prepared(select(UsageDay.credential_id, answered, not_answered).where(*mine).group_by(UsageDay.credential_id))


@cache
def _endpoints() -> Prepared:
    """What answered each key at least once, in the days of the log."""
    counts = select(UsageHour.credential_id, UsageHour.endpoint).join(ApiKey, ApiKey.id == UsageHour.credential_id)
    return Prepared(counts.where(*_IN_USE, UsageHour.hour >= bindparam("since"), UsageHour.answered > 0).distinct())


@cache
def _callers() -> Prepared:
    """Which programs sent the latest calls that used each key."""
    columns = (LoggedCall.credential_id, LoggedCall.user_agent)
    mine = (LoggedCall.user_id == bindparam("user_id"), LoggedCall.id >= bindparam("first_id"))
    latest = select(*columns).where(*mine, IS_USE)
    calls = latest.order_by(LoggedCall.id.desc()).limit(bindparam("limit")).subquery()
    return Prepared(select(calls.c.credential_id, calls.c.user_agent).distinct())


@cache
def _new_networks() -> Prepared:
    """Networks that a key is used from since lately, and was not from the start; the earliest first."""
    known = select(KeyNetwork.key_id, func.min(KeyNetwork.first_at).label("start")).group_by(KeyNetwork.key_id)
    first = known.join(ApiKey, ApiKey.id == KeyNetwork.key_id).where(*_IN_USE).subquery()
    statement = select(KeyNetwork.key_id.label("credential_id"), KeyNetwork.network).join(
        first, first.c.key_id == KeyNetwork.key_id
    )
    is_new = (KeyNetwork.first_at > first.c.start, KeyNetwork.first_at > bindparam("lately"))
    return Prepared(statement.where(*is_new).order_by(KeyNetwork.first_at, KeyNetwork.network))
