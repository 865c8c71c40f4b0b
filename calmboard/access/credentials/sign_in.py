"""A password is checked under limits: guessing is slow, and nobody is locked out by the guesses of others.

An attempt is counted before its password is verified, so that many at once are no more than one after another.
A right one is given back.
"""

from calmboard.access.access import Person
from calmboard.access.credentials.passwords import verify
from calmboard.access.limits.rate_limits import ATTEMPT_LIMITS, LIMITS
from calmboard.settings import RateLimit

# Right or wrong, for one account from one network or browser: to verify a password costs a third of a second of CPU time.
_COST_LIMIT = RateLimit(20, 60)
# Wrong ones, for one account from one network.
_PAIR_LIMIT = RateLimit(20, 3600)
# Wrong ones, for one account from any network. Beyond, attempts are let through one at a time.
_ACCOUNT_LIMIT = RateLimit(10, 3600)
_PACE = RateLimit(1, 5)

_POLICY = "sign_in"
_OFTEN = "This account was signed in to from your network as often as that is possible within a minute."
_GUESSED = "Too many wrong passwords came from your network or for this account. A browser that signed in before is not held up."
_GUESSED_HERE = "Too many wrong passwords came from this browser."


def check_password(email: str, password: str, network: str, device_id: str | None = None) -> Person | None:
    """The person behind e-mail and password, or None; nothing differs where nobody has the e-mail.

    `device_id` is that of a browser known to this account, which has windows of its own. Raises RateLimitExceeded.
    """
    account = email.strip().lower()
    origin = network if device_id is None else f"device/{device_id}"
    LIMITS.get().count("sign_ins", f"{account}/{origin}", _COST_LIMIT).check_limit(_OFTEN)
    counted = _count_unknown(account, network) if device_id is None else _count_all(origin, _GUESSED_HERE)
    person = verify(email, password)
    if person is not None:
        for caller in counted:
            LIMITS.get().give_back(_POLICY, caller)
    return person


def _count_unknown(account: str, network: str) -> list[str]:
    """Count an attempt from a browser that nobody knows; returns the windows it is counted in."""
    counted = _count_all(network, _GUESSED)
    LIMITS.get().count_paced(_POLICY, account, _ACCOUNT_LIMIT, _PACE).check_limit(_GUESSED)
    pair = f"{account}/{network}"
    LIMITS.get().count(_POLICY, pair, _PAIR_LIMIT).check_limit(_GUESSED)
    return [*counted, account, pair]


def _count_all(origin: str, detail: str) -> list[str]:
    callers = {f"{limit.seconds}/{origin}": limit for limit in ATTEMPT_LIMITS}
    for caller, limit in callers.items():
        LIMITS.get().count(_POLICY, caller, limit).check_limit(detail)
    return list(callers)
