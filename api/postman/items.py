"""One request of the collection: its address, headers and body, its saved answers and its tests."""

import json
import re
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

from api.docs.examples import example_of
from api.docs.nouns import ID_PREFIXES
from api.framework.conversion.struct_fields import fields_of
from api.framework.describe import Operation
from api.postman.answers import saved_answers
from api.postman.multipart import multipart_body
from api.postman.scripts import is_creation, skip_without, tests_of
from api.shapes.values import EXAMPLE_ID_SUFFIX

_SEGMENT = re.compile(r"\{(\w+)\}")
_VARIABLE = re.compile(r"\{\{(\w+)\}\}")
_EXAMPLES = {"source": "jira", "external_id": "OPS-214"}


@dataclass(frozen=True)
class Names:
    """Variables that hold ids: `created` by a request that creates such a resource, or only `filled` by lists.

    `others` are left to the reader: ids of what the API cannot create, and a run must not change.
    """

    created: tuple[str, ...]
    filled: tuple[str, ...]
    others: tuple[str, ...]
    root: str = "projectId"

    @classmethod
    def of(cls, endpoints: Sequence[Operation]) -> "Names":
        """Endpoints come parents first."""
        created: list[str] = []
        for one in endpoints:
            if (name := _created_by(one)) and name not in created and _other_parameter(one, created) is None:
                created.append(name)
        named = [variable_of(parameter) for one in endpoints for parameter in one.parameters if parameter in ID_PREFIXES]
        others = [_other(name) for one in endpoints if (name := _other_parameter(one, created))]
        return cls(tuple(created), tuple(dict.fromkeys([*created, *named])), tuple(dict.fromkeys(others)))

    def of_path(self, endpoint: Operation) -> dict[str, str]:
        """The value of each parameter of the path."""
        values = {name: _EXAMPLES.get(name) or _placeholder(variable_of(name)) for name in endpoint.parameters}
        other = _other_parameter(endpoint, self.created)
        return values if other is None else {**values, other: _placeholder(_other(other))}


@dataclass(frozen=True)
class Item:
    """A request as Postman has it, and the variables it creates, deletes and needs."""

    noun: str
    creates: str | None
    deletes: str | None
    needs: frozenset[str]
    content: dict[str, Any]

    def renamed(self, name: str, noun: str) -> "Item":
        return replace(self, noun=noun, content={**deepcopy(self.content), "name": name})


def item(endpoint: Operation, document: dict[str, Any], names: Names) -> Item:
    documented = document["paths"][endpoint.path][endpoint.method.lower()]
    request = _request(endpoint, documented, document, names)
    other = _other_parameter(endpoint, names.created)
    gives = variable_of_id(endpoint.description.gives)
    tests = tests_of(endpoint, documented, gives if gives in names.filled else None)
    content = {
        "name": endpoint.description.summary + (" with PUT" if endpoint.name.endswith("_by_put") else ""),
        "event": [*([skip_without(_other(other))] if other else []), tests],
        "request": request,
        "response": saved_answers(endpoint, documented, request),
    }
    needs = frozenset(_VARIABLE.findall(json.dumps(request)))
    return Item(endpoint.noun, _created_by(endpoint), _deleted_by(endpoint), needs, content)


def variable_of(parameter: str) -> str:
    """projectId for project_id."""
    first, *rest = parameter.split("_")
    return first + "".join(part.capitalize() for part in rest)


def variable_of_id(kind: type | None) -> str | None:
    """The variable for the id of such a resource: taskId for a Task."""
    if kind is None or "id" not in fields_of(kind):
        return None
    prefix = example_of(kind)["id"].partition("_")[0]
    return next((variable_of(name) for name, known in ID_PREFIXES.items() if known == prefix), None)


def _placeholder(variable: str) -> str:
    """As Postman has a value that is filled in when the request is sent."""
    return f"{{{{{variable}}}}}"


def _created_by(endpoint: Operation) -> str | None:
    return variable_of_id(endpoint.description.gives) if is_creation(endpoint) else None


def _deleted_by(endpoint: Operation) -> str | None:
    return variable_of(endpoint.parameters[-1]) if endpoint.method == "DELETE" and endpoint.parameters else None


def _other_parameter(endpoint: Operation, created: Sequence[str]) -> str | None:
    """What a request changes, where the API cannot create such a resource: user_id of a member."""
    addressed = [name for name in endpoint.parameters if name in ID_PREFIXES]
    if endpoint.method == "GET" or not addressed or variable_of(addressed[-1]) in created:
        return None
    return addressed[-1]


def _other(parameter: str) -> str:
    """otherUserId for user_id."""
    return variable_of(f"other_{parameter}")


def _request(endpoint: Operation, documented: dict[str, Any], document: dict[str, Any], names: Names) -> dict[str, Any]:
    request: dict[str, Any] = {
        "method": endpoint.method,
        "header": [{"key": "Accept", "value": "application/json"}, *_headers(documented)],
        "url": _url(endpoint, documented, names),
        "description": _description(endpoint),
    }
    content = documented.get("requestBody", {}).get("content")
    if content is None:
        return request
    media_type, text = _body(content, document)
    request["header"].append({"key": "Content-Type", "value": media_type})
    language = "json" if media_type == "application/json" else "text"
    return {**request, "body": {"mode": "raw", "raw": text, "options": {"raw": {"language": language}}}}


def _description(endpoint: Operation) -> str:
    description = endpoint.description
    detail = description.detail.strip()
    return f"{detail}\n\nNeeds the scope `{description.scope}`." if description.scope else detail


def _headers(documented: dict[str, Any]) -> list[dict[str, Any]]:
    accepted = {parameter["$ref"].rpartition("/")[2] for parameter in documented["parameters"] if "$ref" in parameter}
    known = {"Idempotency-Key": "{{$guid}}", "If-Match": "", "If-None-Match": ""}
    return [{"key": name, "value": value, "disabled": not value} for name, value in known.items() if name in accepted]


def _url(endpoint: Operation, documented: dict[str, Any], names: Names) -> dict[str, Any]:
    path = _SEGMENT.sub(r":\1", endpoint.path)
    query = [_query(parameter) for parameter in documented["parameters"] if parameter.get("in") == "query"]
    sent = "&".join(f"{one['key']}={one['value']}" for one in query if not one["disabled"])
    return {
        "raw": f"{{{{baseUrl}}}}{path}" + (f"?{sent}" if sent else ""),
        "host": ["{{baseUrl}}"],
        "path": path.strip("/").split("/"),
        "variable": [{"key": name, "value": value} for name, value in names.of_path(endpoint).items()],
        "query": query,
    }


def _query(parameter: dict[str, Any]) -> dict[str, Any]:
    schema = parameter["schema"]
    value = schema.get("examples", [schema.get("default", "")])[0]
    text = ",".join(value) if isinstance(value, list) else json.dumps(value).strip('"')
    query = {"key": parameter["name"], "value": _with_variables(text), "description": parameter["description"]}
    return {**query, "disabled": not parameter.get("required", False)}


def _body(content: dict[str, Any], document: dict[str, Any]) -> tuple[str, str]:
    if "multipart/form-data" in content:
        return multipart_body(content["multipart/form-data"], document)
    return "application/json", _with_variables(json.dumps(content["application/json"]["example"], indent=2, ensure_ascii=False))


def _with_variables(text: str) -> str:
    """The text of an example, with the reader's own ids in it."""
    for name, prefix in ID_PREFIXES.items():
        text = text.replace(f"{prefix}_{EXAMPLE_ID_SUFFIX}", _placeholder(variable_of(name)))
    return text
