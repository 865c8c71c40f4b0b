"""One record for each request: filled as the request is judged, read once at its end."""

import time
from dataclasses import dataclass, field
from datetime import datetime

from calmboard.access.access import Access, Credential
from calmboard.access.limits.rate_limits import Usage
from calmboard.errors import Problem, Step

# What the reader of a log needs of these may be told; of the others it would repeat what was sent.
_TOLD_AS_SAID = frozenset(("credential", "plan", "limit", "scope", "network"))
_QUOTING_CODES = frozenset(("unknown_field", "unknown_parameter"))


@dataclass(frozen=True, slots=True)
class RefusedSecret:
    """A secret of our form that nobody was identified by: its digest, and the ends by which its owner knows it."""

    digest: bytes
    prefix: str
    last4: str


@dataclass(slots=True)
class RequestRecord:
    """What is known of a request so far. `has_given_id` where the client chose its id.

    `route` is a template, never a path: a path may hold a one-time token. `endpoint` is what people are shown as the last
    use of a credential, such as `GET /projects`; `tool` is what an agent called. `refused_by` is the step that refused the
    request, with the `code` and `reason` of the refusal, and a `hint` that repeats nothing of what was sent. `usage` is where
    the window stands that it was counted in. `duration_ms` is 0 until the end.
    """

    id: str
    at: datetime
    method: str
    ip: str | None
    user_agent: str
    endpoint: str
    has_given_id: bool = False
    route: str | None = None
    tool: str | None = None
    access: Access | None = None
    usage: Usage | None = None
    sent_credential: bool = False
    refused_secret: RefusedSecret | None = None
    refused_by: Step | None = None
    code: str | None = None
    reason: str | None = None
    hint: str | None = None
    status: int = 0
    duration_ms: float = 0
    _started_s: float = field(default_factory=time.perf_counter)

    @property
    def credential(self) -> Credential | None:
        return self.access.credential if self.access else None

    def refuse(self, problem: Problem) -> None:
        self.refused_by, self.code = problem.refused_by, problem.code
        self.reason = problem.detail.replace("\0", "\ufffd")  # PostgreSQL has no NUL in text
        self.hint = _hint_of(problem)

    def end(self, status: int) -> None:
        self.status = status
        self.duration_ms = round((time.perf_counter() - self._started_s) * 1000, 1)


def _hint_of(problem: Problem) -> str:
    """What would have helped, in words that are ours: which fields are wrong how, but no value of theirs."""
    if problem.refused_by in _TOLD_AS_SAID:
        return " ".join(dict.fromkeys(sentence for sentence in (problem.detail, problem.hint or problem.remedy) if sentence))
    errors = [f"{error.pointer}: {error.code}" for error in problem.errors if error.code not in _QUOTING_CODES]
    return f"{problem.remedy} ({', '.join(errors)})" if errors else problem.remedy
