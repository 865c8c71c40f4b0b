"""Authenticates a request: one secret from two headers, then its plan and its rate limit."""

from api.framework.misplaced import explain_misplaced
from calmboard.access.access import Access
from calmboard.access.credentials.identify import identify
from calmboard.access.limits.rate_limits import LIMITS, network_of, zero_usage
from calmboard.access.oauth.resources import API, resource_of
from calmboard.access.plans import require_paid_plan
from calmboard.errors import FieldError, InvalidApiKey, InvalidRequest, MissingApiKey, PaidPlanRequired, Problem
from web.app import current_request
from web.bearer import read_bearer
from web.origin import origin
from web.record import current_record

OWN_HEADER = "X-CalmBoard-API-Key"
_OWN_VARIABLE = "HTTP_X_CALMBOARD_API_KEY"
_PREFIXES = ("cbk_", "cbo_")


def authenticate(resource: str = API) -> Access:
    """The access of this request, counted against its rate limit. `resource`: which of ours is requested, as in `/mcp`.

    Raises the 401 family, PaidPlanRequired and RateLimitExceeded, in this order, and
    InvalidRequest where the two headers disagree.
    """
    access = _identify_caller(resource)
    record = current_record()
    record.access = access
    try:
        require_paid_plan(access)
    except PaidPlanRequired:
        record.usage = zero_usage(access.user.plan)
        raise
    record.usage = LIMITS.get().spend(access)
    record.usage.check_limit()
    return access


def count_failure() -> None:
    """Count a refused credential against the address that it came from. Raises RateLimitExceeded where that sent too many."""
    record = current_record()
    record.sent_credential = True
    record.usage = LIMITS.get().spend_failure(network_of(record.ip))
    record.usage.check_limit()


def _identify_caller(resource: str) -> Access:
    try:
        return identify(_read_secret(), resource_of(origin(), resource))
    except MissingApiKey:
        raise
    except Problem:
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
