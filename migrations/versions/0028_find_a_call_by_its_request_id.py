"""Find a call by the id that its answer had; on PostgreSQL in each partition, those to come too."""

from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    op.create_index("ix_request_log_request_id", "request_log", ["user_id", "request_id", "id"])


def downgrade() -> None:
    op.drop_index("ix_request_log_request_id", "request_log")
