"""Lease idempotency keys: whoever works on a request renews its lease, which ends soon where its process did."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    # Of the requests under way none is known to live. SQLite adds a column that may not be null only with a constant.
    long_over = sa.text("'1970-01-01 00:00:00'")
    column = sa.Column("leased_until", sa.DateTime(timezone=True), nullable=False, server_default=long_over)
    op.add_column("idempotent_requests", column)
    if op.get_context().dialect.name == "postgresql":
        op.alter_column("idempotent_requests", "leased_until", server_default=None)


def downgrade() -> None:
    op.drop_column("idempotent_requests", "leased_until")
