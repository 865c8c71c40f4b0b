"""OpenAPI 3.1, read off the described views."""

from typing import Any

import msgspec
from flask import Flask

from api.asking import OWN_HEADER
from api.bodies import MEDIA_TYPES
from api.describe import Operation, operations
from api.examples import example_of
from api.shapes.problems import Problem
from calmboard import ids
from calmboard.errors import PROBLEMS
from calmboard.work.external_tasks import MAX_EXTERNAL_ID_LENGTH, SOURCE_PATTERN

ID_PREFIXES = {
    "project_id": "prj",
    "board_id": "brd",
    "task_id": "tsk",
    "sprint_id": "spr",
    "comment_id": "cmt",
    "item_id": "chk",
    "attachment_id": "att",
    "label_id": "lbl",
    "user_id": "usr",
    "invitation_id": "inv",
    "key_id": "key",
}

_OTHER_PARAMETERS: dict[str, tuple[str, dict[str, Any]]] = {
    "source": ("The other tool's name, such as `jira`.", {"pattern": SOURCE_PATTERN}),
    "external_id": ("The id there; it may hold slashes.", {"minLength": 1, "maxLength": MAX_EXTERNAL_ID_LENGTH}),
}
_SECURITY_SCHEMES = {
    "key": {"type": "http", "scheme": "bearer", "description": "An API key: `Authorization: Bearer cbk_…`."},
    "keyHeader": {
        "type": "apiKey",
        "in": "header",
        "name": OWN_HEADER,
        "description": "The same key, for tools that keep Authorization for themselves.",
    },
}
_UNCHANGED = {"description": "Nothing changed since the ETag that was sent."}
_STATUSES = sorted({problem.status for problem in PROBLEMS.values()})
_TAKEN_HEADERS = {
    "Idempotency-Key": ("^[!-~]{1,255}$", "A name for this piece of work: sent again within 24 hours, it is done once."),
    "If-Match": (None, "An ETag: change it only while it still is as you read it."),
    "If-None-Match": (None, "An ETag: answer 304 while nothing changed."),
}
_HEADERS = {
    "X-Request-Id": ("string", "Names this request; tell us when you ask about it."),
    "RateLimit-Policy": ("string", "The window: its name, quota and length in seconds."),
    "RateLimit": ("string", "What remains of the window, and the seconds until it starts anew."),
    "X-RateLimit-Limit": ("integer", "Requests in one window."),
    "X-RateLimit-Remaining": ("integer", "Requests left in this window."),
    "X-RateLimit-Reset": ("integer", "Seconds until the window starts anew."),
}


def openapi_json(app: Flask) -> bytes:
    """The whole document, made once an app."""
    if "calmboard_openapi" not in app.extensions:
        app.extensions["calmboard_openapi"] = msgspec.json.encode(_document(app))
    document: bytes = app.extensions["calmboard_openapi"]
    return document


def _document(app: Flask) -> dict[str, Any]:
    endpoints = list(operations(app))
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "CalmBoard API",
            "version": "1.0.0",
            "summary": "Projects, boards and tasks of CalmBoard.",
            "description": "A key acts as the person who made it: it sees and changes what they can, and never more.",
        },
        "servers": [{"url": app.config["CALMBOARD"].origin}],
        "security": [{name: []} for name in _SECURITY_SCHEMES],
        "tags": [{"name": noun} for noun in dict.fromkeys(endpoint.noun for endpoint in endpoints)],
        "paths": _paths(endpoints),
        "components": {
            "schemas": _schemas(endpoints),
            "securitySchemes": _SECURITY_SCHEMES,
            "parameters": {name: _header_parameter(name, *about) for name, about in _TAKEN_HEADERS.items()},
            "headers": {name: _header(*about) for name, about in _HEADERS.items()},
            "responses": {"304": _UNCHANGED, **{str(status): _error_response(status) for status in _STATUSES}},
        },
    }


def _paths(endpoints: list[Operation]) -> dict[str, Any]:
    paths: dict[str, Any] = {}
    for endpoint in endpoints:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint)
    return paths


def _operation(endpoint: Operation) -> dict[str, Any]:
    about = endpoint.description
    scopes = [about.scope] if about.scope else []
    operation: dict[str, Any] = {
        "operationId": endpoint.name,
        "summary": about.summary,
        "description": about.detail,
        "tags": [endpoint.noun],
        "security": [{name: scopes} for name in _SECURITY_SCHEMES],
        "parameters": [*_path_parameters(endpoint), *_query_parameters(endpoint), *_header_parameters(endpoint)],
        "responses": {**{str(status): _success(endpoint, status) for status in endpoint.statuses}, **_errors(endpoint)},
    }
    if about.takes is not None:
        content = {"schema": _ref(about.takes.__name__), "example": example_of(about.takes)}
        operation["requestBody"] = {"required": True, "content": dict.fromkeys(MEDIA_TYPES, content)}
    return operation


def _path_parameters(endpoint: Operation) -> list[dict[str, Any]]:
    return [_path_parameter(name) for name in endpoint.parameters]


