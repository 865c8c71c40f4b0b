"""Projects and their members."""

from typing import Any

from flask import Blueprint
from msgspec import UNSET, UnsetType

from api.describe import describe
from api.queries import PageQuery
from api.shapes.projects import Member, Project
from api.shapes.values import NamePart
from calmboard.access.access import Access
from calmboard.pages import Page
from calmboard.work import projects

bp = Blueprint("projects", __name__)


class ProjectQuery(PageQuery, kw_only=True):
    q: NamePart | UnsetType = UNSET


@bp.get("/v1/projects")
@describe("List my projects", Project, query=ProjectQuery, scope="projects:read")
def list_projects(access: Access, query: ProjectQuery) -> Page[Any]:
    """The projects that the credential reaches, oldest first."""
    return projects.list_projects(access, query.cut, query.q or None)


@bp.get("/v1/projects/<project_id>")
@describe("Read a project", Project, scope="projects:read")
def read_project(access: Access, project_id: str) -> Any:
    """One project, with the role of the credential's user in it."""
    return projects.read_project(access, project_id)


@bp.get("/v1/projects/<project_id>/members")
@describe("List the members of a project", Member, query=PageQuery, scope="members:read")
def list_members(access: Access, project_id: str, query: PageQuery) -> Page[Any]:
    """The people in a project. Their ids are what `assignees` of a task takes."""
    return projects.list_members(access, project_id, query.cut)
