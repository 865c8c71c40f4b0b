"""Who am I: the first request of every new key."""

from dataclasses import asdict
from typing import Any

from flask import Blueprint

from api.framework.describe import describe
from api.shapes.access.me import Me
from calmboard.access.access import Access, Credential
from web.record import current_record

bp = Blueprint("me", __name__)


@bp.get("/v1/me")
@describe("Say who I am", Me)
def read_me(access: Access) -> dict[str, Any]:
    """The user, plan, credential, scopes and limits of this request. Every credential may request this."""
    return {
        "user": access.user,
        "plan": access.user.plan,
        "credential": _to_body(access.credential),
        "limits": current_record().usage,
    }


def _to_body(credential: Credential | None) -> dict[str, Any] | None:
    if credential is None:
        return None
    project_ids = None if credential.project_ids is None else sorted(credential.project_ids)
    return {**asdict(credential), "tail": credential.last4, "scopes": sorted(credential.scopes), "project_ids": project_ids}
