"""A task with everything on it, and what would be deleted with it."""

from typing import Any

from sqlalchemy import bindparam, func, select

from calmboard.access.access import Access
from calmboard.access.permissions import find, require_role, require_scope
from calmboard.db import autocommit
from calmboard.models import Attachment, Board, ChecklistItem, Comment, Task, User
from calmboard.work.tasks.rows import COLUMNS, fields_of, with_relations

_BOARD_NAME = Board.name.label("board_name")
_MAX_COMMENTS = 20
_MAX_FILES = 50


def read_task_detail(access: Access, task_id: str) -> dict[str, Any]:
    """A task with its board and project, `checklist`, `attachments` and latest `comments`, oldest first. Six queries at most.

    The board's name and the comments are None to an access without boards:read, comments:read.
    Raises NotFound and Forbidden as `find` does.
    """
    require_scope(access, "tasks:read")
    row = find(access, Task, task_id, *COLUMNS, _BOARD_NAME)
    values = {"task_id": task_id}
    with autocommit() as connection:
        comments = connection.execute(_LATEST_COMMENTS, values).all() if access.has_scope("comments:read") else None
        return {
            **fields_of(with_relations(connection, [row])[0]),
            "project_id": row.in_project,
            "board_name": row.board_name if access.has_scope("boards:read") else None,
            "checklist": connection.execute(_CHECKLIST, values).all(),
            "attachments": connection.execute(_FILES, values).all(),
            "comments": comments if comments is None else comments[::-1],
        }


def preview_deletion(access: Access, task_id: str) -> dict[str, Any]:
    """The `task` that `delete_task` would delete, and how many comments, items and files would be deleted with it.

    Raises as `delete_task` does.
    """
    require_scope(access, "tasks:write")
    row = find(access, Task, task_id, *COLUMNS)
    require_role(access, row.role, "tasks:write")
    with autocommit() as connection:
        counts = connection.execute(_COUNTS, {"task_id": task_id}).one()
        return {"task": with_relations(connection, [row])[0], **counts._mapping}


_LATEST_COMMENTS = (
    select(Comment.id, User.name.label("author_name"), Comment.body, Comment.created_at)
    .outerjoin(User, User.id == Comment.author_id)
    .where(Comment.task_id == bindparam("task_id"))
    .order_by(Comment.id.desc())
    .limit(_MAX_COMMENTS)
)
_CHECKLIST = (
    select(ChecklistItem.id, ChecklistItem.text, ChecklistItem.done)
    .where(ChecklistItem.task_id == bindparam("task_id"))
    .order_by(ChecklistItem.rank)
)
_FILES = (
    select(Attachment.id, Attachment.name, Attachment.size_bytes)
    .where(Attachment.task_id == bindparam("task_id"))
    .order_by(Attachment.id)
    .limit(_MAX_FILES)
)
_COUNTS = select(
    *(
        select(func.count()).where(table.task_id == bindparam("task_id")).scalar_subquery().label(name)
        for name, table in (("comments", Comment), ("checklist_items", ChecklistItem), ("attachments", Attachment))
    )
)
