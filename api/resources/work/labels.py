"""Labels."""

from typing import Any

from flask import Blueprint

from api.framework.bodies import given
from api.framework.describe import describe
from api.framework.queries import PageQuery
from api.shapes.work.labels import Label, LabelChanges, NewLabel
from calmboard.access.access import Access
from calmboard.pagination import Page
from calmboard.preconditions import Precondition
from calmboard.work import labels

bp = Blueprint("labels", __name__)


@bp.get("/v1/projects/<project_id>/labels")
@describe("List the labels of a project", Label, query=PageQuery, scope="tasks:read")
def list_labels(access: Access, project_id: str, query: PageQuery) -> Page[Any]:
    """The labels of a project, oldest first. Their ids are what `labels` of a task takes."""
    return labels.list_labels(access, project_id, query.page_request)


@bp.post("/v1/projects/<project_id>/labels")
@describe("Create a label", Label, takes=NewLabel, scope="tasks:write", location="/api/v1/labels/{id}")
def create_label(access: Access, project_id: str, new: NewLabel) -> Any:
    """Add a label to a project. A name that is there already, whatever the case, is answered 409."""
    return labels.create_label(access, project_id, given(new))


@bp.get("/v1/labels/<label_id>")
@describe("Read a label", Label, scope="tasks:read")
def read_label(access: Access, label_id: str) -> Any:
    """One label."""
    return labels.read_label(access, label_id)


@bp.put("/v1/labels/<label_id>")
@bp.patch("/v1/labels/<label_id>")
@describe("Change a label", Label, takes=LabelChanges, scope="tasks:write", guarded=Label)
def change_label(access: Access, label_id: str, changes: LabelChanges, precondition: Precondition) -> Any:
    """Change name or colour, on every task that carries the label.

    PUT means the same, for tools that can only PUT.
    """
    return labels.change_label(access, label_id, given(changes), precondition)


@bp.delete("/v1/labels/<label_id>")
@describe("Delete a label", scope="tasks:write", guarded=Label)
def delete_label(access: Access, label_id: str, precondition: Precondition) -> None:
    """Delete a label for good; tasks lose it."""
    labels.delete_label(access, label_id, precondition)
