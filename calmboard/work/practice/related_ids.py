"""Ids of what belongs to a project, a board and a task, and to the reader: for examples that name one of each."""

from collections.abc import Mapping

from sqlalchemy import bindparam, select

from calmboard.access.access import Access
from calmboard.db import autocommit
from calmboard.models import ApiKey, Attachment, ChecklistItem, Comment, Label, Sprint

_PARENTS = ("project_id", "board_id", "task_id")


def related_ids(ids: Mapping[str, str]) -> dict[str, str]:
    """The first label, sprint, checklist item, comment and attachment below these ids, as far as they exist.

    The caller has found that the project, board and task are visible.
    """
    with autocommit() as connection:
        row = connection.execute(_RELATED, {name: ids.get(name) for name in _PARENTS}).one()
    return {name: value for name, value in row._mapping.items() if value}


def latest_key_id(access: Access) -> str | None:
    """That of the user's newest key in use."""
    with autocommit() as connection:
        key_id: str | None = connection.execute(_LATEST_KEY, {"user_id": access.user.id}).scalar()
    return key_id


_RELATED = select(
    *(
        select(model.id).where(parent == bindparam(name)).order_by(model.id).limit(1).scalar_subquery().label(label)
        for label, model, parent, name in (
            ("label_id", Label, Label.project_id, "project_id"),
            ("sprint_id", Sprint, Sprint.board_id, "board_id"),
            ("item_id", ChecklistItem, ChecklistItem.task_id, "task_id"),
            ("comment_id", Comment, Comment.task_id, "task_id"),
            ("attachment_id", Attachment, Attachment.task_id, "task_id"),
        )
    )
)
_LATEST_KEY = (
    select(ApiKey.id)
    .where(ApiKey.user_id == bindparam("user_id"), ApiKey.revoked_at.is_(None))
    .order_by(ApiKey.id.desc())
    .limit(1)
)
