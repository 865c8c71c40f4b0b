"""Counts for many hosts: one script in Redis or Valkey, one round trip a hit."""

from collections.abc import Iterator
from contextlib import contextmanager

from redis import Redis, RedisError
from redis.backoff import NoBackoff
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
        self._script = self.storage.register_script(_COUNT)
        self._give_back_script = self.storage.register_script(_GIVE_BACK)

    def count(self, key: str, window_s: int, amount: int = 1) -> tuple[int, float]:
        with _raising_unavailable():
            hits, left_ms = self._script(keys=[_name(key)], args=[amount, window_s * 1000])
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


def _name(key: str) -> bytes:
    return _PREFIX + key.encode(errors="surrogatepass")


@contextmanager
def _raising_unavailable() -> Iterator[None]:
    try:
        yield
    except RedisError as error:
        raise Unavailable(retry_after_s=1) from error
