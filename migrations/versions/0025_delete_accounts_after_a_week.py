"""When an account that its person gave up is deleted."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0023"


def upgrade() -> None:
    op.add_column("users", sa.Column("deletes_at", sa.DateTime(timezone=True)))
    is_set = sa.text("deletes_at IS NOT NULL")
    op.create_index("ix_users_deletes_at", "users", ["deletes_at"], sqlite_where=is_set, postgresql_where=is_set)


def downgrade() -> None:
    op.drop_index("ix_users_deletes_at", table_name="users")
    op.drop_column("users", "deletes_at")
