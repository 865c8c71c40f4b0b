"""Comments, checklist items and attachments of a task."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from calmboard.clock import now
from calmboard.db import Base, UtcDateTime
from calmboard.models.columns import Id, Rank, folded_column, id_column, parts_index, when_created


class Comment(Base):
    """A comment in Markdown. `credential_name` is that of the credential it was written with, if any."""

    __tablename__ = "comments"

    id: Mapped[str] = id_column("cmt")
    task_id: Mapped[str] = mapped_column(Id, ForeignKey("tasks.id", ondelete="CASCADE"))
    author_id: Mapped[str | None] = mapped_column(Id, ForeignKey("users.id", ondelete="SET NULL"))
    credential_name: Mapped[str | None] = mapped_column("via", String(80), key="credential_name")
    body: Mapped[str] = mapped_column(Text)
    body_folded: Mapped[str] = folded_column("body")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=when_created)

    __table_args__ = (Index("ix_comments_task_id", "task_id", "id"), parts_index("ix_comments_texts", "body_folded"))


class ChecklistItem(Base):
    """One line of a task's checklist, ordered by `rank`."""

    __tablename__ = "checklist_items"

    id: Mapped[str] = id_column("chk")
    task_id: Mapped[str] = mapped_column(Id, ForeignKey("tasks.id", ondelete="CASCADE"))
    text: Mapped[str] = mapped_column(String(500))
    done: Mapped[bool] = mapped_column(default=False)
    rank: Mapped[str] = mapped_column(Rank)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=when_created)

    __table_args__ = (Index("uq_checklist_items_place", "task_id", "rank", unique=True),)


class Attachment(Base):
    """A file on a task. Its bytes are stored in the files directory under `id`."""

    __tablename__ = "attachments"

    id: Mapped[str] = id_column("att")
    task_id: Mapped[str] = mapped_column(Id, ForeignKey("tasks.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(255))
    media_type: Mapped[str] = mapped_column(String(100))
    size_bytes: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    added_by: Mapped[str | None] = mapped_column(Id, ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    __table_args__ = (Index("ix_attachments_task_id", "task_id", "id"), Index("ix_attachments_added_by", "added_by"))
