"""Request windows: how much one credential may ask, and how often one address may fail."""

import ipaddress
from dataclasses import dataclass
from math import ceil
from typing import Protocol

from calmboard.access.access import Access
from calmboard.access.plans import window_of
from calmboard.errors import RateLimitExceeded
from calmboard.settings import Settings, Window

# Wrong passwords, for each address and for each e-mail.
TRIES = (Window(10, 60), Window(60, 3600))


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

    def check_limit(self) -> None:
        if self.used > self.limit:
            raise self._used_up()

    def check_limit_for(self, amount: int) -> None:
        """Refuse so many more where they do not fit into what is left, before they are counted."""
        if amount > self.remaining:
            raise self._used_up()

    def _used_up(self) -> RateLimitExceeded:
        return self.exceeded(f"The policy “{self.policy}” allows {self.limit} requests in {self.window_s} seconds.")

    def exceeded(self, detail: str) -> RateLimitExceeded:
        return RateLimitExceeded(detail, retry_after_s=max(1, self.reset_s), extra={"policy": self.policy})


class Limits:
    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings

    def spend(self, access: Access, amount: int = 1) -> Usage:
        """Count requests of a credential. The caller decides by `check_limit`."""
        window = window_of(access.user.plan, self._settings)
        if window is None or access.credential is None:
            return no_window(access.user.plan)
        return self._count(access.user.plan, f"{access.credential.kind}/{access.credential.id}", window, amount)

    def spend_failure(self, ip: str) -> Usage:
        """Count one refused credential from an address."""
        return self._count("failures", f"failures/{ip}", self._settings.rate_failures)

    def check_attempts(self, *whose: str) -> None:
        """Refuse where a wrong password came too often, from an address or for an e-mail."""
        for usage in self._tries(whose, 0):
            if not usage.remaining:
                raise usage.exceeded(f"A wrong password came {usage.limit} times in {usage.window_s} seconds.")

    def record_failed_attempt(self, *whose: str) -> None:
        self._tries(whose, 1)

    def count(self, policy: str, who: str, window: Window) -> Usage:
        """Count one request of whoever asks, in a window that is not a plan's."""
        return self._count(policy, f"{policy}/{who}", window)

    def answers(self) -> bool:
        return self._store.check()

    def _tries(self, whose: tuple[str, ...], amount: int) -> list[Usage]:
        return [self._count("sign_in", f"sign_in/{window.seconds}/{who}", window, amount) for who in whose for window in TRIES]

    def _count(self, policy: str, key: str, window: Window, amount: int = 1) -> Usage:
        used, reset_s = self._store.count(key, window.seconds, amount)
        return Usage(policy, window.amount, window.seconds, used, ceil(reset_s))


def network_of(ip: str | None) -> str:
    """Who is counted: an IPv4 address, or the /64 of an IPv6 one, since a home holds that many."""
    try:
        address = ipaddress.ip_address(ip or "")
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    return str(address.ipv4_mapped or ipaddress.ip_network((address, 64), strict=False))


def no_window(plan: str) -> Usage:
    """The window of a plan that answers no requests."""
    return Usage(plan, 0, 60, 0, 60)
