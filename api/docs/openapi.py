"""OpenAPI 3.1, generated from the described views."""

from typing import Any

import msgspec
from flask import Flask

from api.docs.examples import example_of
from api.docs.nouns import ID_PREFIXES, NOUNS
from api.docs.openapi_answers import errors, ref, schemas_of, shared_answers, shared_headers, success
from api.framework.auth import OWN_HEADER
from api.framework.conversion.struct_fields import fields_of
from api.framework.describe import Operation, operations
from calmboard import VERSION, ids
from calmboard.access.scopes import OFFERED, describe_scope
from calmboard.extensions import Extension
from calmboard.settings import SETTINGS
from calmboard.work.tasks.external import MAX_EXTERNAL_ID_LENGTH, SOURCE_PATTERN

_OTHER_PARAMETERS: dict[str, tuple[str, dict[str, Any]]] = {
    "source": ("The other tool's name, such as `jira`.", {"pattern": SOURCE_PATTERN}),
    "external_id": ("The id there; it may hold slashes.", {"minLength": 1, "maxLength": MAX_EXTERNAL_ID_LENGTH}),
}
_KEY_SCHEMES = {
    "key": {"type": "http", "scheme": "bearer", "description": "An API key: `Authorization: Bearer cbk_…`."},
    "keyHeader": {
        "type": "apiKey",
        "in": "header",
        "name": OWN_HEADER,
        "description": "The same key, for tools that keep Authorization for themselves.",
    },
}
_INFO = {
    "title": "CalmBoard API",
    "version": VERSION,
    "summary": "Projects, boards and tasks of CalmBoard.",
    "description": "A key acts as the person who created it: it sees and changes what they can, and never more.",
}
_REQUEST_HEADERS = {
    "Idempotency-Key": ("^[!-~]{1,255}$", "A name for this piece of work: sent again within 24 hours, it is done once."),
    "If-Match": (None, "An ETag: change it only while it still is as you read it."),
    "If-None-Match": (None, "An ETag: answer 304 while nothing changed."),
}


OPENAPI: Extension[dict[str, Any]] = Extension("openapi")


def openapi_json(app: Flask) -> bytes:
    """The whole document as it is served."""
    return msgspec.json.encode(openapi_document(app))


def openapi_document(app: Flask) -> dict[str, Any]:
    """The whole document, generated once per app."""
    return OPENAPI.get_or_make(app, _document)


def _document(app: Flask) -> dict[str, Any]:
    endpoints = list(operations(app))
    used = {endpoint.noun for endpoint in endpoints}
    origin = SETTINGS.get(app).origin
    return {
        "openapi": "3.1.0",
        "info": {
            **_INFO,
            "contact": {"name": "CalmBoard API reference", "url": f"{origin}/docs/api"},
            "license": {"name": "All rights reserved", "identifier": "LicenseRef-CalmBoard"},
        },
        "servers": [{"url": origin, "description": "CalmBoard."}],
        "externalDocs": {"description": "The same, for people.", "url": f"{origin}/docs/api"},
        "security": _security_requirements(None),
        "tags": [{"name": noun, "description": about.lead} for noun, about in NOUNS.items() if noun in used],
        "paths": _paths(endpoints),
        "components": {
            "schemas": schemas_of(endpoints),
            "securitySchemes": {**_KEY_SCHEMES, "oauth": _oauth_scheme(origin)},
            "parameters": {name: _header_parameter(name, *about) for name, about in _REQUEST_HEADERS.items()},
            "headers": shared_headers(),
            "responses": shared_answers(endpoints),
        },
    }


def _paths(endpoints: list[Operation]) -> dict[str, Any]:
    paths: dict[str, Any] = {}
    for endpoint in endpoints:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint)
    return paths


def _operation(endpoint: Operation) -> dict[str, Any]:
    description = endpoint.description
    operation: dict[str, Any] = {
        "operationId": endpoint.name,
        "summary": description.summary,
        "description": _with_scope(description.detail, description.scope),
        "tags": [endpoint.noun],
        "security": _security_requirements(description.scope),
        "parameters": [*_path_parameters(endpoint), *_query_parameters(endpoint), *_header_parameters(endpoint)],
        "responses": {**{str(status): success(endpoint, status) for status in endpoint.statuses}, **errors(endpoint)},
    }
    if description.deprecation.deprecated_at is not None:
        operation["deprecated"] = True
    if description.takes is not None:
        content = {"schema": ref(description.takes.__name__), "example": example_of(description.takes)}
        operation["requestBody"] = {"required": True, "content": dict.fromkeys(description.media_types, content)}
    return operation


def _with_scope(detail: str, scope: str | None) -> str:
    return f"{detail}\n\nNeeds the scope `{scope}`." if scope else detail


def _security_requirements(scope: str | None) -> list[dict[str, list[str]]]:
    """A key in either header, or a token; only OAuth names scopes here."""
    return [{"key": []}, {"keyHeader": []}, {"oauth": [scope] if scope else []}]


def _oauth_scheme(origin: str) -> dict[str, Any]:
    flow = {
        "authorizationUrl": f"{origin}/api/oauth/authorize",
        "tokenUrl": f"{origin}/api/oauth/token",
        "refreshUrl": f"{origin}/api/oauth/token",
        "scopes": {scope: describe_scope(scope) for scope in OFFERED},
    }
    about = f"An access token, `Authorization: Bearer cbo_…`, requested with PKCE by S256 and with `resource={origin}`."
    return {"type": "oauth2", "description": about, "flows": {"authorizationCode": flow}}


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
    properties["fields"]["items"] = {"type": "string", "enum": list(fields_of(gives))}
    return [_query_parameter(name, schema) for name, schema in properties.items()]


def _header_parameters(endpoint: Operation) -> list[dict[str, Any]]:
    names = {
        "Idempotency-Key": endpoint.method == "POST",
        "If-Match": endpoint.description.guarded is not None,
        "If-None-Match": endpoint.has_etag and endpoint.method == "GET",
    }
    return [{"$ref": f"#/components/parameters/{name}"} for name, is_accepted in names.items() if is_accepted]


def _query_parameter(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """An empty parameter is as if it were left out. A list is repeated, which is what generated clients do, or has commas."""
    about = schema.pop("description", "")
    parameter = {"name": name, "in": "query", "allowEmptyValue": True}
    if schema.get("type") == "array":
        about = f"{about} Send several one by one, or in one, separated by commas."
        parameter |= {"style": "form", "explode": True}
    elif schema.get("format") == "date-time":
        about = f"{about} A day is its start in UTC."
        schema = {"anyOf": [schema, {"type": "string", "format": "date"}]}
    return {**parameter, "description": about, "schema": schema}


def _header_parameter(name: str, pattern: str | None, description: str) -> dict[str, Any]:
    schema = {"type": "string", "pattern": pattern} if pattern else {"type": "string"}
    return {"name": name, "in": "header", "description": description, "schema": schema}
