"""The caller's keys, without their secrets."""

from typing import Annotated, Literal

from msgspec import Struct, field

from api.shapes.values import KeyId, ProjectId, Time, about


class Key(Struct):
    """An API key. Its secret was shown once, when it was created."""

    id: KeyId
    name: Annotated[str, about("The name its owner gave it.", "Jira sprint mirror")]
    integration: Annotated[str, about("The tool it was created for.", "jira")]
    last4: Annotated[str, about("The last four characters of the secret.", "Jm0h")] = field(name="tail")
    status: Annotated[Literal["active", "paused", "expired", "revoked"], about("Only an active key works.", "active")]
    scopes: Annotated[list[str], about("What it may be used for.", ["boards:read", "projects:read", "tasks:read"])]
    project_ids: Annotated[list[ProjectId] | None, about("The projects it is limited to; null: all of its user's.", None)]
    created_at: Time
    expires_at: Annotated[Time | None, about("When it ends; null: never.", "2027-02-22T09:30:00Z")]
    paused_at: Annotated[Time | None, about("Since when it is paused.", None)]
    revoked_at: Annotated[Time | None, about("When it was revoked.", None)]
    last_used_at: Annotated[Time | None, about("When it was last used, to the minute.", "2026-11-24T09:30:00Z")]
    last_used_ip: Annotated[str | None, about("From where.", "203.0.113.7")]
    last_used_agent: Annotated[str | None, about("By which program.", "Jira/10")]
    last_used_endpoint: Annotated[str | None, about("For what.", "POST /api/v1/boards/<board_id>/tasks")]
    last_used_status: Annotated[int | None, about("With which answer.", 201)]
