"""Projects, their members, boards, tasks and sprints."""

from datetime import date, datetime
from typing import Any, Literal, get_args

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    Date,
    ForeignKey,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Text,
    func,
    literal_column,
    text,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql.compiler import SQLCompiler

from calmboard.clock import now
from calmboard.db import Base, UtcDateTime
from calmboard.models.columns import Id, Rank, State, folded_column, id_column, parts_index, when_created

InvitedRole = Literal["admin", "member", "viewer"]
# From most to least.
Role = Literal["owner", InvitedRole]
SprintState = Literal["planned", "active", "completed"]
Colour = Literal["grey", "red", "orange", "yellow", "green", "teal", "blue", "purple", "pink"]

ROLES: tuple[Role, ...] = get_args(Role)


class Project(Base):
    __tablename__ = "projects"

    id: Mapped[str] = id_column("prj")
    name: Mapped[str] = mapped_column(String(100))
    name_folded: Mapped[str] = folded_column("name")
    description: Mapped[str] = mapped_column(Text, default="")
    description_folded: Mapped[str] = folded_column("description")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=when_created)


class TaskCounter(Base):
    """The last number that a task of the project was given. Its row is locked by those who create tasks, and by no others."""

    __tablename__ = "task_counters"

    project_id: Mapped[str] = mapped_column(Id, ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True)
    last_number: Mapped[int]


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
    name_folded: Mapped[str] = folded_column("name")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=when_created)

    __table_args__ = (Index("ix_boards_project_id", "project_id", "id"),)


