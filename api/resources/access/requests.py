"""The log of requests."""

from dataclasses import fields
from datetime import datetime
from typing import Annotated, Any

from flask import Blueprint
from msgspec import UNSET, Meta, UnsetType

from api.framework.describe import describe
from api.framework.queries import PageQuery
from api.shapes.access.requests import (
    Code,
    LoggedRequest,
    Method,
    Network,
    RequestId,
    Route,
    Status,
    Step,
    Tool,
    UserAgent,
)
from api.shapes.values import CredentialId
from calmboard.access.access import Access
from calmboard.access.request_log.reading import CallFilter, list_calls
from calmboard.pagination import Page

bp = Blueprint("requests", __name__)


class RequestQuery(PageQuery, kw_only=True):
    credential_id: CredentialId | UnsetType = UNSET
    method: Method | UnsetType = UNSET
    route: Route | UnsetType = UNSET
    tool: Tool | UnsetType = UNSET
    status: Status | UnsetType = UNSET
    code: Code | UnsetType = UNSET
    refused_by: Step | UnsetType = UNSET
    network: Network | UnsetType = UNSET
    user_agent: UserAgent | UnsetType = UNSET
    request_id: RequestId | UnsetType = UNSET
    refused: Annotated[bool, Meta(description="Only what was answered with an error, or only what was not.")] | UnsetType = UNSET
    since: Annotated[datetime, Meta(tz=True, description="At this time or later, to the millisecond.")] | UnsetType = UNSET
    until: Annotated[datetime, Meta(tz=True, description="Before this time, to the millisecond.")] | UnsetType = UNSET


@bp.get("/v1/requests")
@describe("List my requests", LoggedRequest, query=RequestQuery, scope="keys:read")
def list_requests(access: Access, query: RequestQuery) -> Page[Any]:
    """The calls of your keys and apps, newest first, of the last 7 days, or 30 on Business, with the step that refused them.

    A call is listed within a second. A key that is limited to some projects sees its own calls only.
    """
    names = [field.name for field in fields(CallFilter) if hasattr(query, field.name)]
    given = {name: value for name in names if (value := getattr(query, name)) is not UNSET}
    return list_calls(access, query.page_request, CallFilter(**given))
