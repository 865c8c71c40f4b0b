"""Answers: JSON bodies, lists with their Link, errors as problem+json, and the headers of each."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec
from flask import Response
from msgspec import UNSET, Struct, UnsetType

from api.framework.conversion.answer_shapes import all_shaped, shaped
from api.framework.conversion.struct_fields import fields_of
from api.framework.etags import add_etag
from api.framework.queries import PageQuery, next_cursor, next_page
from calmboard.access.limits.rate_limits import Usage
from calmboard.errors import (
    FieldError,
    InsufficientScope,
    Problem,
)
from calmboard.pagination import Page
from web.app import add_plain_headers
from web.origin import origin
from web.record import current_record

Fields = list[str] | UnsetType

# Nobody reads more, and a body of thousands of unknown fields is not answered by megabytes.
MAX_ERRORS = 100

_encode = msgspec.json.Encoder().encode


class Created(NamedTuple):
    """What a view returns where a PUT created a resource."""

    resource: Any


def answer_one(kind: type[Struct], result: Any, fields: Fields, location: str | None) -> Response:
    """One resource, as the bare object; 201 where it is new and has a `location` such as `/api/v1/tasks/{id}`."""
    body = shaped(kind, result)
    response = _json(_selected_fields(fields, body), 200 if location is None else 201)
    if "id" in kind.__struct_fields__:
        add_etag(response, body, None if fields is UNSET else fields)
    if location is None:
        return response
    response.headers["Location"] = origin() + location.format(id=body.id)  # type: ignore[attr-defined]
    return response


def answer_list(kind: type[Struct], page: Page[Any], query: PageQuery) -> Response:
    """A page of a list, with the cursor of the next one."""
    data: list[Any] = all_shaped(kind, page.rows)
    if query.fields is not UNSET:
        data = [_selected_fields(query.fields, body) for body in data]
    cursor = next_cursor(page.after, query) if page.after is not None else None
    response = _json({"data": data, "has_more": cursor is not None, "next_cursor": cursor})
    if cursor is not None:
        response.headers["Link"] = f'<{next_page(cursor)}>; rel="next"'
    return response


def _selected_fields(fields: Fields, body: Struct) -> Any:
    """The fields that were requested, in the order of the struct."""
    if fields is UNSET:
        return body
    return {name: getattr(body, field.name) for name, field in fields_of(type(body)).items() if name in fields}


def no_content() -> Response:
    return Response(status=204)


def answer_problem(problem: Problem) -> Response:
    """The one error body: RFC 9457, with `error` for clients that look no further."""
    response = _json(problem_body(problem), problem.status, "application/problem+json")
    if (challenge := _challenge(problem)) is not None:
        response.headers["WWW-Authenticate"] = challenge
    return response


def add_rate_limit_headers(response: Response, usage: Usage) -> None:
    """The rate-limit headers: draft-ietf-httpapi-ratelimit-headers-11, and the older X- ones."""
    limit, remaining, reset = str(usage.limit), str(usage.remaining), str(usage.reset_s)
    add_plain_headers(
        response,
        ("RateLimit-Policy", f'"{usage.policy}";q={limit};w={usage.window_s}'),
        ("RateLimit", f'"{usage.policy}";r={remaining};t={reset}'),
        ("X-RateLimit-Limit", limit),
        ("X-RateLimit-Remaining", remaining),
        ("X-RateLimit-Reset", reset),
    )


def _json(body: Any, status: int = 200, media_type: str = "application/json") -> Response:
    return Response(_encode(body), status, content_type=media_type)


def problem_body(problem: Problem) -> dict[str, Any]:
    body: dict[str, Any] = {
        "type": f"{origin()}/docs/errors#{problem.code}",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "code": problem.code,
        "request_id": current_record().id,
        "errors": [_field_error(error) for error in problem.errors[:MAX_ERRORS]],
        "hint": problem.hint or problem.remedy,
        "error": {"code": problem.code, "message": problem.detail},
        **problem.extra,
    }
    if problem.allowed_values:
        body["allowed_values"] = problem.allowed_values
    if len(problem.errors) > MAX_ERRORS:
        body["errors_total"] = len(problem.errors)
    return body


def _field_error(error: FieldError) -> Mapping[str, Any]:
    body = {"pointer": error.pointer, "code": error.code, "detail": error.detail}
    return {**body, "allowed_values": error.allowed_values} if error.allowed_values else body


def _challenge(problem: Problem) -> str | None:
    """WWW-Authenticate: RFC 6750, section 3, with the metadata's address (RFC 9728, section 5.1)."""
    metadata = f'resource_metadata="{origin()}/.well-known/oauth-protected-resource"'
    if problem.status == 401:
        challenge = f"Bearer {metadata}"
        return f'{challenge}, error="invalid_token"' if current_record().sent_credential else challenge
    if isinstance(problem, InsufficientScope):
        return f'Bearer error="insufficient_scope", scope="{" ".join(problem.allowed_values)}", {metadata}'
    return None
