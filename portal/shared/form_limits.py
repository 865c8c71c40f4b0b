"""Rate limits on password guessing. wsgi.py sets their storage, which all processes share."""

from flask import request
from flask_limiter import Limiter
from flask_login import current_user

from calmboard.access.limits import rate_limits
from calmboard.access.limits.rate_limits import network_of

ATTEMPT_LIMITS = ";".join(f"{limit.amount} per {limit.seconds} second" for limit in rate_limits.ATTEMPT_LIMITS)


def client_network() -> str:
    """The network that the attempts come from."""
    return network_of(request.remote_addr)


def person_or_network() -> str:
    """Who guesses: the person who is signed in, so that nobody beside them in their network is held up."""
    return str(current_user.person.id) if current_user.is_authenticated else client_network()


def form_email() -> str:
    """The account that the attempts are for: the e-mail in the form, in lower case."""
    return request.form.get("email", "").strip().lower()[:254]


limiter = Limiter(key_func=client_network, headers_enabled=False)
