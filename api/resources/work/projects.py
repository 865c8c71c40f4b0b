"""Projects."""

from typing import Any

from flask import Blueprint
from msgspec import UNSET, UnsetType

from api.framework.bodies import given
from api.framework.describe import describe
from api.framework.queries import PageQuery
from api.shapes.values import NamePart
from api.shapes.work.projects import NewProject, Project, ProjectChanges
from calmboard.access.access import Access
from calmboard.pagination import Page
from calmboard.preconditions import Precondition
from calmboard.work import projects

bp = Blueprint("projects", __name__)


class ProjectQuery(PageQuery, kw_only=True):
    q: NamePart | UnsetType = UNSET


@bp.get("/v1/projects")
@describe("List my projects", Project, query=ProjectQuery, scope="projects:read")
def list_projects(access: Access, query: ProjectQuery) -> Page[Any]:
    """The projects that the credential has access to, oldest first."""
    return projects.list_projects(access, query.page_request, query.q or None)


@bp.get("/v1/projects/<project_id>")
@describe("Read a project", Project, scope="projects:read")
def read_project(access: Access, project_id: str) -> Any:
    """One project, with the role of the credential's user in it."""
    return projects.read_project(access, project_id)


@bp.post("/v1/projects")
@describe("Create a project", Project, takes=NewProject, scope="projects:write", location="/api/v1/projects/{id}")
def create_project(access: Access, new: NewProject) -> Any:
    """Make a project; the credential's user owns it. A key that is limited to some projects cannot."""
    return projects.create_project(access, given(new))


@bp.put("/v1/projects/<project_id>")
@bp.patch("/v1/projects/<project_id>")
@describe("Change a project", Project, takes=ProjectChanges, scope="projects:write", guarded=Project)
def change_project(access: Access, project_id: str, changes: ProjectChanges, precondition: Precondition) -> Any:
    """Change the fields that are sent and leave the others. Admins and owners may.

    PUT means the same, for tools that can only PUT.
    """
    return projects.change_project(access, project_id, given(changes), precondition)


@bp.delete("/v1/projects/<project_id>")
@describe("Delete a project", scope="projects:write", guarded=Project)
def delete_project(access: Access, project_id: str, precondition: Precondition) -> None:
    """Delete a project for good, with its boards, tasks and history. Owners may."""
    projects.delete_project(access, project_id, precondition)
