"""Every error that a request can be answered with. The codes are a contract with clients."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

Step = Literal["credential", "plan", "limit", "scope", "project", "network", "input"]


_DISK_FULL = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG))
_NOT_WRITABLE = frozenset((errno.EROFS, errno.EACCES, errno.EPERM))


@dataclass(frozen=True, slots=True)
class FieldError:
    """One invalid field. `pointer` is a JSON pointer into the body, or a parameter's name."""

    pointer: str
    code: str
    detail: str
    allowed_values: tuple[str, ...] = ()


@dataclass(eq=False)
class Problem(Exception):
    """An error response: problem details of RFC 9457.

    Subclasses define the code, its status and title, what happened (`meaning`) and what the reader can do (`remedy`), and
    which step of judging a request raises them, if it is one; an instance adds the detail of this one occurrence.
    """

    detail: str = ""
    errors: tuple[FieldError, ...] = ()
    hint: str = ""
    allowed_values: tuple[str, ...] = ()
    retry_after_s: int | None = None
    extra: dict[str, Any] = field(default_factory=dict)

    code: ClassVar[str]
    status: ClassVar[int]
    title: ClassVar[str]
    meaning: ClassVar[str]
    remedy: ClassVar[str]
    refused_by: ClassVar[Step | None] = None

    def __post_init__(self) -> None:
        self.detail = self.detail or self.meaning
        Exception.__init__(self, self.detail)


PROBLEMS: dict[str, type[Problem]] = {}


def _problem(problem: type[Problem]) -> type[Problem]:
    PROBLEMS[problem.code] = problem
    return problem


@_problem
class MissingApiKey(Problem):
    code = "missing_api_key"
    status = 401
    title = "API key missing"
    meaning = "The request carries no credential."
    remedy = "Send Authorization: Bearer cbk_… or X-CalmBoard-API-Key: cbk_…"
    refused_by = "credential"


@_problem
class InvalidApiKey(Problem):
    code = "invalid_api_key"
    status = 401
    title = "API key not recognised"
    meaning = "The key is mistyped, cut short, or was never issued here."
    remedy = "Compare it with the place you stored it, or create a new key."
    refused_by = "credential"


@_problem
class ApiKeyRevoked(Problem):
    code = "api_key_revoked"
    status = 401
    title = "API key revoked"
    meaning = "The key was revoked and never works again."
    remedy = "Create a new key on the Integrations & APIs page and put it in place of this one."
    refused_by = "credential"


@_problem
class ApiKeyExpired(Problem):
    code = "api_key_expired"
    status = 401
    title = "API key expired"
    meaning = "The key has passed the end date chosen for it."
    remedy = "Create a new key and put it in place of this one."
    refused_by = "credential"


@_problem
class ApiKeyPaused(Problem):
    code = "api_key_paused"
    status = 401
    title = "API key paused"
    meaning = "The owner of the key paused it."
    remedy = "Resume it on the Integrations & APIs page; it works again at once."
    refused_by = "credential"


@_problem
class InvalidToken(Problem):
    code = "invalid_token"
    status = 401
    title = "Access token not accepted"
    meaning = "The token is unknown, expired, revoked, or was issued for another resource."
    remedy = "Refresh the token, or send the person through authorization again."
    refused_by = "credential"


@_problem
class PaidPlanRequired(Problem):
    code = "paid_plan_required"
    status = 403
    title = "Paid plan required"
    meaning = "The plan of the person this key acts for does not include integration APIs."
    remedy = "Upgrade the plan. The key is kept and works again at the next request."
    refused_by = "plan"


@_problem
class NetworkNotAllowed(Problem):
    code = "network_not_allowed"
    status = 403
    title = "Network not allowed"
    meaning = "The key is used from a network that its owner has not allowed for it."
    remedy = "Call from an allowed network, or let the owner add this one on the key's page."
    refused_by = "network"


@_problem
class Forbidden(Problem):
    code = "forbidden"
    status = 403
    title = "Not allowed"
    meaning = "It exists, but the person this key acts for may not see or change it."
    remedy = "Ask an owner or admin of the project for access, or use a key that covers it."
    refused_by = "project"


