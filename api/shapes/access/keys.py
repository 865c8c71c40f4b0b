"""The caller's keys, without their secrets."""

from datetime import date
from typing import Annotated, Literal

from msgspec import Struct, field

from api.shapes.values import KeyId, ProjectId, Time, about

Answered = Annotated[int, about("Calls that were answered.", 118)]
Refused = Annotated[int, about("Calls that were refused for what they asked.", 2)]
Limited = Annotated[int, about("Calls that were refused by the window.", 0)]
Failed = Annotated[int, about("Calls that failed for a fault of ours.", 0)]


class Key(Struct):
    """An API key. Its secret was shown once, when it was created."""

    id: KeyId
    name: Annotated[str, about("The name its owner gave it.", "Jira sprint mirror")]
    integration: Annotated[str, about("The tool it was created for.", "jira")]
    last4: Annotated[str, about("The last four characters of the secret.", "Jm0h")] = field(name="tail")
    status: Annotated[Literal["active", "paused", "expired", "revoked"], about("Only an active key works.", "active")]
    scopes: Annotated[list[str], about("What it may be used for.", ["boards:read", "projects:read", "tasks:read"])]
    project_ids: Annotated[list[ProjectId] | None, about("The projects it is limited to; null: all that its person sees.", None)]
    created_at: Time
    expires_at: Annotated[Time | None, about("When it ends; null: never.", "2027-02-22T09:30:00Z")]
    paused_at: Annotated[Time | None, about("Since when it is paused.", None)]
    revoked_at: Annotated[Time | None, about("When it was revoked.", None)]
    last_used_at: Annotated[Time | None, about("When it was last used, to the minute.", "2026-11-24T09:30:00Z")]
    last_used_ip: Annotated[str | None, about("From where.", "203.0.113.7")]
    last_used_agent: Annotated[str | None, about("By which program.", "Jira/10")]
    last_used_endpoint: Annotated[str | None, about("For what.", "POST /api/v1/boards/<board_id>/tasks")]
    last_used_status: Annotated[int | None, about("With which answer.", 201)]
    note: Annotated[str | None, about("What its owner noted of it.", "Runs on the build server.")]
    networks: Annotated[list[str] | None, about("The networks it may be used from; null: everywhere.", ["203.0.113.0/24"])]
    window_limit: Annotated[int | None, about("Its own window, below that of the plan; null: that of the plan.", None)]
    successor_id: Annotated[KeyId | None, about("The key that replaces it; this one ends at `expires_at`.", None)]
    replaced_at: Annotated[Time | None, about("When it was replaced.", None)]


class CallsOfDay(Struct):
    """The calls of one day, in UTC, by their outcome."""

    day: Annotated[date, about("The day.", "2026-11-24")]
    answered: Answered
    refused: Refused
    limited: Limited
    failed: Failed


class CallsOfEndpoint(Struct):
    """The calls of one endpoint, or of one tool of the MCP server."""

    endpoint: Annotated[str, about("A method with its route, or a tool.", "POST /api/v1/boards/<board_id>/tasks")]
    answered: Answered
    refused: Refused
    limited: Limited
    failed: Failed


class Window(Struct):
    """The window of requests that the key has now."""

    limit: Annotated[int, about("How many it may send within the window.", 600)]
    remaining: Annotated[int, about("How many are left.", 582)]
    seconds: Annotated[int, about("How long a window is.", 60)]
    reset_s: Annotated[int, about("In how many seconds it starts again.", 41)]


class KeyUsage(Struct):
    """How much a key was used in the last 30 days."""

    days: Annotated[list[CallsOfDay], about("30 days, today last.")]
    endpoints: Annotated[list[CallsOfEndpoint], about("What was called most, ten at most.")]
    p50_ms: Annotated[float | None, about("Half of the calls took at most so many milliseconds; null: there was none.", 4.2)]
    p95_ms: Annotated[float | None, about("Of a hundred calls 95 took at most so many.", 17.5)]
    window: Window
