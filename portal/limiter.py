"""Limits on guessing. Where they are counted is set by wsgi.py, in the store all processes share."""

from ipaddress import IPv6Address, ip_address

from flask import request
from flask_limiter import Limiter

TRIES = "10/minute;60/hour"


def network() -> str:
    """Who guesses: an IPv4 address, or the /64 an IPv6 address is one of."""
    address = ip_address(request.remote_addr or "::")
    if isinstance(address, IPv6Address):
        return str(IPv6Address(int(address) >> 64 << 64))
    return str(address)


def typed_email() -> str:
    """Who is guessed: the e-mail in the form, whatever its case."""
    return request.form.get("email", "").strip().lower()[:254]


limiter = Limiter(key_func=network, headers_enabled=False)
