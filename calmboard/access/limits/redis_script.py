"""Counts for many hosts: one script in Redis or Valkey, one round trip a hit."""

import hashlib
import os
import select
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from redis import ConnectionPool, Redis, RedisError
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError
from redis.retry import Retry

from calmboard.access.limits.fixed_window import FixedWindow
from calmboard.errors import Unavailable

_SCHEMES = ["calmboard+redis", "calmboard+rediss", "calmboard+unix"]
_PREFIX = b"calmboard:limit:"

# A window is opened wherever there is none, so that no key counts for ever.
_COUNT = """
local count = redis.call('INCRBY', KEYS[1], ARGV[1])
local left_ms = redis.call('PTTL', KEYS[1])
if left_ms < 0 then
    left_ms = tonumber(ARGV[2])
    redis.call('PEXPIRE', KEYS[1], left_ms)
end
return {count, left_ms}
"""
_GIVE_BACK = """
if tonumber(redis.call('GET', KEYS[1]) or 0) > 0 then
    redis.call('DECR', KEYS[1])
end
"""


class RedisScript(FixedWindow):
    """calmboard+ before an address that redis-py accepts: redis://, rediss:// or unix://.

    Time is the server's clock. A server that does not answer within half a second is Unavailable.
    """

    STORAGE_SCHEME = _SCHEMES

    def __init__(self, uri: str, wrap_exceptions: bool = False, **options: float | str | bool) -> None:
        super().__init__(uri, wrap_exceptions, **options)
        self.storage = Redis.from_url(
            uri.removeprefix("calmboard+"),
            socket_connect_timeout=0.25,
            socket_timeout=0.5,
            retry=Retry(NoBackoff(), 0),  # a second try would count twice and wait twice
            protocol=2,  # with 3 the server may tell the client to wait longer than this
        )
        self._counting = _Counting(self.storage.connection_pool)
        self._give_back_script = self.storage.register_script(_GIVE_BACK)

    def count(self, key: str, window_s: int, amount: int = 1) -> tuple[int, float]:
        with _raising_unavailable():
            hits, left_ms = self._counting.count(_name(key), amount, window_s * 1000)
        return hits, left_ms / 1000

    def give_back(self, key: str) -> None:
        with _raising_unavailable():
            self._give_back_script(keys=[_name(key)])

    def peek(self, key: str) -> tuple[int, float]:
        with _raising_unavailable(), self.storage.pipeline(transaction=False) as pipeline:
            pipeline.get(_name(key))
            pipeline.pttl(_name(key))
            hits, left_ms = pipeline.execute()
        return (int(hits), left_ms / 1000) if hits and left_ms > 0 else (0, 0.0)

    def restart(self, key: str, window_s: int) -> None:
        with _raising_unavailable():
            self.storage.set(_name(key), 1, px=window_s * 1000)

    def clear(self, key: str) -> None:
        with _raising_unavailable():
            self.storage.delete(_name(key))

    def reset(self) -> None:
        with _raising_unavailable():
            for name in self.storage.scan_iter(_PREFIX + b"*", count=1000):
                self.storage.delete(name)

    def check(self) -> bool:
        try:
            return bool(self.storage.ping())
        except RedisError:
            return False


class _Counting:
    """The script on connections of its own: what redis-py does for each command costs six times the command.

    They are made by its pool, and lie here between two calls.
    """

    _DIGEST = hashlib.sha1(_COUNT.encode(), usedforsecurity=False).hexdigest().encode()

    def __init__(self, pool: ConnectionPool) -> None:
        self._pool = pool
        self._idle: list[Any] = []
        self._owner = os.getpid()

    def count(self, name: bytes, amount: int, window_ms: int) -> tuple[int, int]:
        connection = self._take()
        try:
            hits, left_ms = self._run(connection, name, amount, window_ms)
        except BaseException:
            self._drop(connection)
            raise
        self._idle.append(connection)
        return hits, left_ms

    def _take(self) -> Any:
        """One that the server has not closed meanwhile, and that no parent process uses."""
        if self._owner != os.getpid():
            self._idle, self._owner = [], os.getpid()
        while self._idle:
            with suppress(IndexError):  # another thread was first
                connection = self._idle.pop()
                if _is_quiet(connection):
                    return connection
                self._drop(connection)
        return self._pool.get_connection()

    def _drop(self, connection: Any) -> None:
        connection.disconnect()
        self._pool.release(connection)

    def _run(self, connection: Any, name: bytes, amount: int, window_ms: int) -> Any:
        arguments = (b"1", name, b"%d" % amount, b"%d" % window_ms)
        try:
            return _answer(connection, b"EVALSHA", self._DIGEST, *arguments)
        except NoScriptError:
            return _answer(connection, b"EVAL", _COUNT.encode(), *arguments)


def _is_quiet(connection: Any) -> bool:
    """Whether there is nothing to read, not even the end: redis-py would try to read at six times the cost."""
    poll = select.poll()
    poll.register(connection._sock, select.POLLIN)
    return not poll.poll(0)


def _answer(connection: Any, *command: bytes) -> Any:
    """Packed as the protocol has it (RESP2, arrays of bulk strings): redis-py looks at each argument for much longer."""
    parts = b"".join([b"$%d\r\n%b\r\n" % (len(part), part) for part in command])
    connection.send_packed_command((b"*%d\r\n%b" % (len(command), parts),), check_health=False)
    return connection.read_response()


def _name(key: str) -> bytes:
    return _PREFIX + key.encode(errors="surrogatepass")


@contextmanager
def _raising_unavailable() -> Iterator[None]:
    try:
        yield
    except RedisError as error:
        raise Unavailable(retry_after_s=1) from error
