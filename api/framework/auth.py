"""Authenticates a request: one secret from two headers, then its plan and its rate limit."""

from api.framework.deprecation import Deprecation, add_deprecation_headers
from api.framework.misplaced import explain_misplaced
from calmboard.access.access import Access, Credential
from calmboard.access.credentials.identify import identify
from calmboard.access.credentials.key_life.networks import require_network
from calmboard.access.limits.rate_limits import LIMITS, network_of, zero_usage
from calmboard.access.oauth.resources import API, resource_of
from calmboard.access.plans import require_paid_plan
from calmboard.access.request_record import RefusedSecret
from calmboard.access.secret_format import digest
from calmboard.errors import (
    FieldError,
    InvalidApiKey,
    InvalidRequest,
    MissingApiKey,
    NetworkNotAllowed,
    PaidPlanRequired,
    Problem,
)
from web.app import current_request
from web.bearer import read_bearer
from web.origin import origin
from web.record import current_record

OWN_HEADER = "X-CalmBoard-API-Key"
_OWN_VARIABLE = "HTTP_X_CALMBOARD_API_KEY"
_PREFIXES = ("cbk_", "cbo_")


def authenticate(resource: str = API) -> Access:
    """The access of this request, counted against its rate limit. `resource`: which of ours is requested, as in `/mcp`.

    Raises the 401 family, NetworkNotAllowed, PaidPlanRequired and RateLimitExceeded, in this order, and
    InvalidRequest where the two headers disagree.
    """
    access = _identify_caller(resource)
    record = current_record()
    record.access = access
    if access.credential is not None:
        _require_network(access.credential)
        _announce_end(access.credential)
    try:
        require_paid_plan(access)
    except PaidPlanRequired:
        record.usage = zero_usage(access.user.plan)
        raise
    record.usage = LIMITS.get().spend(access)
    record.usage.check_limit()
    return access


def _require_network(credential: Credential) -> None:
    """Before the window, so that whoever found the key elsewhere cannot use that up."""
    if credential.networks is None:
        return
    try:
        require_network(credential, current_record().ip)
    except NetworkNotAllowed:
        count_failure()
        raise


def _announce_end(credential: Credential) -> None:
    """Tell a program that another key took the place of its own."""
    if credential.replaced_at is not None:
        add_deprecation_headers(Deprecation(credential.replaced_at, credential.expires_at))


def count_failure() -> None:
    """Count a refused credential against the address that it came from. Raises RateLimitExceeded where that sent too many."""
    record = current_record()
    record.sent_credential = True
    record.usage = LIMITS.get().spend_failure(network_of(record.ip))
    record.usage.check_limit()


def _identify_caller(resource: str) -> Access:
    secret = None
    try:
        secret = _read_secret()
        return identify(secret, resource_of(origin(), resource))
    except MissingApiKey:
        raise
    except Problem:
        if secret is not None and secret.startswith(_PREFIXES):
            current_record().refused_secret = RefusedSecret(digest(secret), secret[:4], secret[-4:])
        count_failure()
        raise


def _read_secret() -> str | None:
    bearer, from_header = read_bearer(), current_request().environ.get(_OWN_VARIABLE, "").strip() or None
    if bearer and from_header and bearer != from_header:
        detail = f"Authorization and {OWN_HEADER} carry different credentials. Send one of them."
        raise InvalidRequest(detail, errors=(FieldError(OWN_HEADER, "contradiction", detail),))
    secret = bearer or from_header
    if (secret is None or not secret.startswith(_PREFIXES)) and (sentence := explain_misplaced(current_request())):
        raise InvalidApiKey(sentence, hint=InvalidApiKey.remedy)
    return secret
