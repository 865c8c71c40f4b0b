"""Create the tables of people, work and access."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_TABLES = (
    "users",
    "api_keys",
    "sessions",
    "password_resets",
    "projects",
    "memberships",
    "boards",
    "sprints",
    "tasks",
    "task_assignees",
)


def upgrade() -> None:
    _create_users()
    _create_api_keys()
    _create_sessions()
    _create_password_resets()
    _create_projects()
    _create_memberships()
    _create_boards()
    _create_sprints()
    _create_tasks()
    _create_task_assignees()


def downgrade() -> None:
    for table in reversed(_TABLES):
        op.drop_table(table)


def _create_users() -> None:
    op.create_table(
        "users",
        _id("id"),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("password_hash", sa.String(200), nullable=False),
        sa.Column("plan", sa.String(16), nullable=False),
        _at("created_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        _check("users", "plan", sa.column("plan").in_(("free", "pro", "business"))),
    )
    op.create_index("uq_users_email_lower", "users", [sa.text("lower(email)")], unique=True)


def _create_api_keys() -> None:
    op.create_table(
        "api_keys",
        _id("id"),
        _id("user_id"),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("integration", sa.String(20), nullable=False),
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.Column("tail", sa.String(4), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("project_ids", sa.JSON(none_as_null=True)),
        _at("created_at"),
        *(_at(name, nullable=True) for name in ("expires_at", "paused_at", "revoked_at")),
        sa.Column("revoked_reason", sa.String(20)),
        _at("last_used_at", nullable=True),
        sa.Column("last_used_ip", sa.String(45)),
        *(sa.Column(name, sa.String(200)) for name in ("last_used_agent", "last_used_endpoint")),
        sa.Column("last_used_status", sa.Integer()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        _belongs_to("users", "api_keys", "user_id"),
        sa.UniqueConstraint("digest", name=op.f("uq_api_keys_digest")),
    )
    op.create_index("ix_api_keys_user_id", "api_keys", ["user_id", "id"])
    in_use = sa.text("revoked_at IS NULL")
    name = sa.text("lower(name)")
    _create_partial_index("uq_api_keys_name_in_use", "api_keys", ["user_id", name], in_use)


def _create_sessions() -> None:
    op.create_table(
        "sessions",
        _id("id"),
        _id("user_id"),
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        _at("created_at"),
        _at("last_seen_at"),
        sa.Column("ip", sa.String(45)),
        sa.Column("agent", sa.String(200)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
        _belongs_to("users", "sessions", "user_id"),
        sa.UniqueConstraint("digest", name=op.f("uq_sessions_digest")),
    )
    op.create_index("ix_sessions_user_id", "sessions", ["user_id"])


def _create_password_resets() -> None:
    op.create_table(
        "password_resets",
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        _id("user_id"),
        _at("expires_at"),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_password_resets")),
        _belongs_to("users", "password_resets", "user_id"),
    )
    op.create_index("ix_password_resets_user_id", "password_resets", ["user_id"])


def _create_projects() -> None:
    op.create_table(
        "projects",
        _id("id"),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        _at("created_at"),
        _at("updated_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_projects")),
    )


def _create_memberships() -> None:
    op.create_table(
        "memberships",
        _id("user_id"),
        _id("project_id"),
        sa.Column("role", sa.String(16), nullable=False),
        _at("joined_at"),
        sa.PrimaryKeyConstraint("user_id", "project_id", name=op.f("pk_memberships")),
        _check("memberships", "role", sa.column("role").in_(("owner", "admin", "member", "viewer"))),
        _belongs_to("users", "memberships", "user_id"),
        _belongs_to("projects", "memberships", "project_id"),
    )
    op.create_index("ix_memberships_rights", "memberships", ["user_id", "project_id", "role"], unique=True)
    op.create_index("ix_memberships_project_id", "memberships", ["project_id", "user_id"])


def _create_boards() -> None:
    op.create_table(
        "boards",
        _id("id"),
        _id("project_id"),
        sa.Column("name", sa.String(100), nullable=False),
        _at("created_at"),
        _at("updated_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_boards")),
        _belongs_to("projects", "boards", "project_id"),
    )
    op.create_index("ix_boards_project_id", "boards", ["project_id", "id"])


def _create_sprints() -> None:
    op.create_table(
        "sprints",
        _id("id"),
        _id("board_id"),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("goal", sa.Text(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("starts_on", sa.Date()),
        sa.Column("ends_on", sa.Date()),
        _at("created_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sprints")),
        _check("sprints", "state", sa.column("state").in_(("planned", "active", "completed"))),
        _belongs_to("boards", "sprints", "board_id"),
    )
    op.create_index("ix_sprints_board_id", "sprints", ["board_id", "id"])


def _create_tasks() -> None:
    op.create_table(
        "tasks",
        _id("id"),
        _id("board_id"),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("rank", _bytewise(255), nullable=False),
        sa.Column("due_date", sa.Date()),
        sa.Column("blocked", sa.Boolean(), nullable=False),
        sa.Column("blocked_reason", sa.String(500)),
        sa.Column("pinned", sa.Boolean(), nullable=False),
        _id("sprint_id", nullable=True),
        _id("created_by", nullable=True),
        _at("created_at"),
        _at("updated_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tasks")),
        _check("tasks", "state", "state BETWEEN 0 AND 4"),
        _belongs_to("boards", "tasks", "board_id"),
        _belongs_to("sprints", "tasks", "sprint_id", ondelete="SET NULL"),
        _belongs_to("users", "tasks", "created_by", ondelete="SET NULL"),
    )
    _create_task_indexes()


def _create_task_indexes() -> None:
    due_or_never = sa.text("coalesce(due_date, '9999-12-31')")
    op.create_index("uq_tasks_place", "tasks", ["board_id", "state", "rank"], unique=True)
    op.create_index("ix_tasks_board_id", "tasks", ["board_id", "id"])
    op.create_index("ix_tasks_updated", "tasks", ["board_id", "updated_at", "id"])
    op.create_index("ix_tasks_due", "tasks", ["board_id", due_or_never, "id"])
    op.create_index("ix_tasks_sprint_id", "tasks", ["sprint_id", "id"])


def _create_task_assignees() -> None:
    op.create_table(
        "task_assignees",
        _id("task_id"),
        _id("user_id"),
        sa.PrimaryKeyConstraint("task_id", "user_id", name=op.f("pk_task_assignees")),
        _belongs_to("tasks", "task_assignees", "task_id"),
        _belongs_to("users", "task_assignees", "user_id"),
    )
    op.create_index("ix_task_assignees_user_id", "task_assignees", ["user_id", "task_id"])


def _id(name: str, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, _bytewise(40), nullable=nullable)


def _at(name: str, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _bytewise(length: int) -> sa.String:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def _belongs_to(parent: str, table: str, column: str, ondelete: str = "CASCADE") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{parent}.id"], name=op.f(f"fk_{table}_{column}"), ondelete=ondelete)


def _check(table: str, name: str, condition: str | sa.ColumnElement[bool]) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def _create_partial_index(name: str, table: str, columns: list[str | sa.TextClause], condition: sa.TextClause) -> None:
    op.create_index(name, table, columns, unique=True, sqlite_where=condition, postgresql_where=condition)
