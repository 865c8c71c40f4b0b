"""The responses of the OpenAPI document: success, errors, their headers and their schemas."""

from collections.abc import Iterable
from typing import Any

import msgspec

from api.framework.describe import Operation
from api.shapes.problems import Problem
from calmboard.errors import PROBLEMS

_UNCHANGED = {"description": "Nothing changed since the ETag that was sent."}
_DESCRIPTIONS = {200: "Done; here it is.", 201: "Created; here it is.", 202: "Accepted.", 204: "Done. The answer has no body."}
_HEADERS = {
    "X-Request-Id": ("string", "Names this request; tell us when you ask about it."),
    "RateLimit-Policy": ("string", "The window: its name, quota and length in seconds."),
    "RateLimit": ("string", "What remains of the window, and the seconds until it starts again."),
    "X-RateLimit-Limit": ("integer", "Requests in one window."),
    "X-RateLimit-Remaining": ("integer", "Requests left in this window."),
    "X-RateLimit-Reset": ("integer", "Seconds until the window starts again."),
}


def shared_headers() -> dict[str, Any]:
    """The headers that every answer to a credential has."""
    return {name: header(*about) for name, about in _HEADERS.items()}


def shared_answers(endpoints: Iterable[Operation]) -> dict[str, Any]:
    """The answers that these endpoints refer to by their status."""
    used = sorted({status for endpoint in endpoints for status in errors(endpoint)})
    return {status: _UNCHANGED if status == "304" else _error_response(int(status)) for status in used}


def success(endpoint: Operation, status: int) -> dict[str, Any]:
    gives = endpoint.description.gives
    response: dict[str, Any] = {"description": _DESCRIPTIONS[status], "headers": _header_refs()}
    if endpoint.description.gives_file:
        response["content"] = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
    if gives is not None:
        response["content"] = {"application/json": {"schema": _response_schema(endpoint, gives)}}
    if endpoint.is_list:
        response["headers"]["Link"] = header("string", 'The next part of the list, as rel="next".')
    if endpoint.has_etag:
        response["headers"]["ETag"] = header("string", "The state of the resource, for If-Match and If-None-Match.")
    if status == 201:
        response["headers"]["Location"] = header("string", "The address of what was created.")
    return response


def errors(endpoint: Operation) -> dict[str, Any]:
    statuses = [400, 401, 403, 429, 500, 503]
    statuses += [404] if endpoint.parameters else []
    statuses += [404, 413, 415, 422] if endpoint.description.takes is not None else []
    statuses += [409, 422] if endpoint.method == "POST" else []
    statuses += [409, 412] if endpoint.description.guarded is not None else []
    statuses += [304] if endpoint.has_etag and endpoint.method == "GET" else []
    return {str(status): {"$ref": f"#/components/responses/{status}"} for status in sorted(set(statuses))}


def _error_response(status: int) -> dict[str, Any]:
    problems = [problem for problem in PROBLEMS.values() if problem.status == status]
    headers = _header_refs()
    if status == 401:
        headers["WWW-Authenticate"] = header("string", "How to authenticate (RFC 6750, RFC 9728).")
    if status in (409, 429, 503):
        headers["Retry-After"] = header("integer", "Seconds to wait, where waiting helps.")
    return {
        "description": " ".join(f"`{problem.code}`: {problem.meaning}" for problem in problems),
        "headers": headers,
        "content": {"application/problem+json": {"schema": ref("Problem")}},
    }


def schemas_of(endpoints: list[Operation]) -> dict[str, Any]:
    kinds = [kind for endpoint in endpoints for kind in (endpoint.description.gives, endpoint.description.takes) if kind]
    _, schemas = msgspec.json.schema_components([*dict.fromkeys(kinds), Problem], ref_template="#/components/schemas/{name}")
    for endpoint in endpoints:
        if endpoint.method == "GET" and (gives := endpoint.description.gives):
            schema = schemas[gives.__name__]
            description = f"The chosen fields of {gives.__name__}."
            schemas[_part_name(gives)] = {**schema, "title": _part_name(gives), "description": description, "required": []}
        if endpoint.is_list and (gives := endpoint.description.gives):
            schemas[_list_name(gives)] = _list_schema(gives)
    for kind in kinds:
        if contradictions := getattr(kind, "contradictions", None):
            schemas[kind.__name__]["not"] = _with_declared_properties({"anyOf": contradictions})
    return schemas


def _with_declared_properties(rule: dict[str, Any]) -> dict[str, Any]:
    """Add a declaration for every field in a rule, as linters require."""
    declared = {name: {} for name in rule.get("required", ())} | rule.get("properties", {})
    completed = {**rule, "properties": declared} if declared else dict(rule)
    if "anyOf" in rule:
        completed["anyOf"] = [_with_declared_properties(part) for part in rule["anyOf"]]
    if "not" in rule:
        completed["not"] = _with_declared_properties(rule["not"])
    return completed


def _response_schema(endpoint: Operation, kind: type) -> dict[str, Any]:
    """What is returned: with `fields`, a part of it."""
    if endpoint.method != "GET":
        return ref(kind.__name__)
    return ref(_list_name(kind)) if endpoint.is_list else _whole_or_part(kind)


def _whole_or_part(kind: type) -> dict[str, Any]:
    return {"anyOf": [ref(kind.__name__), ref(_part_name(kind))]}


def _part_name(kind: type) -> str:
    return f"{kind.__name__}Fields"


def _list_name(kind: type) -> str:
    return f"{kind.__name__}List"


def _list_schema(kind: type) -> dict[str, Any]:
    return {
        "title": _list_name(kind),
        "description": f"A page of a list; each of its entries is a {kind.__name__}.",
        "type": "object",
        "required": ["data", "has_more", "next_cursor"],
        "properties": {
            "data": {"type": "array", "items": _whole_or_part(kind)},
            "has_more": {"type": "boolean", "description": "Whether more follow."},
            "next_cursor": {"type": ["string", "null"], "description": "Send it as `cursor` to go on."},
        },
    }


def header(kind: str, description: str) -> dict[str, Any]:
    return {"description": description, "schema": {"type": kind}}


def _header_refs() -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in _HEADERS}


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}