@_problem
class InsufficientScope(Problem):
    code = "insufficient_scope"
    status = 403
    title = "Scope missing"
    meaning = "The credential was created without a right that this request needs."
    remedy = "Use a key that has the scopes named in the answer."
    refused_by = "scope"


@_problem
class NotFound(Problem):
    code = "not_found"
    status = 404
    title = "Not found"
    meaning = "Nothing has this address or id."
    remedy = "Check the address and the id; ids are case-sensitive."
    refused_by = "input"


@_problem
class MethodNotAllowed(Problem):
    code = "method_not_allowed"
    status = 405
    title = "Method not allowed"
    meaning = "This address exists, but does not answer this method."
    remedy = "Use one of the methods in the Allow header."
    refused_by = "input"


@_problem
class Conflict(Problem):
    code = "conflict"
    status = 409
    title = "Conflict"
    meaning = "The change contradicts the current state."
    remedy = "Read the current state and decide again."


@_problem
class PreconditionFailed(Problem):
    code = "precondition_failed"
    status = 412
    title = "Changed meanwhile"
    meaning = "Somebody else changed it after you read it."
    remedy = "Read it again, and repeat your change with the new ETag."


@_problem
class PayloadTooLarge(Problem):
    code = "payload_too_large"
    status = 413
    title = "Body too large"
    meaning = "The body is larger than this address accepts."
    remedy = "Send less at once; the answer names the limit."
    refused_by = "input"


@_problem
class UnsupportedMediaType(Problem):
    code = "unsupported_media_type"
    status = 415
    title = "Unsupported media type"
    meaning = "The body is not declared as JSON."
    remedy = "Send Content-Type: application/json"
    refused_by = "input"


@_problem
class InvalidRequest(Problem):
    code = "invalid_request"
    status = 400
    title = "Request not readable"
    meaning = "A parameter in the address is wrong, or the body is not readable JSON."
    remedy = "Correct the part named in the answer."
    refused_by = "input"


@_problem
class MisdirectedRequest(Problem):
    code = "misdirected_request"
    status = 421
    title = "Wrong host"
    meaning = "CalmBoard does not answer under this host name."
    remedy = "Send the request to the address shown on the Integrations & APIs page."
    refused_by = "input"


@_problem
class ValidationFailed(Problem):
    code = "validation_failed"
    status = 422
    title = "Values need a second look"
    meaning = "The body was readable, but some values in it cannot be used. Nothing was changed."
    remedy = "Correct each field listed under errors."
    refused_by = "input"


@_problem
class RateLimitExceeded(Problem):
    code = "rate_limit_exceeded"
    status = 429
    title = "Too many requests"
    meaning = "The request window is used up."
    remedy = "Wait for the seconds in Retry-After, then go on."
    refused_by = "limit"


@_problem
class InternalError(Problem):
    code = "internal_error"
    status = 500
    title = "Fault on our side"
    meaning = "Something broke at CalmBoard. Nothing you sent was at fault."
    remedy = "Try again; if it stays, tell us the request id."


@_problem
class Unavailable(Problem):
    code = "unavailable"
    status = 503
    title = "Not available right now"
    meaning = "A part that CalmBoard needs for this answer does not respond."
    remedy = "Wait for the seconds in Retry-After, then try again."

    def __post_init__(self) -> None:
        super().__post_init__()
        self.retry_after_s = self.retry_after_s or 5


def invalid_field(name: str, code: str, detail: str) -> ValidationFailed:
    """The refusal of one field alone."""
    return ValidationFailed(errors=(FieldError(f"/{name}", code, detail),))


@contextmanager
def raising_disk_problems() -> Iterator[None]:
    """Raises Unavailable, with the reason, where a file cannot be written for want of room or of permission."""
    try:
        yield
    except OSError as error:
        if (problem := disk_problem(error)) is None:
            raise
        raise problem from error


def disk_problem(error: OSError) -> Unavailable | None:
    if error.errno in _DISK_FULL:
        return Unavailable("The disk for CalmBoard's files is full, so no file can be saved. Everything else works.")
    if error.errno in _NOT_WRITABLE:
        return Unavailable("CalmBoard may not write where its files are, so no file can be saved. Everything else works.")
    return None
