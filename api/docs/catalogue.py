"""The API as plain data, for the pages that render it."""

from itertools import groupby
from typing import Any

from flask import Flask

from api.docs.controls import body_controls, control
from api.docs.examples import answer_example_of, example_of, required_example_of
from api.docs.field_tables import field, fields_in, resolve_ref
from api.docs.nouns import ID_PREFIXES, NOUNS
from api.docs.openapi import openapi_document
from api.docs.outcomes import outcome_of
from api.framework.describe import Operation, operations
from calmboard.errors import PROBLEMS

__all__ = ["NOUNS", "catalogue"]

# For path parameters that are not ids of ours.
_PARAMETER_EXAMPLES = {"source": "jira", "external_id": "OPS-214"}
# Statuses that any request may receive.
_COMMON_STATUSES = {401, 429, 500, 503}


def catalogue(app: Flask) -> list[dict[str, Any]]:
    """Nouns with their name, path, lead, main shape and endpoints, in the order of NOUNS."""
    document = openapi_document(app)
    sorted_operations = sorted(operations(app), key=lambda operation: list(NOUNS).index(operation.noun))
    by_noun = groupby(sorted_operations, key=lambda operation: operation.noun)
    return [_noun(noun, list(group), document) for noun, group in by_noun]


def _noun(noun: str, group: list[Operation], document: dict[str, Any]) -> dict[str, Any]:
    about = NOUNS[noun]
    return {
        "slug": noun,
        "name": about.name,
        "path": about.path,
        "lead": about.lead,
        "shape": _shape(group, document),
        "endpoints": [_endpoint(operation, document) for operation in group],
    }


def _shape(group: list[Operation], document: dict[str, Any]) -> dict[str, Any] | None:
    """The resource of the noun: what its endpoints return first."""
    kind = next((operation.description.gives for operation in group if operation.description.gives), None)
    if kind is None:
        return None
    schemas = document["components"]["schemas"]
    return {"name": kind.__name__, "fields": fields_in(schemas[kind.__name__], schemas), "example": example_of(kind)}


def _endpoint(operation: Operation, document: dict[str, Any]) -> dict[str, Any]:
    description = operation.description
    spec = document["paths"][operation.path][operation.method.lower()]
    parameters = [_parameter(parameter, document) for parameter in spec["parameters"]]
    return {
        "name": operation.name,
        "method": operation.method,
        "path": operation.path,
        "summary": description.summary,
        "detail": description.detail,
        "scope": description.scope,
        **{f"{key}_fields": [row for location, row in parameters if location == key] for key in ("path", "query", "header")},
        "prefixes": ID_PREFIXES,
        "body_fields": _body_fields(spec, document),
        "controls": [*_parameter_controls(spec, document), *_body_controls(spec, document)],
        "body": required_example_of(description.takes) if description.takes else None,
        "status": operation.statuses[-1],
        "response": _response(operation),
        "answers": [answer for status, response in spec["responses"].items() for answer in _answers(int(status), response)],
        "answer_headers": _answer_headers(spec["responses"][str(operation.statuses[-1])]),
        "gives": description.gives.__name__ if description.gives else None,
        **_route(operation),
        **_kind(operation, spec),
        **_deprecation(operation),
    }


def _route(operation: Operation) -> dict[str, Any]:
    parameters = {name: _PARAMETER_EXAMPLES.get(name) for name in operation.parameters}
    return {"route": operation.route, "parameters": parameters}


def _kind(operation: Operation, spec: dict[str, Any]) -> dict[str, bool]:
    is_form = "multipart/form-data" in spec.get("requestBody", {}).get("content", {})
    return {"is_creation": operation.description.location is not None, "is_list": operation.is_list, "is_form": is_form}


def _parameter(parameter: dict[str, Any], document: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The location of a parameter, and its row."""
    resolved = resolve_ref(parameter, document["components"]["parameters"])
    row = field(resolved["name"], resolved["schema"], document["components"]["schemas"], needed=resolved.get("required", False))
    return resolved["in"], {**row, "description": resolved["description"]}


def _body_fields(spec: dict[str, Any], document: dict[str, Any]) -> list[dict[str, Any]]:
    if "requestBody" not in spec:
        return []
    content = next(iter(spec["requestBody"]["content"].values()))
    return fields_in(content["schema"], document["components"]["schemas"])


def _parameter_controls(spec: dict[str, Any], document: dict[str, Any]) -> list[dict[str, Any]]:
    components = document["components"]
    parameters = [resolve_ref(parameter, components["parameters"]) for parameter in spec["parameters"]]
    return [
        {
            **control(one["in"], one["name"], one["schema"], components["schemas"], needed=one.get("required", False)),
            "description": one["description"],
        }
        for one in parameters
    ]


def _body_controls(spec: dict[str, Any], document: dict[str, Any]) -> list[dict[str, Any]]:
    if "requestBody" not in spec:
        return []
    content = next(iter(spec["requestBody"]["content"].values()))
    return body_controls(content["schema"], document["components"]["schemas"])


def _answers(status: int, response: dict[str, Any]) -> list[dict[str, Any]]:
    """What a status means here: one row, or one for each code that has it."""
    if status < 400:
        meaning = response.get("description") or "Nothing changed since the ETag that was sent."
        return [{"status": status, "code": None, "meaning": meaning, "is_common": False}]
    return [
        {"status": status, "code": problem.code, "meaning": problem.meaning, "is_common": status in _COMMON_STATUSES}
        for problem in PROBLEMS.values()
        if problem.status == status
    ]


def _answer_headers(response: dict[str, Any]) -> list[dict[str, str]]:
    """The headers that this answer has and not every one has."""
    headers = response.get("headers", {})
    return [{"name": name, "description": header["description"]} for name, header in headers.items() if "$ref" not in header]


def _deprecation(operation: Operation) -> dict[str, str | None]:
    deprecation = operation.description.deprecation
    return {
        "deprecated_at": None if deprecation.deprecated_at is None else deprecation.deprecated_at.date().isoformat(),
        "sunset_at": None if deprecation.sunset_at is None else deprecation.sunset_at.date().isoformat(),
        "successor": deprecation.successor,
    }


def _response(operation: Operation) -> Any:
    description = operation.description
    if description.gives is None:
        return None
    if operation.method == "GET":
        one = example_of(description.gives)
        return {"data": [one], "has_more": False, "next_cursor": None} if operation.is_list else one
    body = required_example_of(description.takes) if description.takes else None
    return {**answer_example_of(description.gives, description.takes, body), **outcome_of(operation.name, body)}