def _path_parameter(name: str) -> dict[str, Any]:
    if (other := _OTHER_PARAMETERS.get(name)) is not None:
        return {"name": name, "in": "path", "required": True, "description": other[0], "schema": {"type": "string", **other[1]}}
    schema = {"type": "string", "pattern": ids.pattern(ID_PREFIXES[name])}
    word = name.removesuffix("_id").replace("_", " ")
    return {"name": name, "in": "path", "required": True, "description": f"The id of the {word}.", "schema": schema}


def _query_parameters(endpoint: Operation) -> list[dict[str, Any]]:
    query, gives = endpoint.description.query, endpoint.description.gives
    if gives is None or endpoint.method != "GET":
        return []
    _, components = msgspec.json.schema_components([query])
    properties = components[query.__name__]["properties"]
    properties["fields"]["items"] = {"type": "string", "enum": list(gives.__struct_fields__)}
    return [_query_parameter(name, schema) for name, schema in properties.items()]


def _header_parameters(endpoint: Operation) -> list[dict[str, Any]]:
    names = {
        "Idempotency-Key": endpoint.method == "POST",
        "If-Match": endpoint.description.guarded is not None,
        "If-None-Match": endpoint.has_etag and endpoint.method == "GET",
    }
    return [{"$ref": f"#/components/parameters/{name}"} for name, is_taken in names.items() if is_taken]


def _query_parameter(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    parameter = {"name": name, "in": "query", "description": schema.pop("description", ""), "schema": schema}
    return {**parameter, "style": "form", "explode": False} if schema.get("type") == "array" else parameter


def _header_parameter(name: str, pattern: str | None, description: str) -> dict[str, Any]:
    schema = {"type": "string", "pattern": pattern} if pattern else {"type": "string"}
    return {"name": name, "in": "header", "description": description, "schema": schema}


def _success(endpoint: Operation, status: int) -> dict[str, Any]:
    gives = endpoint.description.gives
    response: dict[str, Any] = {"description": "Done." if gives is None else "Here it is.", "headers": _header_refs()}
    if gives is not None:
        response["content"] = {"application/json": {"schema": _given_schema(endpoint, gives)}}
    if endpoint.is_list:
        response["headers"]["Link"] = _header("string", 'The next part of the list, as rel="next".')
    if endpoint.has_etag:
        response["headers"]["ETag"] = _header("string", "The state of the resource, for If-Match and If-None-Match.")
    if status == 201:
        response["headers"]["Location"] = _header("string", "The address of what was created.")
    return response


def _errors(endpoint: Operation) -> dict[str, Any]:
    statuses = [400, 401, 403, 429, 500, 503]
    statuses += [404] if endpoint.parameters else []
    statuses += [413, 415, 422] if endpoint.description.takes is not None else []
    statuses += [409, 422] if endpoint.method == "POST" else []
    statuses += [412] if endpoint.description.guarded is not None else []
    statuses += [304] if endpoint.has_etag and endpoint.method == "GET" else []
    return {str(status): {"$ref": f"#/components/responses/{status}"} for status in sorted(set(statuses))}


def _error_response(status: int) -> dict[str, Any]:
    problems = [problem for problem in PROBLEMS.values() if problem.status == status]
    headers = _header_refs()
    if status == 401:
        headers["WWW-Authenticate"] = _header("string", "How to authenticate (RFC 6750, RFC 9728).")
    if status in (429, 503):
        headers["Retry-After"] = _header("integer", "Seconds to wait.")
    return {
        "description": " ".join(f"`{problem.code}`: {problem.meaning}" for problem in problems),
        "headers": headers,
        "content": {"application/problem+json": {"schema": _ref("Problem")}},
    }


def _schemas(endpoints: list[Operation]) -> dict[str, Any]:
    kinds = [kind for endpoint in endpoints for kind in (endpoint.description.gives, endpoint.description.takes) if kind]
    _, schemas = msgspec.json.schema_components([*dict.fromkeys(kinds), Problem], ref_template="#/components/schemas/{name}")
    for endpoint in endpoints:
        if endpoint.method == "GET" and (gives := endpoint.description.gives):
            whole = schemas[gives.__name__]
            description = f"The chosen fields of {gives.__name__}."
            schemas[_part_name(gives)] = {**whole, "title": _part_name(gives), "description": description, "required": []}
    for kind in kinds:
        if contradictions := getattr(kind, "contradictions", None):
            schemas[kind.__name__]["not"] = {"anyOf": contradictions}
    return schemas


def _given_schema(endpoint: Operation, kind: type) -> dict[str, Any]:
    """What is answered: with `fields`, a part of it."""
    if endpoint.method != "GET":
        return _ref(kind.__name__)
    one = {"anyOf": [_ref(kind.__name__), _ref(_part_name(kind))]}
    return _list_schema(one) if endpoint.is_list else one


def _part_name(kind: type) -> str:
    return f"{kind.__name__}Fields"


def _list_schema(items: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["data", "has_more", "next_cursor"],
        "properties": {
            "data": {"type": "array", "items": items},
            "has_more": {"type": "boolean", "description": "Whether more follow."},
            "next_cursor": {"type": ["string", "null"], "description": "Send it as `cursor` to go on."},
        },
    }


def _header(kind: str, description: str) -> dict[str, Any]:
    return {"description": description, "schema": {"type": kind}}


def _header_refs() -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in _HEADERS}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}
