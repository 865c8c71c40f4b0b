"""Finds who asks: one secret from two headers, then its plan and its window."""

from flask import current_app, g, request
from flask.globals import app_ctx
from sqlalchemy.exc import SQLAlchemyError

from calmboard.access.access import Access
from calmboard.access.credentials.identify import identify
from calmboard.access.credentials.keys import USE_RECORD_INTERVAL, record_key_use
from calmboard.access.limits.rate_limits import Limits, network_of, no_window
from calmboard.access.oauth.grants import record_grant_use
from calmboard.access.oauth.resources import API, resource_of
from calmboard.access.plans import require_paid_plan
from calmboard.db import now
from calmboard.errors import FieldError, InvalidRequest, MissingApiKey, PaidPlanRequired, Problem

OWN_HEADER = "X-CalmBoard-API-Key"


def authenticate(resource: str = API) -> Access:
    """The access of this request, counted against its window. `resource`: which of ours is asked, as in `/mcp`.

    Raises the 401 family, PaidPlanRequired and RateLimitExceeded, in this order, and
    InvalidRequest where the two headers disagree.
    """
    access = _identified(resource)
    kept = app_ctx.g
    kept.access = access
    kept.credential_id = access.credential and access.credential.id
    try:
        require_paid_plan(access)
    except PaidPlanRequired:
        kept.usage = no_window(access.user.plan)
        raise
    kept.usage = limits().spend(access)
    kept.usage.check_limit()
    return access


def record_last_use(status: int, endpoint: str | None = None) -> None:
    """Keep when, from where and for what the credential was used; an answer never fails over it."""
    access: Access | None = g.get("access")
    if access is None or access.credential is None:
        return
    last = access.credential.last_used_at
    if last is not None and last > now() - USE_RECORD_INTERVAL:
        return
    endpoint = endpoint or f"{request.method} {request.path.removeprefix('/api/v1')}".replace("\0", "\ufffd")
    note_use = record_key_use if access.credential.kind == "api_key" else record_grant_use
    try:
        note_use(access.credential.id, request.remote_addr, request.user_agent.string, endpoint, status)
    except SQLAlchemyError as error:
        current_app.logger.warning("The last use of %s was not kept: %s", access.credential.id, error)


def _identified(resource: str) -> Access:
    """Who sent the secret. One that is refused counts against the address it came from."""
    try:
        return identify(_sent_secret(), resource_of(current_app.config["CALMBOARD"].origin, resource))
    except MissingApiKey:
        raise
    except Problem:
        g.sent_credential = True
        g.usage = limits().spend_failure(network_of(request.remote_addr))
        g.usage.check_limit()
        raise


def _sent_secret() -> str | None:
    bearer, own = read_bearer(), request.headers.get(OWN_HEADER, "").strip() or None
    if bearer and own and bearer != own:
        detail = f"Authorization and {OWN_HEADER} carry different credentials. Send one of them."
        raise InvalidRequest(detail, errors=(FieldError(OWN_HEADER, "contradiction", detail),))
    return bearer or own


def read_bearer() -> str | None:
    scheme, _, secret = request.headers.get("Authorization", "").strip().partition(" ")
    return secret.strip() or None if scheme.lower() == "bearer" else None


def limits() -> Limits:
    found: Limits = current_app.extensions["calmboard_limits"]
    return found
