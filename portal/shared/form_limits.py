"""Limits on guessing. Where they are counted is set by wsgi.py, in the store all processes share."""

from flask import request
from flask_limiter import Limiter

from calmboard.access.limits import rate_limits
from calmboard.access.limits.rate_limits import network_of

TRIES = ";".join(f"{window.amount} per {window.seconds} second" for window in rate_limits.TRIES)


def client_network() -> str:
    """Who guesses."""
    return network_of(request.remote_addr)


def typed_email() -> str:
    """Who is guessed: the e-mail in the form, whatever its case."""
    return request.form.get("email", "").strip().lower()[:254]


class _ByView(Limiter):
    """Limits stand at views alone, which check them themselves; to look for others before every request costs programs too."""

    def _check_request_limit(self, callable_name: str | None = None, in_middleware: bool = True) -> None:
        if not in_middleware:
            super()._check_request_limit(callable_name, in_middleware)


limiter = _ByView(key_func=client_network, headers_enabled=False)
