"""Comments."""

from flask import Blueprint

from api.framework.bodies import given
from api.framework.describe import describe
from api.framework.queries import PageQuery
from api.shapes.work.comments import Comment, CommentChanges, NewComment
from calmboard.access.access import Access
from calmboard.pagination import Page
from calmboard.preconditions import Precondition
from calmboard.work.discussion import comments
from calmboard.work.discussion.comments import CommentRow

bp = Blueprint("comments", __name__)


@bp.get("/v1/tasks/<task_id>/comments")
@describe("List the comments on a task", Comment, query=PageQuery, scope="comments:read")
def list_comments(access: Access, task_id: str, query: PageQuery) -> Page[CommentRow]:
    """The comments on a task, oldest first."""
    return comments.list_comments(access, task_id, query.page_request)


@bp.post("/v1/tasks/<task_id>/comments")
@describe("Comment on a task", Comment, takes=NewComment, scope="comments:write", location="/api/v1/comments/{id}")
def create_comment(access: Access, task_id: str, new: NewComment) -> CommentRow:
    """Add a comment in Markdown. It carries the name of the key it came through."""
    return comments.write_comment(access, task_id, new.body)


@bp.get("/v1/comments/<comment_id>")
@describe("Read a comment", Comment, scope="comments:read")
def read_comment(access: Access, comment_id: str) -> CommentRow:
    """One comment, in Markdown and as HTML that is safe to show."""
    return comments.read_comment(access, comment_id)


@bp.put("/v1/comments/<comment_id>")
@bp.patch("/v1/comments/<comment_id>")
@describe("Change a comment", Comment, takes=CommentChanges, scope="comments:write", guarded=Comment)
def change_comment(access: Access, comment_id: str, changes: CommentChanges, precondition: Precondition) -> CommentRow:
    """Change a comment of your own; those of others answer 403.

    PUT means the same, for tools that can only PUT.
    """
    return comments.change_comment(access, comment_id, given(changes), precondition)


@bp.delete("/v1/comments/<comment_id>")
@describe("Delete a comment", scope="comments:write", guarded=Comment)
def delete_comment(access: Access, comment_id: str, precondition: Precondition) -> None:
    """Delete a comment of your own. Admins and owners of the project may delete anybody's."""
    comments.delete_comment(access, comment_id, precondition)
