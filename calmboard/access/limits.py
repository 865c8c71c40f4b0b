"""Request windows: how much one credential may ask, and how often one address may fail."""

from dataclasses import dataclass
from math import ceil
from typing import Protocol

from calmboard.access.access import Access
from calmboard.access.plans import window_of
from calmboard.errors import RateLimitExceeded
from calmboard.settings import Settings, Window


class Store(Protocol):
    """A store that counts and reads in one round trip (calmboard/access/stores)."""

    def count(self, key: str, window_s: int, amount: int = 1) -> tuple[int, float]: ...

    def check(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Usage:
    """Where a window stands: so many of `limit` remain, for `reset_s` more seconds."""

    policy: str
    limit: int
    window_s: int
    used: int
    reset_s: int

    @property
    def remaining(self) -> int:
        return max(0, self.limit - self.used)

    def need_room(self) -> None:
        if self.used > self.limit:
            raise RateLimitExceeded(
                f"The policy “{self.policy}” allows {self.limit} requests in {self.window_s} seconds.",
                retry_after_s=max(1, self.reset_s),
                extra={"policy": self.policy},
            )


class Limits:
    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings

    def spend(self, access: Access) -> Usage:
        """Count one request of a credential. The caller decides by `need_room`."""
        window = window_of(access.user.plan, self._settings)
        if window is None or access.credential is None:
            return no_window(access.user.plan)
        return self._count(access.user.plan, f"{access.credential.kind}/{access.credential.id}", window)

    def spend_failure(self, ip: str) -> Usage:
        """Count one refused credential from an address."""
        return self._count("failures", f"failures/{ip}", self._settings.rate_failures)

    def answers(self) -> bool:
        return self._store.check()

    def _count(self, policy: str, key: str, window: Window) -> Usage:
        used, reset_s = self._store.count(key, window.seconds)
        return Usage(policy, window.amount, window.seconds, used, ceil(reset_s))


def no_window(plan: str) -> Usage:
    """The window of a plan that answers no requests."""
    return Usage(plan, 0, 60, 0, 60)
