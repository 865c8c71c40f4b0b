"""Messages about keys that come with time: one ends soon, or was used from a network that is new to it.

Each is claimed by a statement that one worker alone succeeds with, in the commit of the message.
"""

import ipaddress
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, or_, select, update

from calmboard import ids
from calmboard.access.credentials.key_life.networks import address_of
from calmboard.clock import now
from calmboard.db import autocommit, db, insert_or_ignore, retry_conflicts
from calmboard.events.notices import send_notice
from calmboard.events.outbox import Kind
from calmboard.models import ApiKey, KeyNetwork, LoggedRequest
from calmboard.models.requests import LIVES

# The job looks every few minutes. What it did not see within this time, it does not learn of.
LOOKED_BACK = timedelta(hours=1)
_DAY, _WEEK = timedelta(days=1), timedelta(days=7)
# Of networks, not of addresses: those of a phone or of a tool in a cloud change by the hour.
_PREFIX_LENGTHS = {4: 24, 6: 48}
_KEYS_AT_ONCE = 500
# Refused by these, a call did not use the key.
_UNUSED = ("credential", "network")


class _UsedFrom(NamedTuple):
    key_id: str
    user_id: str
    network: str
    first_at: datetime


def note_ending_keys() -> None:
    """Write to the owners of keys that end within a week or a day, once for each end that a key was given.

    A key that was made, or replaced, within that time was given its end knowingly.
    """
    at = now()
    _note_ends("key_ends_in_a_day", ApiKey.day_notice_for.key, at, at + _DAY, _DAY)
    _note_ends("key_ends_in_a_week", ApiKey.week_notice_for.key, at + _DAY, at + _WEEK, _WEEK)


def note_new_networks() -> None:
    """Write to the owners of keys that were used from a network that is new to them, at most once a day for each key.

    The first network of a key is not new.
    """
    used = _list_used_from(now() - LOOKED_BACK)
    known = _known_networks({each.key_id for each in used})
    for each in used:
        if (each.key_id, each.network) not in known:
            known.add((each.key_id, each.network))
            _note_network(each)


def _note_ends(kind: Kind, column: str, after: datetime, until: datetime, before: timedelta) -> None:
    told_of = getattr(ApiKey, column)
    is_untold = or_(told_of.is_(None), told_of != ApiKey.expires_at)
    ends = (ApiKey.revoked_at.is_(None), ApiKey.expires_at > after, ApiKey.expires_at <= until, is_untold)
    chosen_at = func.coalesce(ApiKey.replaced_at, ApiKey.created_at).label("chosen_at")
    with autocommit() as connection:
        rows = connection.execute(select(ApiKey.id, ApiKey.user_id, ApiKey.expires_at, chosen_at).where(*ends)).all()
    for row in rows:
        if row.chosen_at < row.expires_at - before:
            is_same = (ApiKey.id == row.id, ApiKey.expires_at == row.expires_at, is_untold)
            _claim(kind, row.user_id, row.id, column, row.expires_at, *is_same)


@retry_conflicts
def _claim(kind: Kind, user_id: str, key_id: str, column: str, value: datetime, *conditions: ColumnElement[bool]) -> None:
    claim = update(ApiKey).where(*conditions).values({column: value}).returning(ApiKey.id)
    if db.session.execute(claim, execution_options={"synchronize_session": False}).first() is not None:
        send_notice(kind, user_id, key_id)
    db.session.commit()


def _list_used_from(since: datetime) -> list[_UsedFrom]:
    """Which keys were used from which networks, the earliest first."""
    columns = (LoggedRequest.credential_id, ApiKey.user_id, LoggedRequest.network)
    statement = (
        select(*columns, func.min(LoggedRequest.at))
        .join(ApiKey, ApiKey.id == LoggedRequest.credential_id)
        .where(LoggedRequest.kept_days.in_(LIVES), LoggedRequest.id >= ids.first_id("req", since))
        .where(or_(LoggedRequest.refused_by.is_(None), LoggedRequest.refused_by.not_in(_UNUSED)))
        .group_by(*columns)
        .order_by(func.min(LoggedRequest.at))
    )
    with autocommit() as connection:
        rows = connection.execute(statement).all()
    return [_UsedFrom(key_id, user_id, network, at) for key_id, user_id, ip, at in rows if (network := _network_of(ip))]


def _known_networks(key_ids: Collection[str]) -> set[tuple[str, str]]:
    """The keys with the networks that they are known to be used from: nearly all that a look finds is among them."""
    known, ids_left = set[tuple[str, str]](), sorted(key_ids)
    with autocommit() as connection:
        for start in range(0, len(ids_left), _KEYS_AT_ONCE):
            some = KeyNetwork.key_id.in_(ids_left[start : start + _KEYS_AT_ONCE])
            known |= {
                (row.key_id, row.network) for row in connection.execute(select(KeyNetwork.key_id, KeyNetwork.network).where(some))
            }
    return known


def _network_of(ip: str | None) -> str | None:
    address = address_of(ip)
    if address is None:
        return None
    return str(ipaddress.ip_network((address, _PREFIX_LENGTHS[address.version]), strict=False))


@retry_conflicts
def _note_network(used: _UsedFrom) -> None:
    """Learn of a network, and tell of it where the key was used from another before."""
    values = {"key_id": used.key_id, "network": used.network, "first_at": used.first_at}
    knows = select(KeyNetwork.network).where(KeyNetwork.key_id == used.key_id).limit(1)
    is_first = db.session.execute(knows).first() is None
    is_new = db.session.execute(insert_or_ignore(KeyNetwork, db.engine.dialect.name), values).first() is not None
    if is_new and not is_first:
        at = now()
        not_today = or_(ApiKey.network_notice_at.is_(None), ApiKey.network_notice_at <= at - _DAY)
        claim = (ApiKey.id == used.key_id, ApiKey.revoked_at.is_(None), not_today)
        _claim("key_new_network", used.user_id, used.key_id, ApiKey.network_notice_at.key, at, *claim)
    db.session.commit()
