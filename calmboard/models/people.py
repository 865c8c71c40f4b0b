"""People and the plan each of them has."""

from datetime import datetime
from typing import Literal, get_args

from sqlalchemy import JSON, CheckConstraint, Index, String, func
from sqlalchemy.orm import Mapped, mapped_column

from calmboard.clock import now
from calmboard.db import Base, UtcDateTime
from calmboard.models.columns import id_column

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
