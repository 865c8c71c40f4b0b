"""Note since when a task is blocked; of those that are, the last change is the nearest that is known."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("tasks", sa.Column("blocked_at", sa.DateTime(timezone=True)))
    op.execute(sa.text("UPDATE tasks SET blocked_at = updated_at WHERE blocked"))


def downgrade() -> None:
    op.drop_column("tasks", "blocked_at")
