"""The activity log: who did what, through which credential; and the outbox, with the addresses that want no invitations."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from calmboard.clock import now
from calmboard.db import Base, UtcDateTime
from calmboard.models.columns import Id, id_column, when_created
from calmboard.texts.mailboxes import mailbox_of


class Activity(Base):
    """One change in a project. `what` is such as `task.created`; `changes` holds the new values."""

    __tablename__ = "activities"

    id: Mapped[str] = id_column("act")
    project_id: Mapped[str] = mapped_column(Id, ForeignKey("projects.id", ondelete="CASCADE"))
    board_id: Mapped[str | None] = mapped_column(Id)
    task_id: Mapped[str | None] = mapped_column(Id)
    subject_id: Mapped[str] = mapped_column(Id)
    what: Mapped[str] = mapped_column(String(40))
    changes: Mapped[dict[str, Any]] = mapped_column(JSON)
    actor_id: Mapped[str | None] = mapped_column(Id, ForeignKey("users.id", ondelete="SET NULL"))
    source: Mapped[str] = mapped_column(String(10))
    credential_id: Mapped[str | None] = mapped_column(Id)
    credential_name: Mapped[str | None] = mapped_column(String(80))
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    __table_args__ = (
        Index("ix_activities_project_id", "project_id", "id"),
        # Who changed a task, and which tasks somebody changed.
        Index("ix_activities_actor_id", "actor_id", "task_id"),
    )


class OutboxMessage(Base):
    """A message to send by mail, or one that was sent. It holds no secret: a link's token is made when it is sent.

    `subject_id` is what it is about, where that is more than the recipient. `sender_id` is the person who let it be sent; nobody
    signed in asks for a new password. `leased_until` is the lease of the worker that is sending it; it is over at a worker's
    death. `ended_at` is when it was sent, need not be any more, or was given up; until it is deleted, it counts.
    """

    __tablename__ = "outbox_messages"

    id: Mapped[str] = id_column("msg")
    kind: Mapped[str] = mapped_column(String(20))
    recipient: Mapped[str] = mapped_column(String(254))
    subject_id: Mapped[str | None] = mapped_column(Id)
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    next_attempt_at: Mapped[datetime] = mapped_column(UtcDateTime, default=when_created)
    leased_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sender_id: Mapped[str | None] = mapped_column(Id, ForeignKey("users.id", ondelete="SET NULL"))
    mailbox: Mapped[str] = mapped_column(
        String(254), default=lambda context: mailbox_of(context.get_current_parameters()["recipient"])
    )
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        Index(
            "ix_outbox_messages_next_attempt_at",
            "next_attempt_at",
            "id",
            sqlite_where=ended_at.is_(None),
            postgresql_where=ended_at.is_(None),
        ),
        Index("ix_outbox_messages_sender_id", "sender_id", "created_at"),
        Index("ix_outbox_messages_mailbox", "mailbox", "created_at"),
    )


class StoppedAddress(Base):
    """A mailbox that gets no invitations any more, by the SHA-256 of its name: the list tells nobody whom it holds."""

    __tablename__ = "stopped_addresses"

    digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
