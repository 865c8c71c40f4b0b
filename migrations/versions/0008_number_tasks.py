"""Number the tasks of each project, in the order in which they were created."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_NUMBERED = """
UPDATE tasks SET number = numbered.number FROM (
  SELECT tasks.id AS id, row_number() OVER (PARTITION BY boards.project_id ORDER BY tasks.created_at, tasks.id) AS number
  FROM tasks JOIN boards ON boards.id = tasks.board_id
) AS numbered WHERE numbered.id = tasks.id
"""
_COUNTED = """
INSERT INTO task_counters (project_id, last_number)
SELECT boards.project_id, count(*) FROM tasks JOIN boards ON boards.id = tasks.board_id GROUP BY boards.project_id
"""


def upgrade() -> None:
    op.create_table(
        "task_counters",
        _id("project_id"),
        sa.Column("last_number", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("project_id", name=op.f("pk_task_counters")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_task_counters_project_id"), ondelete="CASCADE"),
    )
    # SQLite adds a column that may not be null only with a constant to begin with.
    op.add_column("tasks", sa.Column("number", sa.Integer, nullable=False, server_default="0"))
    op.execute(sa.text(_NUMBERED))
    op.execute(sa.text(_COUNTED))
    if op.get_context().dialect.name == "postgresql":
        op.alter_column("tasks", "number", server_default=None)
    op.create_index("uq_tasks_number", "tasks", ["board_id", "number"], unique=True)


def downgrade() -> None:
    op.drop_index("uq_tasks_number", "tasks")
    op.drop_column("tasks", "number")
    op.drop_table("task_counters")


def _id(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.String(40).with_variant(sa.String(40, collation="C"), "postgresql"), nullable=False)
