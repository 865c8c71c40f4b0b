"""OAuth: clients, grants, and the codes and tokens of each grant, as digests."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from calmboard.clock import now
from calmboard.db import Base, UtcDateTime
from calmboard.models.columns import Id, id_column

CLIENT_KINDS = ("own", "registered", "document")


class OAuthClient(Base):
    """An application. Its `id` is ours (`cli_…`), or the address of its metadata document.

    `own`: the one that every person has, and those that they made beside it, which have a row in `made_apps` and no `user_id`;
    `registered`: by anyone (RFC 7591); `document`: by its address.
    """

    __tablename__ = "oauth_clients"

    id: Mapped[str] = mapped_column(String(2000), primary_key=True)
    kind: Mapped[str] = mapped_column(String(12))
    user_id: Mapped[str | None] = mapped_column(Id, ForeignKey("users.id", ondelete="CASCADE"), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    redirect_uris: Mapped[list[str]] = mapped_column(JSON)
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    registration_digest: Mapped[bytes | None] = mapped_column(LargeBinary(32), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    fresh_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (CheckConstraint(kind.in_(CLIENT_KINDS), name="kind"),)


class MadeApp(Base):
    """What a person says of an application of theirs, and what the operator says of it.

    `verified_at` is when the operator vouched for it; while it is `disabled_at` nobody authorizes it. The picture was drawn
    again by us, as a square PNG.
    """

    __tablename__ = "made_apps"

    client_id: Mapped[str] = mapped_column(String(2000), ForeignKey("oauth_clients.id", ondelete="CASCADE"), primary_key=True)
    maker_id: Mapped[str] = mapped_column(Id, ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    description: Mapped[str | None] = mapped_column(String(300))
    home_page: Mapped[str | None] = mapped_column(String(500))
    picture: Mapped[bytes | None] = mapped_column(LargeBinary)
    verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class AppMaintainer(Base):
    """Somebody who keeps an application beside its maker; when they were added, both were members of a project."""

    __tablename__ = "app_maintainers"

    client_id: Mapped[str] = mapped_column(String(2000), ForeignKey("made_apps.client_id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[str] = mapped_column(Id, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True)


class OAuthGrant(Base):
    """What a person authorized an application to do; all its tokens end with it.

    `session_id` is set where it was given by a session token: then it ends with that session. `cut_off` are projects whose
    admins ended its reach there.
    """

    __tablename__ = "oauth_grants"

    id: Mapped[str] = id_column("grn")
    client_id: Mapped[str] = mapped_column(String(2000), ForeignKey("oauth_clients.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[str] = mapped_column(Id, ForeignKey("users.id", ondelete="CASCADE"))
    session_id: Mapped[str | None] = mapped_column(Id, ForeignKey("sessions.id", ondelete="CASCADE"), index=True)
    scopes: Mapped[str] = mapped_column(Text)
    project_ids: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    resource: Mapped[str] = mapped_column(String(300))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    redeemed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_used_ip: Mapped[str | None] = mapped_column(String(45))
    last_used_agent: Mapped[str | None] = mapped_column(String(200))
    last_used_endpoint: Mapped[str | None] = mapped_column(String(200))
    cut_off: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))

    __table_args__ = (Index("ix_oauth_grants_user_id", "user_id", "id"),)


class OAuthCode(Base):
    """An authorization code (`cbc_`): one minute, once."""

    __tablename__ = "oauth_codes"

    digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    grant_id: Mapped[str] = mapped_column(Id, ForeignKey("oauth_grants.id", ondelete="CASCADE"), index=True)
    redirect_uri: Mapped[str] = mapped_column(String(2000))
    challenge: Mapped[str] = mapped_column(String(43))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class OAuthAccessToken(Base):
    """An access token (`cbo_`): one hour, for the resource of its grant alone."""

    __tablename__ = "oauth_access_tokens"

    digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    grant_id: Mapped[str] = mapped_column(Id, ForeignKey("oauth_grants.id", ondelete="CASCADE"), index=True)
    last4: Mapped[str] = mapped_column("tail", String(4), key="last4")
    scopes: Mapped[str] = mapped_column(Text)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class OAuthRefreshToken(Base):
    """A refresh token (`cbr_`): rotated at each use, thirty days from the last."""

    __tablename__ = "oauth_refresh_tokens"

    digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    grant_id: Mapped[str] = mapped_column(Id, ForeignKey("oauth_grants.id", ondelete="CASCADE"), index=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    rotated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
