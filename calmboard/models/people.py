"""People and the plan each of them has."""

from datetime import datetime
from typing import Literal, get_args

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, LargeBinary, String, func
from sqlalchemy.orm import Mapped, mapped_column

from calmboard.clock import now
from calmboard.db import Base, UtcDateTime
from calmboard.models.columns import Id, id_column

PlanSlug = Literal["free", "pro", "business"]


class User(Base):
    """A person; a browser is known to them by a cookie of the present `device_epoch`, which grows where all are forgotten.

    `muted_notices` are the kinds of messages that they do not want, of those that may be turned off. Until `deletes_at` they may
    still keep the account, which does nothing else.
    """

    __tablename__ = "users"

    id: Mapped[str] = id_column("usr")
    email: Mapped[str] = mapped_column(String(254))
    name: Mapped[str] = mapped_column(String(100))
    password_hash: Mapped[str] = mapped_column(String(200))
    plan: Mapped[str] = mapped_column(String(16), default="free")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    device_epoch: Mapped[int] = mapped_column(default=0, server_default="0")
    muted_notices: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    deletes_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        Index("uq_users_email_lower", func.lower(email), unique=True),
        Index(
            "ix_users_deletes_at",
            "deletes_at",
            sqlite_where=deletes_at.is_not(None),
            postgresql_where=deletes_at.is_not(None),
        ),
        CheckConstraint(plan.in_(get_args(PlanSlug)), name="plan"),
    )


class EmailChange(Base):
    """Another e-mail address that a person wants to have, until both it and the present one agreed by their mailed links.

    A digest is that of a link, from when it is mailed; `old_agreed_at` and `new_agreed_at` are when each was followed.
    """

    __tablename__ = "email_changes"

    id: Mapped[str] = id_column("ech")
    user_id: Mapped[str] = mapped_column(Id, ForeignKey("users.id", ondelete="CASCADE"), unique=True)
    email: Mapped[str] = mapped_column(String(254))
    old_digest: Mapped[bytes | None] = mapped_column(LargeBinary(32), unique=True)
    new_digest: Mapped[bytes | None] = mapped_column(LargeBinary(32), unique=True)
    old_agreed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    new_agreed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
