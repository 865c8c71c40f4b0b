"""Projects and the people in them."""

from typing import Annotated

from msgspec import Struct

from api.shapes.values import Email, PersonName, ProjectId, Role, Time, UserId, about


class Project(Struct):
    """A project: boards and the people who work on them."""

    id: ProjectId
    name: Annotated[str, about("The project's name.", "Payments")]
    description: Annotated[str, about("What it is about, in Markdown.", "Cards, refunds and payouts.")]
    role: Role
    created_at: Time
    updated_at: Time


class Member(Struct):
    """A person in a project."""

    id: UserId
    name: PersonName
    email: Email
    role: Role
    joined_at: Time
