"""What of a key was mailed, the networks it was used from, and which messages a person wants."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"

_TIMES = ("week_notice_for", "day_notice_for", "network_notice_at")


def upgrade() -> None:
    row_id = sa.String(40).with_variant(sa.String(40, collation="C"), "postgresql")
    for name in _TIMES:
        op.add_column("api_keys", sa.Column(name, sa.DateTime(timezone=True)))
    in_use = sa.text("revoked_at IS NULL")
    op.create_index("ix_api_keys_expires_at", "api_keys", ["expires_at"], sqlite_where=in_use, postgresql_where=in_use)
    op.add_column("users", sa.Column("muted_notices", sa.JSON()))
    op.create_table(
        "key_networks",
        sa.Column("key_id", row_id, nullable=False),
        sa.Column("network", sa.String(45), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key_id", "network", name=op.f("pk_key_networks")),
        sa.ForeignKeyConstraint(["key_id"], ["api_keys.id"], name=op.f("fk_key_networks_key_id"), ondelete="CASCADE"),
    )


def downgrade() -> None:
    op.drop_table("key_networks")
    op.drop_column("users", "muted_notices")
    op.drop_index("ix_api_keys_expires_at", "api_keys")
    for name in reversed(_TIMES):
        op.drop_column("api_keys", name)
