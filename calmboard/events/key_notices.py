"""Messages about keys that come with time: one ends soon, or was used from a network that is new to it.

Each is claimed by a statement that one worker alone succeeds with, in the commit of the message.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, or_, select, update

from calmboard import ids
from calmboard.access.credentials.key_life.networks import network_around
from calmboard.clock import now
from calmboard.db import autocommit, db, insert_or_ignore, retry_conflicts
from calmboard.events.notices import send_notice
from calmboard.events.outbox import Kind
from calmboard.models import ApiKey, KeyNetwork, LoggedCall
from calmboard.models.requests import IS_USE, LIVES

# The job looks every few minutes. What it did not see within this time, it does not learn of.
LOOKED_BACK = timedelta(hours=1)
_DAY, _WEEK = timedelta(days=1), timedelta(days=7)
_KEYS_AT_ONCE = 500


class _UsedFrom(NamedTuple):
    """A network that a key was used from lately; `created_at` is when the key was."""

    key_id: str
    user_id: str
    created_at: datetime
    network: str
    first_at: datetime
    last_at: datetime


def note_ending_keys() -> None:
    """Write to the owners of keys that end within a week or a day, once for each end that a key was given.

    A key that was made, or replaced, within that time was given its end knowingly.
    """
    at = now()
    _note_ends("key_ends_in_a_day", ApiKey.day_notice_for.key, at, at + _DAY, _DAY)
    _note_ends("key_ends_in_a_week", ApiKey.week_notice_for.key, at + _DAY, at + _WEEK, _WEEK)


def note_new_networks() -> None:
    """Write to the owners of keys that were used from a network that is new to them, at most once a day for each key.

    The first network of a key is not new. Neither are those of a key that was used before anybody looked, as after an upgrade.
    """
    since = now() - LOOKED_BACK
    used = _list_used_from(since)
    known = _known_networks({each.key_id for each in used})
    _note_last_use(each for each in used if each.last_at - _DAY > known.get((each.key_id, each.network), each.last_at))
    with_history, new = {key_id for key_id, _ in known}, dict[str, list[_UsedFrom]]()
    for each in used:
        if (each.key_id, each.network) not in known:
            new.setdefault(each.key_id, []).append(each)
    for key_id, networks in new.items():
        if key_id not in with_history:
            silent = len(networks) if networks[0].created_at < since else 1
            _learn(networks[:silent])
            networks = networks[silent:]
        for each in networks:
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
    columns = (LoggedCall.credential_id, ApiKey.user_id, ApiKey.created_at, LoggedCall.network)
    statement = (
        select(*columns, func.min(LoggedCall.at), func.max(LoggedCall.at))
        .join(ApiKey, ApiKey.id == LoggedCall.credential_id)
        .where(LoggedCall.kept_days.in_(LIVES), LoggedCall.id >= ids.first_id("req", since), IS_USE)
        .group_by(*columns)
        .order_by(func.min(LoggedCall.at))
    )
    used: dict[tuple[str, str], _UsedFrom] = {}
    with autocommit() as connection:
        for key_id, user_id, created_at, ip, first_at, last_at in connection.execute(statement):
            if network := network_around(ip):
                found = used.setdefault((key_id, network), _UsedFrom(key_id, user_id, created_at, network, first_at, last_at))
                used[key_id, network] = found._replace(last_at=max(found.last_at, last_at))
    return list(used.values())


def _known_networks(key_ids: Collection[str]) -> dict[tuple[str, str], datetime]:
    """When the keys were last used from the networks that are known of them: nearly all that a look finds is among them."""
    known, ids_left = dict[tuple[str, str], datetime](), sorted(key_ids)
    columns = select(KeyNetwork.key_id, KeyNetwork.network, KeyNetwork.last_at)
    with autocommit() as connection:
        for start in range(0, len(ids_left), _KEYS_AT_ONCE):
            some = columns.where(KeyNetwork.key_id.in_(ids_left[start : start + _KEYS_AT_ONCE]))
            known |= {(row.key_id, row.network): row.last_at for row in connection.execute(some)}
    return known


@retry_conflicts
def _note_last_use(used: Iterable[_UsedFrom]) -> None:
    """In the order of the keys, so that two workers do not wait for each other in a circle."""
    for each in sorted(used):
        is_it = (KeyNetwork.key_id == each.key_id, KeyNetwork.network == each.network)
        db.session.execute(update(KeyNetwork).where(*is_it).values(last_at=each.last_at))
    db.session.commit()


@retry_conflicts
def _learn(networks: Sequence[_UsedFrom]) -> None:
    """The first ones of a key, all at once and as of one time: what is later is new."""
    for each in sorted(networks):
        _insert(each._replace(first_at=networks[0].first_at))
    db.session.commit()


@retry_conflicts
def _note_network(used: _UsedFrom) -> None:
    if _insert(used):
        at = now()
        not_today = or_(ApiKey.network_notice_at.is_(None), ApiKey.network_notice_at <= at - _DAY)
        claim = (ApiKey.id == used.key_id, ApiKey.revoked_at.is_(None), not_today)
        _claim("key_new_network", used.user_id, used.key_id, ApiKey.network_notice_at.key, at, *claim)
    db.session.commit()


def _insert(used: _UsedFrom) -> bool:
    """Whether nobody did before."""
    values = {"key_id": used.key_id, "network": used.network, "first_at": used.first_at, "last_at": used.last_at}
    return db.session.execute(insert_or_ignore(KeyNetwork, db.engine.dialect.name), values).first() is not None
