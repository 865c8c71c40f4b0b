"""The tables, as CalmBoard's migrations made them."""

from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import JSON, ForeignKey, Index
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    type_annotation_map: ClassVar = {datetime: TIMESTAMP(timezone=True)}


class User(Base):
    __tablename__ = "users"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    plan: Mapped[str]


class ApiKey(Base):
    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    name: Mapped[str]
    digest: Mapped[bytes] = mapped_column(unique=True)
    scopes: Mapped[str]
    project_ids: Mapped[list[str] | None] = mapped_column(JSON)
    expires_at: Mapped[datetime | None]
    paused_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    user: Mapped[User] = relationship()


class Project(Base):
    __tablename__ = "projects"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    description: Mapped[str]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Membership(Base):
    __tablename__ = "memberships"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), primary_key=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"), primary_key=True)
    role: Mapped[str]


class Board(Base):
    __tablename__ = "boards"

    id: Mapped[str] = mapped_column(primary_key=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"))
    updated_at: Mapped[datetime]


class TaskCounter(Base):
    __tablename__ = "task_counters"

    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"), primary_key=True)
    last_number: Mapped[int]


class TaskAssignee(Base):
    __tablename__ = "task_assignees"

    task_id: Mapped[str] = mapped_column(ForeignKey("tasks.id"), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), primary_key=True)


class TaskLabel(Base):
    __tablename__ = "task_labels"

    task_id: Mapped[str] = mapped_column(ForeignKey("tasks.id"), primary_key=True)
    label_id: Mapped[str] = mapped_column(ForeignKey("labels.id"), primary_key=True)


class Label(Base):
    __tablename__ = "labels"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    colour: Mapped[str]


class Task(Base):
    __tablename__ = "tasks"

    id: Mapped[str] = mapped_column(primary_key=True)
    board_id: Mapped[str] = mapped_column(ForeignKey("boards.id"))
    number: Mapped[int]
    title: Mapped[str]
    title_folded: Mapped[str] = mapped_column(deferred=True)
    description: Mapped[str]
    description_folded: Mapped[str] = mapped_column(deferred=True)
    state: Mapped[int]
    position: Mapped[str] = mapped_column("rank")
    due_date: Mapped[date | None]
    blocked: Mapped[bool] = mapped_column(default=False)
    blocked_reason: Mapped[str | None]
    blocked_at: Mapped[datetime | None]
    pinned: Mapped[bool] = mapped_column(default=False)
    sprint_id: Mapped[str | None]
    started_at: Mapped[datetime | None] = mapped_column(deferred=True)
    done_at: Mapped[datetime | None]
    created_by: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    assignees: Mapped[list[User]] = relationship(secondary="task_assignees", order_by=User.id, viewonly=True)
    labels: Mapped[list[Label]] = relationship(secondary="task_labels", order_by=Label.id, viewonly=True)

    __table_args__ = (Index("ix_tasks_board_id", "board_id", "id"),)


class Activity(Base):
    __tablename__ = "activities"

    id: Mapped[str] = mapped_column(primary_key=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"))
    board_id: Mapped[str | None]
    task_id: Mapped[str | None]
    subject_id: Mapped[str]
    what: Mapped[str]
    changes: Mapped[dict[str, str]] = mapped_column(JSON)
    actor_id: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    source: Mapped[str]
    credential_id: Mapped[str | None]
    credential_name: Mapped[str | None]
    at: Mapped[datetime]
