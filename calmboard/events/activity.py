"""The activity log of a project: written in the commit of the change itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import bindparam, select

from calmboard import ids
from calmboard.access.access import Access
from calmboard.access.permissions import find, require_scope
from calmboard.access.reads import note_writer, replica_reads
from calmboard.db import AnyRow, db
from calmboard.models import Activity, Project, User
from calmboard.pagination import Order, Page, PageRequest, order_and_limit, read_page
from calmboard.prepared import Prepared, insert_row

_NEWEST_FIRST = Order((Activity.id,), descending=True)


@dataclass(frozen=True, slots=True)
class Name:
    """A person or credential, by id and name."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class ActivityEntry:
    """One change. `actor` is None where the account is gone, `credential` where it was done on a page."""

    id: str
    at: datetime
    what: str
    subject_id: str
    board_id: str | None
    task_id: str | None
    changes: dict[str, Any]
    actor: Name | None
    source: str
    credential: Name | None


def record(
    access: Access,
    what: str,
    project_id: str,
    subject_id: str,
    *,
    board_id: str | None = None,
    task_id: str | None = None,
    changes: Mapping[str, Any] | None = None,
) -> None:
    """Add an entry such as `task.created` after what the session holds; the caller commits. `changes` holds the new values."""
    note_writer(access)
    subject = {"project_id": project_id, "board_id": board_id, "task_id": task_id, "subject_id": subject_id}
    credential = access.credential
    values = {
        "what": what,
        "changes": {name: _json_value(value) for name, value in (changes or {}).items()},
        "actor_id": access.user.id,
        "source": access.source,
        "credential_id": credential.id if credential else None,
        "credential_name": credential.name if credential else None,
    }
    db.session.flush()
    insert_row(Activity, {**subject, **values})


def list_activity(
    access: Access, project_id: str, page_request: PageRequest, since: datetime | None = None
) -> Page[ActivityEntry]:
    """The activity log of a project, newest first; `since` counts to the millisecond. Two queries, whatever the length.

    Raises NotFound and Forbidden as `find` does.
    """
    require_scope(access, "tasks:read")
    find(access, Project, project_id)
    statement = _activity_list(since is not None, page_request.after is not None)
    values = {"project_id": project_id, "first_id": since and ids.first_id("act", since)}
    with replica_reads(access) as connection:
        page = read_page(connection, statement, page_request, values)
    return Page([_entry(row) for row in page.rows], page.after)


@cache
def _activity_list(recent: bool, after_cursor: bool) -> Prepared:
    """Ids sort by time, so the index that sorts the list also finds where `since` begins."""
    statement = select(*_COLUMNS).outerjoin(User, User.id == Activity.actor_id)
    statement = statement.where(Activity.project_id == bindparam("project_id"))
    if recent:
        statement = statement.where(Activity.id >= bindparam("first_id"))
    return order_and_limit(statement, _NEWEST_FIRST, after_cursor=after_cursor)


_COLUMNS = (
    Activity.id,
    Activity.at,
    Activity.what,
    Activity.subject_id,
    Activity.board_id,
    Activity.task_id,
    Activity.changes,
    Activity.source,
    Activity.actor_id,
    User.name.label("actor_name"),
    Activity.credential_id,
    Activity.credential_name,
)


def _entry(row: AnyRow) -> ActivityEntry:
    return ActivityEntry(
        row.id,
        row.at,
        row.what,
        row.subject_id,
        row.board_id,
        row.task_id,
        row.changes,
        _name(row.actor_id, row.actor_name),
        row.source,
        _name(row.credential_id, row.credential_name),
    )


def _name(row_id: str | None, name: str | None) -> Name | None:
    return None if row_id is None or name is None else Name(row_id, name)


def _json_value(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else value
