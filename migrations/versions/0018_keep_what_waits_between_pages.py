"""Keep secrets for the page that shows them once, forms that outlive their session, and why a key was refused last."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    row_id = sa.String(40).with_variant(sa.String(40, collation="C"), "postgresql")
    op.create_table(
        "waiting_secrets",
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.Column("session_id", row_id, nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
        sa.Column("is_shown", sa.Boolean(), nullable=False),
        sa.Column("is_last", sa.Boolean(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_waiting_secrets_session_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_waiting_secrets")),
    )
    op.create_index("ix_waiting_secrets_session_id", "waiting_secrets", ["session_id"])
    op.create_table(
        "kept_forms",
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_kept_forms")),
    )
    op.add_column("api_keys", sa.Column("last_used_code", sa.String(40)))
    op.add_column("api_keys", sa.Column("last_used_reason", sa.String(300)))


def downgrade() -> None:
    op.drop_column("api_keys", "last_used_reason")
    op.drop_column("api_keys", "last_used_code")
    op.drop_table("kept_forms")
    op.drop_table("waiting_secrets")
