"""Index who changed a task and since when tasks are blocked, which lists are filtered by."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_index("ix_activities_actor_id", "activities", ["actor_id", "task_id"])
    where = sa.text("blocked_at IS NOT NULL")
    op.create_index("ix_tasks_blocked", "tasks", ["board_id", "blocked_at"], sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    op.drop_index("ix_tasks_blocked", "tasks")
    op.drop_index("ix_activities_actor_id", "activities")
