"""One request of the collection: its address, headers and body, its saved answers and its tests."""

import json
import re
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

from api.describe import Operation
from api.examples import example_of
from api.fields import fields_of
from api.openapi import ID_PREFIXES
from api.postman.answers import saved_answers
from api.postman.multipart import multipart_body
from api.postman.scripts import skip_without, tests_of
from api.shapes.values import EXAMPLE_TAIL

_SEGMENT = re.compile(r"\{(\w+)\}")
_VARIABLE = re.compile(r"\{\{(\w+)\}\}")
_EXAMPLES = {"source": "jira", "external_id": "OPS-214"}


@dataclass(frozen=True)
class Names:
    """Variables that hold ids: `made` by a request that creates such a thing, or only `filled` by lists.

    `others` are left to the reader: ids of what the API cannot create, and a run must not change.
    """

    made: tuple[str, ...]
    filled: tuple[str, ...]
    others: tuple[str, ...]
    root: str = "projectId"

    @classmethod
    def of(cls, endpoints: Sequence[Operation]) -> "Names":
        made = tuple(dict.fromkeys(name for one in endpoints if (name := _made_by(one))))
        named = [variable_of(parameter) for one in endpoints for parameter in one.parameters if parameter in ID_PREFIXES]
        others = [name for one in endpoints if (name := _other(one, made))]
        return cls(made, tuple(dict.fromkeys([*made, *named])), tuple(dict.fromkeys(others)))

    def of_path(self, endpoint: Operation) -> dict[str, str]:
        """What stands for each parameter of the path."""
        values = {name: _EXAMPLES.get(name) or _filled_in(variable_of(name)) for name in endpoint.parameters}
        if (other := _other(endpoint, self.made)) is not None:
            values[endpoint.parameters[-1]] = _filled_in(other)
        return values


@dataclass(frozen=True)
class Item:
    """A request as Postman has it, and the variables it makes, deletes and needs."""

    noun: str
    makes: str | None
    deletes: str | None
    needs: frozenset[str]
    content: dict[str, Any]

    def renamed(self, name: str, noun: str) -> "Item":
        return replace(self, noun=noun, content={**deepcopy(self.content), "name": name})


def item(endpoint: Operation, document: dict[str, Any], names: Names) -> Item:
    promised = document["paths"][endpoint.path][endpoint.method.lower()]
    request = _request(endpoint, promised, document, names)
    gives = variable_of_id(endpoint.description.gives)
    tests = tests_of(endpoint, promised, gives if gives in names.filled else None)
    content = {
        "name": endpoint.description.summary + (" with PUT" if endpoint.name.endswith("_by_put") else ""),
        "event": [*skip_without(_other(endpoint, names.made)), tests],
        "request": request,
        "response": saved_answers(endpoint, promised, request),
    }
    deletes = _VARIABLE.sub(r"\1", names.of_path(endpoint)[endpoint.parameters[-1]]) if endpoint.method == "DELETE" else None
    needs = frozenset(_VARIABLE.findall(json.dumps(request)))
    return Item(endpoint.noun, _made_by(endpoint), deletes, needs, content)


def _filled_in(variable: str) -> str:
    """As Postman has a value that is filled in when the request is sent."""
    return f"{{{{{variable}}}}}"


def variable_of(parameter: str) -> str:
    """projectId for project_id."""
    head, *tail = parameter.split("_")
    return head + "".join(part.capitalize() for part in tail)


def variable_of_id(kind: type | None) -> str | None:
    """The variable for the id of such a thing: taskId for a Task."""
    if kind is None or "id" not in fields_of(kind):
        return None
    prefix = example_of(kind)["id"].partition("_")[0]
    return next((variable_of(name) for name, known in ID_PREFIXES.items() if known == prefix), None)


def _made_by(endpoint: Operation) -> str | None:
    creates = endpoint.method == "POST" and endpoint.description.location is not None
    return variable_of_id(endpoint.description.gives) if creates else None


def _other(endpoint: Operation, made: Sequence[str]) -> str | None:
    """otherUserId where a request changes somebody whom the API cannot create."""
    last = endpoint.parameters[-1] if endpoint.parameters and endpoint.path.endswith("}") else None
    if endpoint.method == "GET" or last not in ID_PREFIXES or variable_of(last) in made:
        return None
    name = variable_of(last)
    return f"other{name[0].upper()}{name[1:]}"


def _request(endpoint: Operation, promised: dict[str, Any], document: dict[str, Any], names: Names) -> dict[str, Any]:
    request: dict[str, Any] = {
        "method": endpoint.method,
        "header": [{"key": "Accept", "value": "application/json"}, *_headers(promised)],
        "url": _url(endpoint, promised, names),
        "description": _told(endpoint),
    }
    content = promised.get("requestBody", {}).get("content")
    if content is None:
        return request
    media_type, text = _body(content, document)
    request["header"].append({"key": "Content-Type", "value": media_type})
    return {**request, "body": {"mode": "raw", "raw": text, "options": {"raw": {"language": "json"}}}}


def _told(endpoint: Operation) -> str:
    about = endpoint.description
    detail = about.detail.strip()
    return f"{detail}\n\nNeeds the scope `{about.scope}`." if about.scope else detail


def _headers(promised: dict[str, Any]) -> list[dict[str, Any]]:
    taken = {parameter["$ref"].rpartition("/")[2] for parameter in promised["parameters"] if "$ref" in parameter}
    known = {"Idempotency-Key": "{{$guid}}", "If-Match": "", "If-None-Match": ""}
    return [{"key": name, "value": value, "disabled": not value} for name, value in known.items() if name in taken]


def _url(endpoint: Operation, promised: dict[str, Any], names: Names) -> dict[str, Any]:
    path = _SEGMENT.sub(r":\1", endpoint.path)
    asked = [parameter for parameter in promised["parameters"] if parameter.get("in") == "query"]
    return {
        "raw": "{{baseUrl}}" + path,
        "host": ["{{baseUrl}}"],
        "path": path.strip("/").split("/"),
        "variable": [{"key": name, "value": value} for name, value in names.of_path(endpoint).items()],
        "query": [_query(parameter) for parameter in asked],
    }


def _query(parameter: dict[str, Any]) -> dict[str, Any]:
    schema = parameter["schema"]
    value = schema.get("examples", [schema.get("default", "")])[0]
    text = ",".join(value) if isinstance(value, list) else json.dumps(value).strip('"')
    return {"key": parameter["name"], "value": text, "description": parameter["description"], "disabled": True}


def _body(content: dict[str, Any], document: dict[str, Any]) -> tuple[str, str]:
    if "multipart/form-data" in content:
        return multipart_body(content["multipart/form-data"], document)
    text = json.dumps(content["application/json"]["example"], indent=2, ensure_ascii=False)
    for name, prefix in ID_PREFIXES.items():
        text = text.replace(f"{prefix}_{EXAMPLE_TAIL}", _filled_in(variable_of(name)))
    return "application/json", text
