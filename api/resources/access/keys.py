"""The caller's own keys."""

from dataclasses import asdict
from typing import Any

from flask import Blueprint

from api.framework.describe import describe
from api.framework.queries import PageQuery
from api.shapes.access.keys import Key as ShownKey
from calmboard.access.access import Access
from calmboard.access.credentials import keys
from calmboard.access.credentials.keys import Key
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
