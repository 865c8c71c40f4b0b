"""The audit log, and the credentials that reach a project."""

from dataclasses import fields
from datetime import datetime
from typing import Annotated, Any

from flask import Blueprint
from msgspec import UNSET, Meta, UnsetType

from api.framework.describe import describe
from api.framework.queries import PageQuery
from api.shapes.access.audit import Action, AuditEntry, ReachingCredential, Source
from api.shapes.values import CredentialId, ProjectId, UserId
from calmboard.access import audit_reading
from calmboard.access.access import Access
from calmboard.access.credentials.key_life import reaching
from calmboard.errors import FieldError, InvalidRequest, NotFound
from calmboard.pagination import Page

bp = Blueprint("audit", __name__)


class AuditQuery(PageQuery, kw_only=True):
    project_id: (
        Annotated[ProjectId, Meta(description="The entries of a project that you are an owner or admin of.")] | UnsetType
    ) = UNSET
    action: Action | UnsetType = UNSET
    subject_kind: (
        Annotated[str, Meta(description="Such as key, grant, client, session or member.", max_length=20)] | UnsetType
    ) = UNSET
    subject_id: Annotated[str, Meta(description="The id of what was changed.", max_length=200)] | UnsetType = UNSET
    actor_id: UserId | UnsetType = UNSET
    source: Source | UnsetType = UNSET
    credential_id: CredentialId | UnsetType = UNSET
    since: Annotated[datetime, Meta(tz=True, description="At this time or later, to the millisecond.")] | UnsetType = UNSET
    until: Annotated[datetime, Meta(tz=True, description="Before this time, to the millisecond.")] | UnsetType = UNSET


@bp.get("/v1/audit")
@describe("Read the audit log", AuditEntry, query=AuditQuery, scope="keys:read")
def list_audit_entries(access: Access, query: AuditQuery) -> Page[Any]:
    """Who changed what your keys, apps, sessions and memberships may do, newest first, for 400 days.

    With `project_id` what changed in that project, for its owners and admins.
    """
    names = [field.name for field in fields(audit_reading.AuditFilter)]
    wanted = audit_reading.AuditFilter(**{name: value for name in names if (value := getattr(query, name)) is not UNSET})
    if query.project_id is UNSET:
        return audit_reading.list_own_entries(access, query.page_request, wanted)
    try:
        return audit_reading.list_project_entries(access, query.project_id, query.page_request, wanted)
    except NotFound as problem:
        error = FieldError("project_id", "unknown_value", problem.detail)
        raise InvalidRequest("A parameter in the address cannot be used.", errors=(error,)) from None


@bp.get("/v1/projects/<project_id>/credentials")
@describe("List the credentials that reach a project", ReachingCredential, query=PageQuery, scope="keys:read")
def list_reaching_credentials(access: Access, project_id: str, query: PageQuery) -> Page[reaching.ReachingCredential]:
    """Keys and apps of all members, without their secrets, for owners and admins, who can cut each off on its page."""
    return reaching.list_reaching(access, project_id, query.page_request)
