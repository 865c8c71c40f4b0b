"""When an account that its person gave up is deleted, and addresses that wait for both mailboxes to agree."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0023"


def upgrade() -> None:
    op.add_column("users", sa.Column("deletes_at", sa.DateTime(timezone=True)))
    is_set = sa.text("deletes_at IS NOT NULL")
    op.create_index("ix_users_deletes_at", "users", ["deletes_at"], sqlite_where=is_set, postgresql_where=is_set)
    row_id = sa.String(40).with_variant(sa.String(40, collation="C"), "postgresql")
    op.create_table(
        "email_changes",
        sa.Column("id", row_id, nullable=False),
        sa.Column("user_id", row_id, nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("old_digest", sa.LargeBinary(32)),
        sa.Column("new_digest", sa.LargeBinary(32)),
        sa.Column("old_agreed_at", sa.DateTime(timezone=True)),
        sa.Column("new_agreed_at", sa.DateTime(timezone=True)),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_email_changes")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_email_changes_user_id"), ondelete="CASCADE"),
        sa.UniqueConstraint("user_id", name=op.f("uq_email_changes_user_id")),
        sa.UniqueConstraint("old_digest", name=op.f("uq_email_changes_old_digest")),
        sa.UniqueConstraint("new_digest", name=op.f("uq_email_changes_new_digest")),
    )


def downgrade() -> None:
    op.drop_table("email_changes")
    op.drop_index("ix_users_deletes_at", table_name="users")
    op.drop_column("users", "deletes_at")
