"""One record for each request: filled as the request is judged, read once at its end."""

import time
from dataclasses import dataclass, field
from datetime import datetime

from calmboard.access.access import Access, Credential
from calmboard.access.limits.rate_limits import Usage
from calmboard.errors import Problem, Step


@dataclass(slots=True)
class RequestRecord:
    """What is known of a request so far.

    `route` is a template, never a path: a path may hold a one-time token. `endpoint` is what people are shown as the last
    use of a credential, such as `GET /projects`; `tool` is what an agent called. `refused_by` is the step that refused the
    request, with the `code` of the refusal. `usage` is where the window stands that it was counted in.
    """

    id: str
    at: datetime
    method: str
    ip: str | None
    user_agent: str
    endpoint: str
    route: str | None = None
    tool: str | None = None
    access: Access | None = None
    usage: Usage | None = None
    sent_credential: bool = False
    refused_by: Step | None = None
    code: str | None = None
    status: int = 0
    _started_s: float = field(default_factory=time.perf_counter)

    @property
    def credential(self) -> Credential | None:
        return self.access.credential if self.access else None

    @property
    def duration_ms(self) -> float:
        return round((time.perf_counter() - self._started_s) * 1000, 1)

    def refuse(self, problem: Problem) -> None:
        self.refused_by, self.code = problem.refused_by, problem.code
