"""The caller's own keys."""

from dataclasses import asdict
from typing import Any

from flask import Blueprint

from api.framework.describe import describe
from api.framework.queries import PageQuery
from api.shapes.access.keys import Key as ShownKey
from api.shapes.access.keys import KeyUsage as ShownUsage
from calmboard.access.access import Access
from calmboard.access.credentials import keys
from calmboard.access.credentials.keys import Key
from calmboard.access.limits.rate_limits import LIMITS
from calmboard.access.request_log.usage import read_usage
from calmboard.clock import now
from calmboard.pagination import Page

bp = Blueprint("keys", __name__)


@bp.get("/v1/keys")
@describe("List my keys", ShownKey, query=PageQuery, scope="keys:read")
def list_keys(access: Access, query: PageQuery) -> Page[Any]:
    """The keys of the credential's user, newest first, the revoked ones too; never their secrets.

    A key that is limited to some projects sees itself only.
    """
    page = keys.list_key_page(access, query.page_request)
    return Page([_to_body(key) for key in page.rows], page.after)


@bp.get("/v1/keys/<key_id>")
@describe("Read a key", ShownKey, scope="keys:read")
def read_key(access: Access, key_id: str) -> Any:
    """One key: its scopes, its status, and when it was last used."""
    return _to_body(keys.read_key(access, key_id))


@bp.get("/v1/keys/<key_id>/usage")
@describe("Read how a key is used", ShownUsage, scope="keys:read")
def read_key_usage(access: Access, key_id: str) -> Any:
    """The calls of 30 days by their outcome, what was called most, how long calls took, and what is left of the window."""
    key = keys.read_key(access, key_id)
    usage, window = read_usage(key_id), LIMITS.get().look_at_key(access.user.plan, key_id, key.window_limit)
    return {
        "days": [{"day": day, **asdict(calls)} for day, calls in usage.days.items()],
        "endpoints": [{"endpoint": each.endpoint, **asdict(each.calls)} for each in usage.endpoints],
        "p50_ms": usage.p50_ms,
        "p95_ms": usage.p95_ms,
        "window": {
            "limit": window.limit,
            "remaining": window.remaining,
            "seconds": window.window_s,
            "reset_s": window.reset_s,
        },
    }


@bp.delete("/v1/keys/<key_id>")
@describe("Revoke this key")
def revoke_key(access: Access, key_id: str) -> None:
    """End the very key that sends the request, at once and for good: what to do where it may have leaked. It needs no scope.

    Other keys are revoked by a signed-in person, on Integrations & APIs.
    """
    keys.revoke_self(access, key_id)


def _to_body(key: Key) -> dict[str, Any]:
    project_ids = None if key.project_ids is None else sorted(key.project_ids)
    shown = {"tail": key.last4, "status": key.status(now()), "scopes": sorted(key.scopes), "project_ids": project_ids}
    return {**asdict(key), **shown}
