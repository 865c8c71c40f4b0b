"""Authenticates a request: one secret from two headers, then its plan and its rate limit."""

from flask import current_app, g, request
from flask.globals import app_ctx
from sqlalchemy.exc import SQLAlchemyError

from calmboard.access.access import Access
from calmboard.access.credentials.identify import identify
from calmboard.access.credentials.keys import USE_RECORD_INTERVAL, record_key_use
from calmboard.access.limits.rate_limits import Limits, network_of, zero_usage
from calmboard.access.oauth.grants import record_grant_use
from calmboard.access.oauth.resources import API, resource_of
from calmboard.access.plans import require_paid_plan
from calmboard.clock import now
from calmboard.errors import FieldError, InvalidRequest, MissingApiKey, PaidPlanRequired, Problem

OWN_HEADER = "X-CalmBoard-API-Key"


def authenticate(resource: str = API) -> Access:
    """The access of this request, counted against its rate limit. `resource`: which of ours is requested, as in `/mcp`.

    Raises the 401 family, PaidPlanRequired and RateLimitExceeded, in this order, and
    InvalidRequest where the two headers disagree.
    """
    access = _identify_caller(resource)
    context = app_ctx.g
    context.access = access
    context.credential_id = access.credential and access.credential.id
    try:
        require_paid_plan(access)
    except PaidPlanRequired:
        context.usage = zero_usage(access.user.plan)
        raise
    context.usage = limits().spend(access)
    context.usage.check_limit()
    return access


def record_last_use(status: int, endpoint: str | None = None) -> None:
    """Record when, from where and for what the credential was used; an answer never fails over it."""
    access: Access | None = g.get("access")
    if access is None or access.credential is None:
        return
    last = access.credential.last_used_at
    if last is not None and last > now() - USE_RECORD_INTERVAL:
        return
    endpoint = endpoint or f"{request.method} {request.path.removeprefix('/api/v1')}".replace("\0", "\ufffd")
    record_use = record_key_use if access.credential.kind == "api_key" else record_grant_use
    try:
        record_use(access.credential.id, request.remote_addr, request.user_agent.string, endpoint, status)
    except SQLAlchemyError as error:
        current_app.logger.warning("The last use of %s was not recorded: %s", access.credential.id, error)


def _identify_caller(resource: str) -> Access:
    """Identify who sent the secret. One that is refused counts against the address it came from."""
    try:
        return identify(_read_secret(), resource_of(current_app.config["CALMBOARD"].origin, resource))
    except MissingApiKey:
        raise
    except Problem:
        g.sent_credential = True
        g.usage = limits().spend_failure(network_of(request.remote_addr))
        g.usage.check_limit()
        raise


def _read_secret() -> str | None:
    bearer, from_header = read_bearer(), request.headers.get(OWN_HEADER, "").strip() or None
    if bearer and from_header and bearer != from_header:
        detail = f"Authorization and {OWN_HEADER} carry different credentials. Send one of them."
        raise InvalidRequest(detail, errors=(FieldError(OWN_HEADER, "contradiction", detail),))
    return bearer or from_header


def read_bearer() -> str | None:
    scheme, _, secret = request.headers.get("Authorization", "").strip().partition(" ")
    return secret.strip() or None if scheme.lower() == "bearer" else None


def limits() -> Limits:
    found: Limits = current_app.extensions["calmboard_limits"]
    return found
