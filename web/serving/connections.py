"""Ends connections whose client is too slow, silent for too long, or has too many of them.

The server tells nothing of its connections, so the kernel is asked. One that waits for its client is only shut for reading,
so that a request which runs on it is still answered.
"""

import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass

from web.serving.tcp_info import Connection, client_connections, shut

_PAUSE_S = 0.05
_LOOK_EVERY_S = 1.0
_DEADLINE_S = 20
_LEAST_BYTES_A_SECOND = 16 * 1024
_ENDED_UNDER_PRESSURE = 16


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many connections of a process may wait for a client, of one address and in all; the oldest go first.

    Behind a proxy, which has one address for all clients and waits for them itself, none is bounded by its address.
    """

    per_address: int | None = 128
    in_all: int = 2048


@dataclass(slots=True)
class _Waiting:
    """A connection that waits for its client since we last sent something, or for its client to read."""

    connection: Connection
    since: float
    moved: int

    @property
    def is_reader(self) -> bool:
        return self.connection.unsent > 0

    def is_overdue(self, now_s: float) -> bool:
        """Whether its time is over, to which every 16 KiB that were moved add a second."""
        return now_s - self.since > _DEADLINE_S + (_moved(self.connection) - self.moved) / _LEAST_BYTES_A_SECOND

    def end(self) -> None:
        has_asked = self.connection.received > 0 and not self.is_reader
        shut(self.connection, socket.SHUT_RD if has_asked else socket.SHUT_RDWR)


class Connections:
    def __init__(self, port: int, bounds: Bounds) -> None:
        self._port = port
        self._bounds = bounds
        self._waiting: dict[tuple[str, int], _Waiting] = {}

    def watch(self, is_pressed: Callable[[], bool], meanwhile: Callable[[], None]) -> None:
        """Start a thread that looks after them, more often while the process `is_pressed`, and calls `meanwhile` in between."""
        threading.Thread(target=self._watch, args=(is_pressed, meanwhile), name="connections", daemon=True).start()

    def look(self, now_s: float, at_least: int) -> None:
        """End those that are overdue or too many, and at least so many in all."""
        found = (self._note(connection, now_s) for connection in client_connections(self._port))
        oldest_first = sorted(found, key=lambda waiting: (waiting.since, -waiting.connection.silent_ms))
        for waiting in self._to_end(oldest_first, now_s, at_least):
            waiting.end()
        self._waiting = {waiting.connection.peer: waiting for waiting in oldest_first}

    def _watch(self, is_pressed: Callable[[], bool], meanwhile: Callable[[], None]) -> None:
        look_at = time.monotonic()
        while True:
            pressed = is_pressed()
            if pressed or time.monotonic() >= look_at:
                self.look(time.monotonic(), _ENDED_UNDER_PRESSURE if pressed else 0)
                look_at = time.monotonic() + _LOOK_EVERY_S
            meanwhile()
            time.sleep(_PAUSE_S)

    def _note(self, connection: Connection, now_s: float) -> _Waiting:
        """The connection with since when it waits: as before, unless it turned, or we sent something, meanwhile."""
        known = self._waiting.get(connection.peer)
        if known is not None:
            before, known.connection = known.connection, connection
            turned = (before.unsent > 0) != known.is_reader
            if not turned and (known.is_reader or before.acknowledged == connection.acknowledged):
                return known
        return _Waiting(connection, now_s, _moved(connection))

    def _to_end(self, oldest_first: Collection[_Waiting], now_s: float, at_least: int) -> list[_Waiting]:
        too_many = len(oldest_first) - self._bounds.in_all
        of_address = Counter(waiting.connection.peer[0] for waiting in oldest_first)
        ended: list[_Waiting] = []
        for waiting in oldest_first:
            address = waiting.connection.peer[0]
            has_many = self._bounds.per_address is not None and of_address[address] > self._bounds.per_address
            if waiting.is_overdue(now_s) or has_many or len(ended) < max(too_many, at_least):
                ended.append(waiting)
                of_address[address] -= 1
        return ended


def _moved(connection: Connection) -> int:
    return connection.acknowledged if connection.unsent else connection.received
