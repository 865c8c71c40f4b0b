"""Add discussion, labels, invitations, history and idempotent requests."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_TABLES = (
    "labels",
    "task_labels",
    "external_tasks",
    "sprint_tasks",
    "comments",
    "checklist_items",
    "attachments",
    "invitations",
    "activities",
    "idempotent_requests",
)
_COLOURS = ("grey", "red", "orange", "yellow", "green", "teal", "blue", "purple", "pink")
_ACTIVE = sa.text("state = 'active'")


def upgrade() -> None:
    _date_sprints()
    _date_tasks()
    _create_labels()
    _create_external_tasks()
    _create_sprint_tasks()
    _create_discussion()
    _create_invitations()
    _create_activities()
    _create_idempotent_requests()


def downgrade() -> None:
    for table in reversed(_TABLES):
        op.drop_table(table)
    op.drop_index("ix_tasks_done", "tasks")
    op.drop_index("uq_sprints_active", "sprints")
    for table, columns in (("tasks", ("started_at", "done_at")), ("sprints", ("started_at", "completed_at", "updated_at"))):
        for column in columns:
            op.drop_column(table, column)


def _date_sprints() -> None:
    op.add_column("sprints", _at("started_at", nullable=True))
    op.add_column("sprints", _at("completed_at", nullable=True))
    # SQLite adds a column that may not be null only with a constant to begin with.
    op.add_column("sprints", sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, server_default="2026-01-01"))
    op.execute("UPDATE sprints SET updated_at = created_at")
    if op.get_context().dialect.name == "postgresql":
        op.alter_column("sprints", "updated_at", server_default=None)
    op.create_index("uq_sprints_active", "sprints", ["board_id"], unique=True, sqlite_where=_ACTIVE, postgresql_where=_ACTIVE)


def _date_tasks() -> None:
    op.add_column("tasks", _at("started_at", nullable=True))
    op.add_column("tasks", _at("done_at", nullable=True))
    op.execute("UPDATE tasks SET started_at = created_at WHERE state >= 2")
    op.execute("UPDATE tasks SET done_at = updated_at WHERE state = 4")
    op.create_index("ix_tasks_done", "tasks", ["board_id", "done_at"])


def _create_labels() -> None:
    op.create_table(
        "labels",
        _id("id"),
        _id("project_id"),
        sa.Column("name", sa.String(50), nullable=False),
        sa.Column("colour", sa.String(16), nullable=False),
        _at("created_at"),
        _at("updated_at"),
        _key("labels", "id"),
        _belongs_to("projects", "labels", "project_id"),
        sa.CheckConstraint(sa.column("colour").in_(_COLOURS), name=op.f("ck_labels_colour")),
    )
    op.create_index("ix_labels_project_id", "labels", ["project_id", "id"])
    op.create_index("uq_labels_name", "labels", ["project_id", sa.text("lower(name)")], unique=True)
    op.create_table(
        "task_labels",
        _id("task_id"),
        _id("label_id"),
        _key("task_labels", "task_id", "label_id"),
        _belongs_to("tasks", "task_labels", "task_id"),
        _belongs_to("labels", "task_labels", "label_id"),
    )
    op.create_index("ix_task_labels_label_id", "task_labels", ["label_id", "task_id"])


def _create_external_tasks() -> None:
    op.create_table(
        "external_tasks",
        _id("board_id"),
        sa.Column("source", sa.String(40), nullable=False),
        sa.Column("external_id", sa.String(500), nullable=False),
        _id("task_id"),
        _key("external_tasks", "board_id", "source", "external_id"),
        _belongs_to("boards", "external_tasks", "board_id"),
        _belongs_to("tasks", "external_tasks", "task_id"),
    )
    op.create_index("ix_external_tasks_task_id", "external_tasks", ["task_id"])


def _create_sprint_tasks() -> None:
    op.create_table(
        "sprint_tasks",
        _id("id"),
        _id("sprint_id"),
        _id("task_id"),
        _at("added_at"),
        _at("removed_at", nullable=True),
        _key("sprint_tasks", "id"),
        _belongs_to("sprints", "sprint_tasks", "sprint_id"),
        _belongs_to("tasks", "sprint_tasks", "task_id"),
    )
    op.create_index("ix_sprint_tasks_sprint_id", "sprint_tasks", ["sprint_id", "added_at"])
    op.create_index("ix_sprint_tasks_task_id", "sprint_tasks", ["task_id"])
    op.execute(
        "INSERT INTO sprint_tasks (id, sprint_id, task_id, added_at)"
        " SELECT 'spt' || substr(id, 4), sprint_id, id, created_at FROM tasks WHERE sprint_id IS NOT NULL"
    )


def _create_discussion() -> None:
    _create_on_task(
        "comments",
        _id("author_id", nullable=True),
        _text("via", 80, nullable=True),
        sa.Column("body", sa.Text, nullable=False),
        _at("updated_at"),
        by="author_id",
    )
    op.create_index("ix_comments_task_id", "comments", ["task_id", "id"])
    _create_on_task(
        "checklist_items",
        _text("text", 500),
        sa.Column("done", sa.Boolean, nullable=False),
        sa.Column("rank", _bytewise(255), nullable=False),
        _at("updated_at"),
    )
    op.create_index("uq_checklist_items_place", "checklist_items", ["task_id", "rank"], unique=True)
    _create_on_task(
        "attachments",
        _text("name", 255),
        _text("media_type", 100),
        sa.Column("size_bytes", sa.Integer, nullable=False),
        _text("sha256", 64),
        _id("added_by", nullable=True),
        by="added_by",
    )
    op.create_index("ix_attachments_task_id", "attachments", ["task_id", "id"])


def _create_on_task(table: str, *columns: sa.Column[Any], by: str | None = None) -> None:
    """A table of things that hang on a task, and may name the person they come from."""
    author = [_belongs_to("users", table, by, "SET NULL")] if by else []
    parent = _belongs_to("tasks", table, "task_id")
    op.create_table(table, _id("id"), _id("task_id"), *columns, _at("created_at"), _key(table, "id"), parent, *author)


def _create_invitations() -> None:
    op.create_table(
        "invitations",
        _id("id"),
        _id("project_id"),
        _text("email", 254),
        _text("role", 16),
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        _id("invited_by", nullable=True),
        _at("created_at"),
        _at("expires_at"),
        _key("invitations", "id"),
        sa.UniqueConstraint("digest", name=op.f("uq_invitations_digest")),
        _belongs_to("projects", "invitations", "project_id"),
        _belongs_to("users", "invitations", "invited_by", "SET NULL"),
        sa.CheckConstraint(sa.column("role").in_(("admin", "member", "viewer")), name=op.f("ck_invitations_role")),
    )
    op.create_index("ix_invitations_project_id", "invitations", ["project_id", "id"])
    op.create_index("uq_invitations_email", "invitations", ["project_id", sa.text("lower(email)")], unique=True)


def _create_activities() -> None:
    op.create_table(
        "activities",
        _id("id"),
        _id("project_id"),
        _id("board_id", nullable=True),
        _id("task_id", nullable=True),
        _id("subject_id"),
        _text("what", 40),
        sa.Column("changes", sa.JSON, nullable=False),
        _id("actor_id", nullable=True),
        _text("source", 10),
        _id("credential_id", nullable=True),
        _text("credential_name", 80, nullable=True),
        _at("at"),
        _key("activities", "id"),
        _belongs_to("projects", "activities", "project_id"),
        _belongs_to("users", "activities", "actor_id", "SET NULL"),
    )
    op.create_index("ix_activities_project_id", "activities", ["project_id", "id"])


def _create_idempotent_requests() -> None:
    op.create_table(
        "idempotent_requests",
        _id("credential_id"),
        _text("key", 255),
        sa.Column("fingerprint", sa.LargeBinary(32), nullable=False),
        sa.Column("is_done", sa.Boolean, nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("headers", sa.JSON(none_as_null=True)),
        sa.Column("body", sa.LargeBinary),
        _at("created_at"),
        _key("idempotent_requests", "credential_id", "key"),
    )
    op.create_index("ix_idempotent_requests_created_at", "idempotent_requests", ["created_at"])


def _id(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, _bytewise(40), nullable=nullable)


def _text(name: str, length: int, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=nullable)


def _at(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _bytewise(length: int) -> sa.String:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=op.f(f"pk_{table}"))


def _belongs_to(parent: str, table: str, column: str, ondelete: str = "CASCADE") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{parent}.id"], name=op.f(f"fk_{table}_{column}"), ondelete=ondelete)
