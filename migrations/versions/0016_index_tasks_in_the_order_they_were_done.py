"""Index tasks in the order in which they were done, as lists are sorted: those that are not stand first."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.drop_index("ix_tasks_done", "tasks")
    zone = "+00" if op.get_context().dialect.name == "postgresql" else ".000000"
    done_or_not_yet = sa.text(f"coalesce(done_at, '1970-01-01 00:00:00{zone}')")
    op.create_index("ix_tasks_done", "tasks", ["board_id", done_or_not_yet, "id"])


def downgrade() -> None:
    op.drop_index("ix_tasks_done", "tasks")
    op.create_index("ix_tasks_done", "tasks", ["board_id", "done_at"])
