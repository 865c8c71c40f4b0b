"""Reads that may lag, from a replica where there is one: never a permission, and never behind the reader's own writes."""

import logging
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Any

from flask import Flask
from sqlalchemy import bindparam, event, select

from calmboard.access.access import Access
from calmboard.access.limits.fixed_window import FixedWindow
from calmboard.db import autocommit, db
from calmboard.errors import Unavailable
from calmboard.extensions import Extension
from calmboard.models import Membership
from calmboard.prepared import Reads, prepared_reads
from calmboard.replica import Replica

OWN_WRITES_S = 5
_WRITER = "writer_id"
_OWN_PROJECTS = select(Membership.project_id).where(Membership.user_id == bindparam("user_id"))


class _ReadRouter:
    """The replica, and who wrote in the last OWN_WRITES_S: in the limiter's store, which all processes and hosts share."""

    def __init__(self, replica: Replica, store: FixedWindow) -> None:
        self._replica = replica
        self._store = store

    def connect_for(self, user_id: str) -> AbstractContextManager[Reads]:
        return prepared_reads() if self._has_written(user_id) else self._replica.connect()

    def record_write(self, user_id: str) -> None:
        """The work is committed, so a store that does not answer is no error any more."""
        try:
            self._store.restart(_key(user_id), OWN_WRITES_S)
        except Unavailable as error:
            logging.getLogger(__name__).warning("A write of %s was not recorded; their lists may lag: %s", user_id, error)

    def _has_written(self, user_id: str) -> bool:
        """True also where the store does not answer, and within a request that writes."""
        if db.session.info.get(_WRITER) == user_id:
            return True
        try:
            return self._store.peek(_key(user_id))[0] > 0
        except Unavailable:
            return True


_ROUTER = Extension[_ReadRouter | None]("read_router", None)


def open_replica(app: Flask, store: FixedWindow) -> None:
    """Read lists from the bind `replica`, if there is one."""
    with app.app_context():
        if "replica" in db.engines:
            _ROUTER.set(app, _ReadRouter(Replica(), store))


def replica_reads(access: Access) -> AbstractContextManager[Reads]:
    """A connection for what is paged or summed up and may lag: to the replica, or else to the database itself.

    Clients read their own writes. For OWN_WRITES_S after a commit of a person's, on a page or with any of their
    keys and tokens and on any host, what they read comes from the primary. Whether they may read it is asked there
    before, by `find`; where the statement itself tells that, take `visible_reads`.
    """
    router = _ROUTER.get()
    return prepared_reads() if router is None else router.connect_for(access.user.id)


@contextmanager
def visible_reads(access: Access) -> Iterator[tuple[Reads, Access]]:
    """As `replica_reads`, with the access for a statement made by `visible` or `narrowed_to`.

    The replica still knows a membership that has just ended. So the access to it is limited to the projects
    of which the primary knows one.
    """
    with replica_reads(access) as connection:
        yield connection, access if isinstance(connection, prepared_reads) else _limited(access)


def note_writer(access: Access) -> None:
    """Tell the transaction whose it is; from its commit on `replica_reads` spares them the replica."""
    db.session.info[_WRITER] = access.user.id


def _limited(access: Access) -> Access:
    with autocommit() as connection:
        own = frozenset(connection.execute(_OWN_PROJECTS, {"user_id": access.user.id}).scalars())
    return replace(access, limited_to=own if access.project_ids is None else own & access.project_ids)


@event.listens_for(db.session, "after_commit")
def _record_write(session: Any) -> None:
    router = _ROUTER.get()
    user_id = session.info.get(_WRITER)
    if router is not None and user_id is not None:
        router.record_write(user_id)


def _key(user_id: str) -> str:
    return f"written/{user_id}"
