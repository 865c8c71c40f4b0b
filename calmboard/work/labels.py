"""Labels: words with a colour, which tasks of a project carry."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import Insert, Update, bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from calmboard import ids
from calmboard.access.access import Access
from calmboard.access.permissions import find, find_alone, find_for_update, require_role, require_scope
from calmboard.access.reads import replica_reads
from calmboard.clock import now
from calmboard.db import AnyRow, AnySelect, db, retry_conflicts
from calmboard.errors import Conflict
from calmboard.events.activity import record
from calmboard.events.touched import touch
from calmboard.models import Label, Project, Task, TaskLabel
from calmboard.pagination import Order, Page, PageRequest, order_and_limit, read_page
from calmboard.preconditions import Precondition, no_precondition
from calmboard.prepared import Prepared
from calmboard.work.changed_values import changed_values

_COLUMNS = (Label.id, Label.project_id, Label.name, Label.colour, Label.created_at, Label.updated_at)
_BY_ID = Order((Label.id,))


def list_labels(access: Access, project_id: str, page_request: PageRequest) -> Page[AnyRow]:
    """The labels of a project, oldest first. Raises NotFound and Forbidden as `find` does."""
    require_scope(access, "tasks:read")
    find(access, Project, project_id)
    with replica_reads(access) as connection:
        return read_page(connection, _label_list(page_request.after is not None), page_request, {"project_id": project_id})


def read_label(access: Access, label_id: str) -> AnyRow:
    """Raises NotFound where there is none, Forbidden without access."""
    require_scope(access, "tasks:read")
    return find(access, Label, label_id, *_COLUMNS)


@retry_conflicts
def create_label(access: Access, project_id: str, new: Mapping[str, Any]) -> AnyRow:
    """Add a label to a project. Raises NotFound, Forbidden, and Conflict where the project has one of this name."""
    project = find_for_update(access, Project, project_id)
    require_role(access, project.role, "tasks:write")
    label_id = ids.new_id("lbl")
    _write(insert(Label).values(id=label_id, project_id=project_id, **new))
    record(access, "label.created", project_id, label_id, changes=new)
    db.session.commit()
    return read_label(access, label_id)


@retry_conflicts
def change_label(
    access: Access, label_id: str, changes: Mapping[str, Any], precondition: Precondition = no_precondition
) -> AnyRow:
    """Change name or colour of the label on all its tasks. Raises as `create_label` does, and PreconditionFailed."""
    label = _lock_label(access, label_id, precondition)
    if new := changed_values(label, changes):
        _write(update(Label).where(Label.id == label_id).values(**new, updated_at=now()))
        touch(Task, _labelled(label_id))
        record(access, "label.changed", label.in_project, label_id, changes=new)
    db.session.commit()
    return read_label(access, label_id)


@retry_conflicts
def delete_label(access: Access, label_id: str, precondition: Precondition = no_precondition) -> None:
    """Delete a label; tasks lose it. Raises as `change_label` does."""
    label = _lock_label(access, label_id, precondition)
    touch(Task, _labelled(label_id))
    db.session.execute(delete(Label).where(Label.id == label_id))
    record(access, "label.deleted", label.in_project, label_id, changes={"name": label.name})
    db.session.commit()


@cache
def _label_list(after_cursor: bool) -> Prepared:
    statement = select(*_COLUMNS).where(Label.project_id == bindparam("project_id"))
    return order_and_limit(statement, _BY_ID, after_cursor=after_cursor)


def _labelled(label_id: str) -> AnySelect:
    return select(TaskLabel.task_id).where(TaskLabel.label_id == label_id)


def _lock_label(access: Access, label_id: str, precondition: Precondition) -> AnyRow:
    label = find_alone(access, Label, label_id, *_COLUMNS)
    require_role(access, label.role, "tasks:write")
    precondition(label)
    return label


def _write(statement: Insert | Update) -> None:
    try:
        db.session.execute(statement)
    except IntegrityError:
        raise Conflict("The project has a label of this name, whatever the case. Use that one, or another name.") from None
