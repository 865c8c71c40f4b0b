"""Comments."""

from typing import Annotated

from msgspec import UNSET, Struct, UnsetType, field

from api.shapes.values import VISIBLE, CommentId, Person, TaskId, Time, about

Body = Annotated[
    str,
    about("What is said, in Markdown.", "The bank answered: **refund twice**.", min_length=1, max_length=10_000, pattern=VISIBLE),
]
BodyHtml = Annotated[
    str,
    about(
        "The same as HTML that is safe to show: no scripts, no images, links to http, https and mailto only.",
        "<p>The bank answered: <strong>refund twice</strong>.</p>\n",
    ),
]


class Comment(Struct):
    """A comment on a task."""

    id: CommentId
    task_id: TaskId
    author: Annotated[Person | None, about("Who wrote it; null: their account is gone.")]
    credential_name: Annotated[str | None, about("The name of the key it came through; null: none.", "Release bot")] = field(
        name="via"
    )
    body: Body
    body_html: BodyHtml
    created_at: Time
    updated_at: Time


class NewComment(Struct, forbid_unknown_fields=True):
    """A comment to add."""

    body: Body


class CommentChanges(Struct, kw_only=True, forbid_unknown_fields=True):
    """The fields to change; the others stay as they are."""

    body: Body | UnsetType = UNSET
