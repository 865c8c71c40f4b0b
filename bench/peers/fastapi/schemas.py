"""What is sent and answered."""

import os
from datetime import date, datetime

from pydantic import BaseModel, ConfigDict, Field, computed_field, field_validator

STATES = ("backlog", "ready", "in_progress", "review", "done")
_PUBLIC_URL = os.environ["PUBLIC_URL"]


class ProjectOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str
    name: str
    description: str
    role: str
    created_at: datetime
    updated_at: datetime


class ProjectList(BaseModel):
    data: list[ProjectOut]
    has_more: bool
    next_cursor: str | None


class PersonOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str
    name: str


class LabelOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str
    name: str
    colour: str


class TaskOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str
    board_id: str
    number: int
    title: str
    description: str
    state: str
    position: str
    assignees: list[PersonOut]
    labels: list[LabelOut]
    due_date: date | None
    blocked: bool
    blocked_reason: str | None
    blocked_at: datetime | None
    pinned: bool
    sprint_id: str | None
    done_at: datetime | None
    created_by: str | None
    created_at: datetime
    updated_at: datetime

    @field_validator("state", mode="before")
    @classmethod
    def name_state(cls, state: int) -> str:
        return STATES[state]

    @computed_field
    @property
    def url(self) -> str:
        return f"{_PUBLIC_URL}/tasks/{self.id}"


class TaskList(BaseModel):
    data: list[TaskOut]
    has_more: bool
    next_cursor: str | None


class NewTask(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: str = Field(min_length=1, max_length=200)
    description: str = Field("", max_length=20_000)
    state: str = Field("backlog", pattern=f"^({'|'.join(STATES)})$")
    due_date: date | None = None
