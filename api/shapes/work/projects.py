"""Projects."""

from typing import Annotated

from msgspec import UNSET, Struct, UnsetType

from api.shapes.values import NO_NUL, ProjectId, Role, Time, about
from calmboard.texts.names import ONE_LINE

ProjectName = Annotated[str, about("The project's name.", "Payments", min_length=1, max_length=100, pattern=ONE_LINE)]
ProjectDescription = Annotated[
    str, about("What it is about, in Markdown.", "Cards, refunds and payouts.", max_length=20_000, pattern=NO_NUL)
]


class Project(Struct):
    """A project: boards and the people who work on them."""

    id: ProjectId
    name: ProjectName
    description: ProjectDescription
    role: Role
    created_at: Time
    updated_at: Time


class ProjectChanges(Struct, kw_only=True, forbid_unknown_fields=True):
    """The fields to change; the others stay as they are."""

    name: ProjectName | UnsetType = UNSET
    description: ProjectDescription | UnsetType = UNSET


class NewProject(ProjectChanges, kw_only=True, forbid_unknown_fields=True):
    """A project to create."""

    name: ProjectName
