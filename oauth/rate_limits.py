"""Rate limits of the OAuth endpoints, counted so that one application does not use up another's."""

from flask import request

from calmboard.access.limits.rate_limits import LIMITS, network_of
from calmboard.settings import RateLimit


def check_limit(policy: str, key: str, rate_limit: RateLimit) -> None:
    """Count a request; raises RateLimitExceeded where the limit is reached."""
    limits = LIMITS.get()
    limits.count(policy, key, rate_limit).check_limit()


def client_network() -> str:
    return network_of(request.remote_addr)
