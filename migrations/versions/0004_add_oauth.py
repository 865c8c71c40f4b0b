"""Add OAuth clients, grants, codes and tokens."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_TABLES = ("oauth_clients", "oauth_grants", "oauth_codes", "oauth_access_tokens", "oauth_refresh_tokens")


def upgrade() -> None:
    _create_clients()
    _create_grants()
    _create_codes()
    _create_tokens(
        "oauth_access_tokens", sa.Column("tail", sa.String(4), nullable=False), sa.Column("scopes", sa.Text, nullable=False)
    )
    _create_tokens("oauth_refresh_tokens", _at("rotated_at", nullable=True))


def downgrade() -> None:
    for table in reversed(_TABLES):
        op.drop_table(table)


def _create_clients() -> None:
    op.create_table(
        "oauth_clients",
        sa.Column("id", sa.String(2000), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        _id("user_id", nullable=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("redirect_uris", sa.JSON, nullable=False),
        sa.Column("details", sa.JSON, nullable=False),
        sa.Column("registration_digest", sa.LargeBinary(32)),
        _at("created_at"),
        _at("updated_at"),
        _at("fresh_until", nullable=True),
        _at("last_used_at", nullable=True),
        _key("oauth_clients", "id"),
        sa.UniqueConstraint("user_id", name=op.f("uq_oauth_clients_user_id")),
        sa.UniqueConstraint("registration_digest", name=op.f("uq_oauth_clients_registration_digest")),
        _belongs_to("users", "oauth_clients", "user_id"),
        sa.CheckConstraint(sa.column("kind").in_(("own", "registered", "document")), name=op.f("ck_oauth_clients_kind")),
    )


def _create_grants() -> None:
    op.create_table(
        "oauth_grants",
        _id("id"),
        sa.Column("client_id", sa.String(2000), nullable=False),
        _id("user_id"),
        _id("session_id", nullable=True),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("project_ids", sa.JSON(none_as_null=True)),
        sa.Column("resource", sa.String(300), nullable=False),
        _at("created_at"),
        _at("expires_at"),
        _at("redeemed_at", nullable=True),
        _at("revoked_at", nullable=True),
        _at("last_used_at", nullable=True),
        sa.Column("last_used_ip", sa.String(45)),
        sa.Column("last_used_agent", sa.String(200)),
        sa.Column("last_used_endpoint", sa.String(200)),
        _key("oauth_grants", "id"),
        _belongs_to("oauth_clients", "oauth_grants", "client_id"),
        _belongs_to("users", "oauth_grants", "user_id"),
        _belongs_to("sessions", "oauth_grants", "session_id"),
    )
    op.create_index("ix_oauth_grants_client_id", "oauth_grants", ["client_id"])
    op.create_index("ix_oauth_grants_session_id", "oauth_grants", ["session_id"])
    op.create_index("ix_oauth_grants_user_id", "oauth_grants", ["user_id", "id"])


def _create_codes() -> None:
    op.create_table(
        "oauth_codes",
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        _id("grant_id"),
        sa.Column("redirect_uri", sa.String(2000), nullable=False),
        sa.Column("challenge", sa.String(43), nullable=False),
        _at("expires_at"),
        _at("used_at", nullable=True),
        _key("oauth_codes", "digest"),
        _belongs_to("oauth_grants", "oauth_codes", "grant_id"),
    )
    op.create_index("ix_oauth_codes_grant_id", "oauth_codes", ["grant_id"])


def _create_tokens(table: str, *columns: sa.Column[Any]) -> None:
    grant = _belongs_to("oauth_grants", table, "grant_id")
    digest = sa.Column("digest", sa.LargeBinary(32), nullable=False)
    op.create_table(table, digest, _id("grant_id"), *columns, _at("expires_at"), _key(table, "digest"), grant)
    op.create_index(f"ix_{table}_grant_id", table, ["grant_id"])
    op.create_index(f"ix_{table}_expires_at", table, ["expires_at"])


def _id(name: str, *, nullable: bool = False) -> sa.Column[str]:
    kind = sa.String(40).with_variant(sa.String(40, collation="C"), "postgresql")
    return sa.Column(name, kind, nullable=nullable)


def _at(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=op.f(f"pk_{table}"))


def _belongs_to(parent: str, table: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{parent}.id"], name=op.f(f"fk_{table}_{column}"), ondelete="CASCADE")