class Sprint(Base):
    __tablename__ = "sprints"

    id: Mapped[str] = id_column("spr")
    board_id: Mapped[str] = mapped_column(Id, ForeignKey("boards.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(100))
    name_folded: Mapped[str] = folded_column("name")
    goal: Mapped[str] = mapped_column(Text, default="")
    goal_folded: Mapped[str] = folded_column("goal")
    state: Mapped[str] = mapped_column(String(16), default="planned")
    starts_on: Mapped[date | None] = mapped_column(Date)
    ends_on: Mapped[date | None] = mapped_column(Date)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    completed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=when_created)

    __table_args__ = (
        Index("ix_sprints_board_id", "board_id", "id"),
        # One active sprint on a board, whoever starts two at once.
        Index("uq_sprints_active", "board_id", unique=True, sqlite_where=state == "active", postgresql_where=state == "active"),
        CheckConstraint(state.in_(get_args(SprintState)), name="state"),
    )


class SprintTask(Base):
    """When a task was in a sprint; `removed_at` null: it still is. Reports are read from these."""

    __tablename__ = "sprint_tasks"

    id: Mapped[str] = id_column("spt")
    sprint_id: Mapped[str] = mapped_column(Id, ForeignKey("sprints.id", ondelete="CASCADE"))
    task_id: Mapped[str] = mapped_column(Id, ForeignKey("tasks.id", ondelete="CASCADE"), index=True)
    added_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (Index("ix_sprint_tasks_sprint_id", "sprint_id", "added_at"),)


# Sorting by due date puts tasks without one last, on both databases and from an index.
DUE_OR_NEVER: ColumnElement[date] = literal_column("coalesce(due_date, '9999-12-31')", Date())


class _NotYet(ColumnElement[datetime]):
    """The first time of all as a constant that an index can hold: on PostgreSQL the same whatever zone the server is in."""

    inherit_cache = True
    type = UtcDateTime()


@compiles(_NotYet)
def _not_yet(_element: _NotYet, compiler: SQLCompiler, **_options: Any) -> str:
    return f"'1970-01-01 00:00:00{'+00' if compiler.dialect.name == 'postgresql' else '.000000'}'"


NOT_YET = _NotYet()
# Sorting by when it was done puts tasks that are not first, so that downwards the last one done leads.
DONE_OR_NOT_YET: ColumnElement[datetime] = func.coalesce(literal_column("done_at", UtcDateTime()), NOT_YET)

_BLOCKED = text("blocked_at IS NOT NULL")


class Task(Base):
    """A card. `rank` orders a column; no two cards of a column share one. `number` counts the tasks of a project.

    `started_at` is when it first was in progress, `done_at` when it last became done, `blocked_at` when it was blocked, for as
    long as it is.
    """

    __tablename__ = "tasks"

    id: Mapped[str] = id_column("tsk")
    board_id: Mapped[str] = mapped_column(Id, ForeignKey("boards.id", ondelete="CASCADE"))
    number: Mapped[int]
    title: Mapped[str] = mapped_column(String(200))
    title_folded: Mapped[str] = folded_column("title")
    description: Mapped[str] = mapped_column(Text, default="")
    description_folded: Mapped[str] = folded_column("description")
    state: Mapped[str] = mapped_column(State, default="backlog")
    rank: Mapped[str] = mapped_column(Rank)
    due_date: Mapped[date | None] = mapped_column(Date)
    blocked: Mapped[bool] = mapped_column(default=False)
    blocked_reason: Mapped[str | None] = mapped_column(String(500))
    blocked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    pinned: Mapped[bool] = mapped_column(default=False)
    sprint_id: Mapped[str | None] = mapped_column(Id, ForeignKey("sprints.id", ondelete="SET NULL"))
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_by: Mapped[str | None] = mapped_column(Id, ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=when_created)

    __table_args__ = (
        Index("uq_tasks_place", "board_id", "state", "rank", unique=True),
        Index("ix_tasks_board_id", "board_id", "id"),
        Index("uq_tasks_number", "board_id", "number", unique=True),
        Index("ix_tasks_updated", "board_id", "updated_at", "id"),
        Index("ix_tasks_due", "board_id", DUE_OR_NEVER, "id"),
        Index("ix_tasks_done", "board_id", DONE_OR_NOT_YET, "id"),
        Index("ix_tasks_blocked", "board_id", "blocked_at", sqlite_where=_BLOCKED, postgresql_where=_BLOCKED),
        Index("ix_tasks_sprint_id", "sprint_id", "id"),
        parts_index("ix_tasks_texts", "board_id", "title_folded", "description_folded"),
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


class Label(Base):
    """A word with a colour that tasks of a project can carry."""

    __tablename__ = "labels"

    id: Mapped[str] = id_column("lbl")
    project_id: Mapped[str] = mapped_column(Id, ForeignKey("projects.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(50))
    colour: Mapped[str] = mapped_column(String(16), default="grey")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=when_created)

    __table_args__ = (
        Index("ix_labels_project_id", "project_id", "id"),
        Index("uq_labels_name", "project_id", func.lower(name), unique=True),
        CheckConstraint(colour.in_(get_args(Colour)), name="colour"),
    )


class TaskLabel(Base):
    __tablename__ = "task_labels"

    task_id: Mapped[str] = mapped_column(Id, ForeignKey("tasks.id", ondelete="CASCADE"))
    label_id: Mapped[str] = mapped_column(Id, ForeignKey("labels.id", ondelete="CASCADE"))

    __table_args__ = (
        PrimaryKeyConstraint("task_id", "label_id"),
        Index("ix_task_labels_label_id", "label_id", "task_id"),
    )


class ExternalTask(Base):
    """Which task stands for something in another tool, by that tool's own id."""

    __tablename__ = "external_tasks"

    board_id: Mapped[str] = mapped_column(Id, ForeignKey("boards.id", ondelete="CASCADE"))
    source: Mapped[str] = mapped_column(String(40))
    external_id: Mapped[str] = mapped_column(String(500))
    task_id: Mapped[str] = mapped_column(Id, ForeignKey("tasks.id", ondelete="CASCADE"), index=True)

    __table_args__ = (PrimaryKeyConstraint("board_id", "source", "external_id"),)


class Invitation(Base):
    """An e-mail address invited to a project; the mailed token is stored as its digest."""

    __tablename__ = "invitations"

    id: Mapped[str] = id_column("inv")
    project_id: Mapped[str] = mapped_column(Id, ForeignKey("projects.id", ondelete="CASCADE"))
    email: Mapped[str] = mapped_column(String(254))
    role: Mapped[str] = mapped_column(String(16))
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    invited_by: Mapped[str | None] = mapped_column(Id, ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (
        Index("ix_invitations_project_id", "project_id", "id"),
        Index("uq_invitations_email", "project_id", func.lower(email), unique=True),
        CheckConstraint(role.in_(get_args(InvitedRole)), name="role"),
    )
