"""The log of requests."""

from typing import Annotated, Literal

from msgspec import Struct

from api.shapes.values import CredentialId, Time, about, id_of

Step = Annotated[
    Literal["credential", "plan", "limit", "scope", "project", "network", "input"],
    about("The step that refused it: steps are taken in this order, `project` and `input` last.", "scope"),
]
Code = Annotated[str, about("The code of the error.", "insufficient_scope", max_length=40)]
Route = Annotated[str, about("The address that was asked, without ids.", "/api/v1/boards/<board_id>/tasks", max_length=200)]
Tool = Annotated[str, about("What an agent called.", "create_task", max_length=80)]
Network = Annotated[str, about("The address it came from.", "203.0.113.7", max_length=45)]
UserAgent = Annotated[str, about("The program that sent it, as it calls itself.", "Jira/10", max_length=200)]
RequestId = Annotated[
    str, about("`X-Request-Id` of the answer.", "req_01m86ffkj1eyt9k86t46h61k8b", max_length=64, pattern="^[A-Za-z0-9_-]{8,64}$")
]
Method = Annotated[str, about("The method.", "POST", max_length=20)]
Status = Annotated[int, about("The status of the answer.", 403, ge=100, le=599)]


class LoggedRequest(Struct):
    """One call, and what was decided on it. Neither its body nor the values in its address are kept."""

    id: Annotated[str, id_of("req")]
    at: Time
    credential_id: CredentialId
    method: Method
    route: Route | None
    tool: Tool | None
    status: Status
    code: Code | None
    refused_by: Step | None
    hint: Annotated[str | None, about("What would have helped.", "The key has no tasks:write. Create one that has it.")]
    duration_ms: Annotated[float, about("How long it took here, in milliseconds.", 12.4)]
    network: Network | None
    user_agent: UserAgent | None
    request_id: RequestId
