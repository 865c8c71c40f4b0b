"""Credentials and sessions. Secrets are here as SHA-256 digests only."""

from datetime import datetime

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, LargeBinary, PrimaryKeyConstraint, String, Text, func
from sqlalchemy.orm import Mapped, mapped_column

from calmboard.clock import now
from calmboard.db import Base, UtcDateTime
from calmboard.models.columns import Id, id_column


class ApiKey(Base):
    """A `cbk_` key. `scopes` is a space-separated list; `project_ids` is null for every project, `networks` for everywhere.

    One that another key replaces has its `successor_id`, works on until `expires_at`, and would have until
    `planned_expires_at`; the name is the successor's then. `window_limit` is below that of the plan. `cut_off` are projects
    whose admins ended its reach there. `week_notice_for` and `day_notice_for` are the ends of which a message was written,
    `network_notice_at` is when the last one of a new network was.
    """

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
    last_used_code: Mapped[str | None] = mapped_column(String(40))
    last_used_reason: Mapped[str | None] = mapped_column(String(300))
    note: Mapped[str | None] = mapped_column(String(500))
    networks: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    window_limit: Mapped[int | None]
    successor_id: Mapped[str | None] = mapped_column(Id)
    replaced_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    planned_expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cut_off: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    week_notice_for: Mapped[datetime | None] = mapped_column(UtcDateTime)
    day_notice_for: Mapped[datetime | None] = mapped_column(UtcDateTime)
    network_notice_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        Index(
            "ix_api_keys_expires_at",
            "expires_at",
            sqlite_where=revoked_at.is_(None),
            postgresql_where=revoked_at.is_(None),
        ),
        Index("ix_api_keys_user_id", "user_id", "id"),
        Index("ix_api_keys_tail", "last4"),
        Index("ix_api_keys_successor_id", "successor_id"),
        Index(
            "uq_api_keys_name_in_use",
            "user_id",
            func.lower(name),
            unique=True,
            sqlite_where=revoked_at.is_(None) & successor_id.is_(None),
            postgresql_where=revoked_at.is_(None) & successor_id.is_(None),
        ),
    )


class KeyNetwork(Base):
    """A network that a key was used from, since when it is known, and when it was last used, to the day.

    Those that a key was first known to be used from have one `first_at`; what is later was new.
    """

    __tablename__ = "key_networks"

    key_id: Mapped[str] = mapped_column(Id, ForeignKey("api_keys.id", ondelete="CASCADE"))
    network: Mapped[str] = mapped_column(String(45))
    first_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)

    __table_args__ = (PrimaryKeyConstraint("key_id", "network"),)


class UserSession(Base):
    """One signed-in browser, or a program whose session ends at `expires_at`. `proven_at` is when it proved the second factor."""

    __tablename__ = "sessions"

    id: Mapped[str] = id_column("ses")
    user_id: Mapped[str] = mapped_column(Id, ForeignKey("users.id", ondelete="CASCADE"), index=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    proven_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
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


class SecondFactor(Base):
    """The authenticator app of a person, by its secret, which is encrypted. It counts once a code of it was confirmed.

    `last_step` is the latest step of 30 seconds whose code was used.
    """

    __tablename__ = "second_factors"

    user_id: Mapped[str] = mapped_column(Id, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    ciphertext: Mapped[bytes] = mapped_column(LargeBinary)
    last_step: Mapped[int] = mapped_column(BigInteger, default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RecoveryCode(Base):
    """A code that works once in place of the authenticator app; the row goes as it is used."""

    __tablename__ = "recovery_codes"

    user_id: Mapped[str] = mapped_column(Id, ForeignKey("users.id", ondelete="CASCADE"))
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))

    __table_args__ = (PrimaryKeyConstraint("user_id", "digest"),)


class Passkey(Base):
    """A passkey of a person, by its public key; they may sign in with it. `sign_count` is what its device said last, 0 where it
    does not count.
    """

    __tablename__ = "passkeys"

    id: Mapped[str] = id_column("pky")
    user_id: Mapped[str] = mapped_column(Id, ForeignKey("users.id", ondelete="CASCADE"), index=True)
    credential_id: Mapped[bytes] = mapped_column(LargeBinary(1023), unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


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
