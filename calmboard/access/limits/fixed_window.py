"""The interface of every store: hits counted in a window that begins with a key's first hit."""

import time
from abc import abstractmethod

from limits.storage import Storage

from calmboard.errors import Unavailable


class FixedWindow(Storage):
    """A storage of `limits` whose one call counts a hit and returns when the window ends.

    A store that does not respond raises Unavailable: the request is rejected, never allowed.
    """

    @abstractmethod
    def count(self, key: str, window_s: int, amount: int = 1) -> tuple[int, float]:
        """Add `amount` to the key; returns its count and the seconds until it starts again at 0."""

    @abstractmethod
    def give_back(self, key: str) -> None:
        """Take back one hit of the key's open window; nothing where none is open or its count is 0."""

    @abstractmethod
    def peek(self, key: str) -> tuple[int, float]:
        """The key's count and the seconds until it starts again at 0; (0, 0.0) where no window is open."""

    @abstractmethod
    def restart(self, key: str, window_s: int) -> None:
        """Begin the key's window again, with a hit in it."""

    @property
    def base_exceptions(self) -> type[Exception]:
        return Unavailable

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        return self.count(key, expiry, amount)[0]

    def get(self, key: str) -> int:
        return self.peek(key)[0]

    def get_expiry(self, key: str) -> float:
        """The end of the key's window, in seconds since the epoch."""
        return time.time() + self.peek(key)[1]
