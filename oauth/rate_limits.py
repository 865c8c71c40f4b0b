"""Request windows of the OAuth endpoints, counted so that one application does not stand in the way of another."""

from flask import current_app, request

from calmboard.access.limits.rate_limits import Limits, network_of
from calmboard.settings import Window


def check_limit(policy: str, who: str, window: Window) -> None:
    """Count a request; raises RateLimitExceeded where the window is full."""
    limits: Limits = current_app.extensions["calmboard_limits"]
    limits.count(policy, who, window).check_limit()


def network() -> str:
    return network_of(request.remote_addr)
