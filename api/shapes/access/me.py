"""Who makes the request."""

from typing import Annotated, Literal

from msgspec import Struct, field

from api.shapes.values import CredentialId, Email, PersonName, ProjectId, Time, UserId, about
from calmboard.models.people import PlanSlug


class User(Struct):
    """The person a credential acts as."""

    id: UserId
    name: PersonName
    email: Email


class Credential(Struct):
    """The credential of this request."""

    kind: Annotated[Literal["api_key", "oauth_token"], about("Which kind of credential.", "api_key")]
    id: CredentialId
    name: Annotated[str, about("The name its owner gave it.", "Jira sprint mirror")]
    last4: Annotated[str, about("The last four characters of the secret.", "Jm0h")] = field(name="tail")
    scopes: Annotated[list[str], about("What it may be used for.", ["boards:read", "projects:read", "tasks:read"])]
    project_ids: Annotated[list[ProjectId] | None, about("The projects it is limited to; null: all that its person sees.", None)]
    expires_at: Annotated[Time | None, about("When it ends; null: never.", "2027-02-22T09:30:00Z")]


class Limits(Struct):
    """The rate limit of this credential."""

    policy: Annotated[str, about("The policy's name, as in RateLimit-Policy.", "pro")]
    limit: Annotated[int, about("Requests in one window.", 600)]
    window_s: Annotated[int, about("Length of the window in seconds.", 60)]
    remaining: Annotated[int, about("Requests left in this window.", 599)]
    reset_s: Annotated[int, about("Seconds until the window starts again.", 60)]


class Me(Struct):
    """Who makes the request, with which credential, and how many are allowed."""

    user: User
    plan: Annotated[PlanSlug, about("The person's plan.", "pro")]
    credential: Credential
    limits: Limits
