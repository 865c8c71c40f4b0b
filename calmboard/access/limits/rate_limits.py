"""Rate limits: how many requests one credential may send, and how often one address may fail."""

import ipaddress
from dataclasses import dataclass
from math import ceil
from typing import Protocol

from calmboard.access.access import Access
from calmboard.access.plans import rate_limit_of
from calmboard.errors import RateLimitExceeded
from calmboard.extensions import Extension
from calmboard.settings import RateLimit, Settings

# Wrong passwords from one network, or in one browser that is known to the account.
ATTEMPT_LIMITS = (RateLimit(10, 60), RateLimit(60, 3600))


class Store(Protocol):
    """A store that counts and reads in one round trip (calmboard/access/limits)."""

    def count(self, key: str, window_s: int, amount: int = 1) -> tuple[int, float]: ...

    def give_back(self, key: str) -> None: ...

    def peek(self, key: str) -> tuple[int, float]: ...

    def check(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Usage:
    """The state of a window: so many of `limit` remain, for `reset_s` more seconds."""

    policy: str
    limit: int
    window_s: int
    used: int
    reset_s: int

    @property
    def remaining(self) -> int:
        return max(0, self.limit - self.used)

    def check_limit(self, detail: str = "") -> None:
        if self.used > self.limit:
            raise self.exceeded(detail) if detail else self._used_up()

    def check_limit_for(self, amount: int) -> None:
        """Reject so many more where they exceed what remains, before they are counted."""
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
        limit, credential = rate_limit_of(access.user.plan, self._settings), access.credential
        if limit is None or credential is None:
            return zero_usage(access.user.plan)
        if credential.window_limit is not None:
            limit = RateLimit(min(limit.amount, credential.window_limit), limit.seconds)
        return self._count(access.user.plan, f"{credential.kind}/{credential.id}", limit, amount)

    def look_at_key(self, plan: str, key_id: str, window_limit: int | None = None) -> Usage:
        """Where the window of a key stands, without counting."""
        limit = rate_limit_of(plan, self._settings)
        if limit is None:
            return zero_usage(plan)
        used, reset_s = self._store.peek(f"api_key/{key_id}")
        amount = limit.amount if window_limit is None else min(limit.amount, window_limit)
        return Usage(plan, amount, limit.seconds, used, ceil(reset_s))

    def spend_failure(self, ip: str) -> Usage:
        """Count one refused credential from an address."""
        return self._count("failures", f"failures/{ip}", self._settings.rate_failures)

    def count(self, policy: str, caller: str, limit: RateLimit) -> Usage:
        """Count one request of a caller against a limit that is not a plan's."""
        return self._count(policy, f"{policy}/{caller}", limit)

    def count_paced(self, policy: str, caller: str, limit: RateLimit, pace: RateLimit) -> Usage:
        """Count one request of a caller. Beyond the limit it is the pace that counts: slow, and never a wall."""
        usage = self.count(policy, caller, limit)
        return usage if usage.used <= usage.limit else self.count(f"{policy}_pace", caller, pace)

    def give_back(self, policy: str, caller: str) -> None:
        """Take back one request that was counted."""
        self._store.give_back(f"{policy}/{caller}")

    def answers(self) -> bool:
        return self._store.check()

    def _count(self, policy: str, key: str, limit: RateLimit, amount: int = 1) -> Usage:
        used, reset_s = self._store.count(key, limit.seconds, amount)
        return Usage(policy, limit.amount, limit.seconds, used, ceil(reset_s))


def network_of(ip: str | None) -> str:
    """The key that is counted by: an IPv4 address, or the /64 of an IPv6 one, since one subscriber has that many."""
    try:
        address = ipaddress.ip_address(ip or "")
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    return str(address.ipv4_mapped or ipaddress.ip_network((address, 64), strict=False))


def zero_usage(plan: str) -> Usage:
    """The usage on a plan that does not include the APIs."""
    return Usage(plan, 0, 60, 0, 60)


LIMITS: Extension[Limits] = Extension("limits")
