"""Limits on guessing. Where they are counted is set by wsgi.py, in the store all processes share."""

from flask import request
from flask_limiter import Limiter

from calmboard.access import limits
from calmboard.access.limits import network_of

TRIES = ";".join(f"{window.amount} per {window.seconds} second" for window in limits.TRIES)


def network() -> str:
    """Who guesses."""
    return network_of(request.remote_addr)


def typed_email() -> str:
    """Who is guessed: the e-mail in the form, whatever its case."""
    return request.form.get("email", "").strip().lower()[:254]


limiter = Limiter(key_func=network, headers_enabled=False)


@limiter.request_filter
def _is_no_page() -> bool:
    """Programs are counted by credential; to look for limits here would cost each of their calls time for nothing."""
    return request.blueprint != "portal"
