"""What happened in a project."""

from datetime import datetime
from typing import Annotated

from flask import Blueprint
from msgspec import UNSET, Meta, UnsetType

from api.framework.describe import describe
from api.framework.queries import PageQuery
from api.shapes.work.activity import Happening
from calmboard.access.access import Access
from calmboard.events.activity import ActivityEntry
from calmboard.events.activity import list_activity as list_entries
from calmboard.pagination import Page

bp = Blueprint("activity", __name__)


class ActivityQuery(PageQuery, kw_only=True):
    since: Annotated[datetime, Meta(tz=True, description="At this time or later, to the millisecond.")] | UnsetType = UNSET


@bp.get("/v1/projects/<project_id>/activity")
@describe("List what happened in a project", Happening, query=ActivityQuery, scope="tasks:read")
def list_activity(access: Access, project_id: str, query: ActivityQuery) -> Page[ActivityEntry]:
    """Who did what, when, and through which credential; newest first."""
    return list_entries(access, project_id, query.page_request, query.since or None)
