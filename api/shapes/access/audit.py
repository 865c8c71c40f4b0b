"""The audit log, and the credentials that reach a project."""

from typing import Annotated, Any, Literal

from msgspec import Struct

from api.shapes.values import CredentialId, ProjectId, Time, UserId, about, id_of
from calmboard.models.audit import AUDIT_SOURCES

Action = Annotated[str, about("What was done to what.", "key.created", max_length=40)]
Source = Annotated[
    Literal[AUDIT_SOURCES],  # type: ignore[valid-type]
    about("By whom: on a page, by a key or token, by the operator, an app, a mailed link, or CalmBoard itself.", "session"),
]


class AuditEntry(Struct):
    """One change of who may do what."""

    id: Annotated[str, id_of("aud")]
    at: Time
    action: Action
    subject_kind: Annotated[str, about("What was changed.", "key")]
    subject_id: Annotated[str, about("Its id.", "key_01m86ffkj1eyt9k86t46h61k8b")]
    project_id: ProjectId | None
    actor_id: UserId | None
    actor_name: Annotated[str | None, about("Who did it, by their name at that time.", "Noor Haddad")]
    source: Source
    credential_id: CredentialId | None
    credential_name: Annotated[str | None, about("Through which key or app, by its name at that time.", "Jira sprint mirror")]
    details: Annotated[dict[str, Any], about("What more there is to say of it.", {"name": "Jira sprint mirror"})]


class ReachingCredential(Struct):
    """A key or app of a member that reaches the project."""

    id: CredentialId
    kind: Annotated[Literal["api_key", "oauth_token"], about("A key, or an app by OAuth.", "api_key")]
    name: Annotated[str, about("Its name.", "Jira sprint mirror")]
    owner_id: UserId
    owner: Annotated[str, about("The member whose it is.", "Noor Haddad")]
    scopes: Annotated[list[str], about("What it may be used for, as far as its owner may.", ["tasks:read", "tasks:write"])]
    last_used_at: Annotated[Time | None, about("When it was last used, in whichever project.", "2026-11-24T09:30:00Z")]
    is_cut_off: Annotated[bool, about("Whether an owner or admin of the project cut it off.", False)]
