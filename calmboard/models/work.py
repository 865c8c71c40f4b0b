"""Projects, their members, boards, tasks and sprints."""

from datetime import date, datetime

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    Date,
    ForeignKey,
    Index,
    PrimaryKeyConstraint,
    String,
    Text,
    literal_column,
)
from sqlalchemy.orm import Mapped, mapped_column

from calmboard.db import Base, UtcDateTime, now
from calmboard.models.columns import Id, Rank, State, id_column

ROLES = ("owner", "admin", "member", "viewer")
SPRINT_STATES = ("planned", "active", "completed")


class Project(Base):
    __tablename__ = "projects"

    id: Mapped[str] = id_column("prj")
    name: Mapped[str] = mapped_column(String(100))
    description: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class Membership(Base):
    __tablename__ = "memberships"

    user_id: Mapped[str] = mapped_column(Id, ForeignKey("users.id", ondelete="CASCADE"))
    project_id: Mapped[str] = mapped_column(Id, ForeignKey("projects.id", ondelete="CASCADE"))
    role: Mapped[str] = mapped_column(String(16))
    joined_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    __table_args__ = (
        PrimaryKeyConstraint("user_id", "project_id"),
        # Covers every permission check, so that it never reads the table.
        Index("ix_memberships_rights", "user_id", "project_id", "role", unique=True),
        Index("ix_memberships_project_id", "project_id", "user_id"),
        CheckConstraint(role.in_(ROLES), name="role"),
    )


class Board(Base):
    __tablename__ = "boards"

    id: Mapped[str] = id_column("brd")
    project_id: Mapped[str] = mapped_column(Id, ForeignKey("projects.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    __table_args__ = (Index("ix_boards_project_id", "project_id", "id"),)


class Sprint(Base):
    __tablename__ = "sprints"

    id: Mapped[str] = id_column("spr")
    board_id: Mapped[str] = mapped_column(Id, ForeignKey("boards.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(100))
    goal: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[str] = mapped_column(String(16), default="planned")
    starts_on: Mapped[date | None] = mapped_column(Date)
    ends_on: Mapped[date | None] = mapped_column(Date)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    __table_args__ = (
        Index("ix_sprints_board_id", "board_id", "id"),
        CheckConstraint(state.in_(SPRINT_STATES), name="state"),
    )


# Sorting by due date puts tasks without one last, on both databases and from an index.
DUE_OR_NEVER: ColumnElement[date] = literal_column("coalesce(due_date, '9999-12-31')", Date())


class Task(Base):
    """A card. `rank` orders a column; no two cards of a column share one."""

    __tablename__ = "tasks"

    id: Mapped[str] = id_column("tsk")
    board_id: Mapped[str] = mapped_column(Id, ForeignKey("boards.id", ondelete="CASCADE"))
    title: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[str] = mapped_column(State, default="backlog")
    rank: Mapped[str] = mapped_column(Rank)
    due_date: Mapped[date | None] = mapped_column(Date)
    blocked: Mapped[bool] = mapped_column(default=False)
    blocked_reason: Mapped[str | None] = mapped_column(String(500))
    pinned: Mapped[bool] = mapped_column(default=False)
    sprint_id: Mapped[str | None] = mapped_column(Id, ForeignKey("sprints.id", ondelete="SET NULL"))
    created_by: Mapped[str | None] = mapped_column(Id, ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    __table_args__ = (
        Index("uq_tasks_place", "board_id", "state", "rank", unique=True),
        Index("ix_tasks_board_id", "board_id", "id"),
        Index("ix_tasks_updated", "board_id", "updated_at", "id"),
        Index("ix_tasks_due", "board_id", DUE_OR_NEVER, "id"),
        Index("ix_tasks_sprint_id", "sprint_id", "id"),
        CheckConstraint("state BETWEEN 0 AND 4", name="state"),
    )


class TaskAssignee(Base):
    __tablename__ = "task_assignees"

    task_id: Mapped[str] = mapped_column(Id, ForeignKey("tasks.id", ondelete="CASCADE"))
    user_id: Mapped[str] = mapped_column(Id, ForeignKey("users.id", ondelete="CASCADE"))

    __table_args__ = (
        PrimaryKeyConstraint("task_id", "user_id"),
        Index("ix_task_assignees_user_id", "user_id", "task_id"),
    )
