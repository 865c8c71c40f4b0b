"""Add session tokens, and sessions that end at a given time."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("sessions", sa.Column("expires_at", sa.DateTime(timezone=True)))
    op.create_table(
        "session_tokens",
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.Column("session_id", sa.String(40).with_variant(sa.String(40, collation="C"), "postgresql"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_session_tokens")),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_session_tokens_session_id"), ondelete="CASCADE"),
    )
    op.create_index("ix_session_tokens_session_id", "session_tokens", ["session_id"])


def downgrade() -> None:
    op.drop_table("session_tokens")
    op.drop_column("sessions", "expires_at")
