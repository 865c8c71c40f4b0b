"""Credentials and sessions. Secrets are here as SHA-256 digests only."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, PrimaryKeyConstraint, String, Text, func
from sqlalchemy.orm import Mapped, mapped_column

from calmboard.clock import now
from calmboard.db import Base, UtcDateTime
from calmboard.models.columns import Id, id_column


class ApiKey(Base):
    """A `cbk_` key. `scopes` is a space-separated list; `project_ids` is null for every project."""

    __tablename__ = "api_keys"

    id: Mapped[str] = id_column("key")
    user_id: Mapped[str] = mapped_column(Id, ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(80))
    integration: Mapped[str] = mapped_column(String(20))
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    last4: Mapped[str] = mapped_column("tail", String(4), key="last4")
    scopes: Mapped[str] = mapped_column(Text)
    project_ids: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    paused_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_reason: Mapped[str | None] = mapped_column(String(20))
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_used_ip: Mapped[str | None] = mapped_column(String(45))
    last_used_agent: Mapped[str | None] = mapped_column(String(200))
    last_used_endpoint: Mapped[str | None] = mapped_column(String(200))
    last_used_status: Mapped[int | None]

    __table_args__ = (
        Index("ix_api_keys_user_id", "user_id", "id"),
        Index(
            "uq_api_keys_name_in_use",
            "user_id",
            func.lower(name),
            unique=True,
            sqlite_where=revoked_at.is_(None),
            postgresql_where=revoked_at.is_(None),
        ),
    )


class UserSession(Base):
    """One signed-in browser, or a program whose session ends at `expires_at`."""

    __tablename__ = "sessions"

    id: Mapped[str] = id_column("ses")
    user_id: Mapped[str] = mapped_column(Id, ForeignKey("users.id", ondelete="CASCADE"), index=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ip: Mapped[str | None] = mapped_column(String(45))
    agent: Mapped[str | None] = mapped_column(String(200))


class SessionToken(Base):
    """A `cbs_` token: it acts for one session, and is gone with it."""

    __tablename__ = "session_tokens"

    digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    session_id: Mapped[str] = mapped_column(Id, ForeignKey("sessions.id", ondelete="CASCADE"), index=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PasswordReset(Base):
    """A mailed one-time link that sets a new password."""

    __tablename__ = "password_resets"

    digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    user_id: Mapped[str] = mapped_column(Id, ForeignKey("users.id", ondelete="CASCADE"), index=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class IdempotentRequest(Base):
    """A POST that carried an Idempotency-Key, and its stored response.

    `is_done` is written in the commit of the work itself: where the response is missing then,
    the work was carried out all the same. Until then whoever works on it renews `leased_until`.
    """

    __tablename__ = "idempotent_requests"

    credential_id: Mapped[str] = mapped_column(Id)
    key: Mapped[str] = mapped_column(String(255))
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary(32))
    is_done: Mapped[bool] = mapped_column(default=False)
    status: Mapped[int | None]
    headers: Mapped[dict[str, str] | None] = mapped_column(JSON(none_as_null=True))
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now, index=True)
    leased_until: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (PrimaryKeyConstraint("credential_id", "key"),)
