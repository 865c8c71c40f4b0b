"""Comments on tasks: written, changed by who wrote them, deleted."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import bindparam, delete, select, update

from calmboard.access.access import Access
from calmboard.access.permissions import find, find_for_update, require_role, require_scope
from calmboard.access.reads import replica_reads
from calmboard.clock import now
from calmboard.db import AnyRow, db, retry_conflicts
from calmboard.errors import Forbidden
from calmboard.events.activity import record
from calmboard.models import Comment, Task, User
from calmboard.models.columns import with_folded
from calmboard.pagination import Order, Page, PageRequest, order_and_limit, read_page
from calmboard.preconditions import Precondition, no_precondition
from calmboard.prepared import Prepared
from calmboard.work.changed_values import changed_values
from calmboard.work.discussion.markdown import render

_AUTHOR = select(User.name).where(User.id == Comment.author_id).correlate(Comment).scalar_subquery()
_COLUMNS = (
    Comment.id,
    Comment.task_id,
    Comment.author_id,
    _AUTHOR.label("author_name"),
    Comment.credential_name,
    Comment.body,
    Comment.created_at,
    Comment.updated_at,
)
_BY_ID = Order((Comment.id,))
_MODERATORS = ("admin", "owner")


@dataclass(frozen=True, slots=True)
class Author:
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class CommentRow:
    """One comment; `author` is None once their account is gone, `credential_name` names the credential it was written with."""

    id: str
    task_id: str
    author: Author | None
    credential_name: str | None
    body: str
    created_at: datetime
    updated_at: datetime

    @property
    def body_html(self) -> str:
        return render(self.body)


def list_comments(access: Access, task_id: str, page_request: PageRequest) -> Page[CommentRow]:
    """The comments on a task, oldest first. Raises NotFound where there is no such task, Forbidden without access."""
    require_scope(access, "comments:read")
    find(access, Task, task_id)
    with replica_reads(access) as connection:
        page = read_page(connection, _comment_list(page_request.after is not None), page_request, {"task_id": task_id})
    return Page([_with_author(row) for row in page.rows], page.after)


def read_comment(access: Access, comment_id: str) -> CommentRow:
    """Raises NotFound where there is none, Forbidden without access."""
    require_scope(access, "comments:read")
    return _with_author(find(access, Comment, comment_id, *_COLUMNS))


@retry_conflicts
def write_comment(access: Access, task_id: str, body: str) -> CommentRow:
    """Add a comment, in Markdown. Raises NotFound, and Forbidden without access and to viewers."""
    task = find_for_update(access, Task, task_id, Task.board_id)
    require_role(access, task.role, "comments:write")
    credential_name = access.credential.name if access.credential else None
    comment = Comment(task_id=task_id, author_id=access.user.id, credential_name=credential_name, body=body)
    db.session.add(comment)
    db.session.flush()
    comment_id = comment.id
    record(access, "comment.created", task.in_project, comment_id, board_id=task.board_id, task_id=task_id)
    db.session.commit()
    return read_comment(access, comment_id)


@retry_conflicts
def change_comment(
    access: Access, comment_id: str, changes: Mapping[str, Any], precondition: Precondition = no_precondition
) -> CommentRow:
    """Change a comment of one's own. Raises Forbidden for those of others, PreconditionFailed where the precondition fails."""
    comment = _lock_comment(access, comment_id, precondition)
    if comment.author_id != access.user.id:
        raise Forbidden("Only the person who wrote a comment can change it.")
    if new := changed_values(comment, changes):
        db.session.execute(update(Comment).where(Comment.id == comment_id).values(**with_folded(Comment, new), updated_at=now()))
        _record(access, "comment.changed", comment)
    db.session.commit()
    return read_comment(access, comment_id)


@retry_conflicts
def delete_comment(access: Access, comment_id: str, precondition: Precondition = no_precondition) -> None:
    """Delete a comment: one's own, or as an admin or owner anybody's. Raises as `change_comment` does."""
    comment = _lock_comment(access, comment_id, precondition)
    if comment.author_id != access.user.id and comment.role not in _MODERATORS:
        raise Forbidden("A comment can be deleted by the person who wrote it, and by admins and owners of the project.")
    db.session.execute(delete(Comment).where(Comment.id == comment_id))
    _record(access, "comment.deleted", comment)
    db.session.commit()


@cache
def _comment_list(after_cursor: bool) -> Prepared:
    return order_and_limit(select(*_COLUMNS).where(Comment.task_id == bindparam("task_id")), _BY_ID, after_cursor=after_cursor)


def _with_author(row: AnyRow) -> CommentRow:
    author = Author(row.author_id, row.author_name) if row.author_id is not None else None
    return CommentRow(row.id, row.task_id, author, row.credential_name, row.body, row.created_at, row.updated_at)


def _lock_comment(access: Access, comment_id: str, precondition: Precondition) -> AnyRow:
    """The comment, locked until the commit, where this access may write comments and the precondition holds."""
    comment = find_for_update(access, Comment, comment_id, *_COLUMNS, Task.board_id)
    require_role(access, comment.role, "comments:write")
    if precondition is not no_precondition:
        precondition(_with_author(comment))
    return comment


def _record(access: Access, what: str, comment: AnyRow) -> None:
    """The text stays out of the activity log, so that a deleted comment is gone."""
    record(access, what, comment.in_project, comment.id, board_id=comment.board_id, task_id=comment.task_id)
