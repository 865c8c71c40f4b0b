"""The scripts of a request: its tests, the ids it saves for others, and when it is skipped."""

import json
from collections.abc import Sequence
from typing import Any

from api.framework.conversion.struct_fields import fields_of
from api.framework.describe import Operation


def tests_of(endpoint: Operation, documented: dict[str, Any], variable: str | None) -> dict[str, Any]:
    """Status, media type, the fields that are always there, and the request id."""
    media_types = list(documented["responses"][str(endpoint.status)].get("content", {}))
    lines = [*status_test(*endpoint.statuses), *_header_tests(endpoint), *_body_tests(endpoint, media_types)]
    if variable is not None and endpoint.description.gives is not None:
        lines += _save_id(endpoint, variable)
    return test_event(lines)


def is_creation(endpoint: Operation) -> bool:
    return endpoint.method == "POST" and endpoint.status == 201


def status_test(*statuses: int) -> list[str]:
    expected = " or ".join(map(str, statuses))
    return [
        f'pm.test("answers {expected}", () => pm.expect(pm.response.code).to.be.oneOf({json.dumps(statuses)}));',
        'pm.test("names the request", () => pm.expect(pm.response.headers.get("X-Request-Id")).to.match(/^[\\w-]{8,64}$/));',
    ]


def problem_tests(status: int, code: str) -> list[str]:
    """The tests of a request that is meant to be refused."""
    return [
        *status_test(status),
        media_type_test("application/problem+json"),
        f'pm.test("says {code}", () => pm.expect(pm.response.json()).to.include({{ status: {status}, code: "{code}" }}));',
        'pm.test("says what to do", () => pm.expect(pm.response.json().hint).to.be.a("string").that.is.not.empty);',
    ]


def media_type_test(media_type: str) -> str:
    return (
        f'pm.test("is {media_type}", () => '
        f'pm.expect(pm.response.headers.get("Content-Type")).to.match(/^{media_type.replace("/", "[/]").replace("+", "[+]")}/));'
    )


def skip_without(variable: str) -> dict[str, Any]:
    """Skip a request while the reader has not set the variable it needs."""
    return script_before([f'if (!pm.variables.get("{variable}")) pm.execution.skipRequest();'])


def clear_ids(item: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """The same request, which also clears the variables of what is deleted now."""
    lines = [f'pm.collectionVariables.set("{name}", "");' for name in names]
    return {**item, "event": [*item["event"], test_event(lines)]}


def script_before(lines: list[str]) -> dict[str, Any]:
    return _event("prerequest", lines)


def test_event(lines: list[str]) -> dict[str, Any]:
    return _event("test", lines)


def _event(listen: str, lines: list[str]) -> dict[str, Any]:
    return {"listen": listen, "script": {"type": "text/javascript", "exec": lines}}


def _header_tests(endpoint: Operation) -> list[str]:
    names = {
        "ETag": endpoint.has_etag,
        "Location": endpoint.statuses == (201,) and endpoint.description.location is not None,
        "RateLimit": True,
    }
    return [
        f'pm.test("carries {name}", () => pm.response.to.have.header("{name}"));' for name, is_there in names.items() if is_there
    ]


def _body_tests(endpoint: Operation, media_types: list[str]) -> list[str]:
    if not media_types:
        return ['pm.test("is empty", () => pm.expect(pm.response.text()).to.equal(""));']
    if media_types != ["application/json"] or endpoint.description.gives is None:
        return []
    names = [name for name, field in fields_of(endpoint.description.gives).items() if field.required]
    return [media_type_test("application/json"), *(_list_tests(names) if endpoint.is_list else [_fields_test(names)])]


def _fields_test(names: list[str]) -> str:
    return f'pm.test("has every field", () => pm.expect(pm.response.json()).to.include.all.keys({json.dumps(names)}));'


def _list_tests(names: list[str]) -> list[str]:
    return [
        'pm.test("is a list", () => {',
        "  const answer = pm.response.json();",
        '  pm.expect(answer.data).to.be.an("array");',
        '  pm.expect(answer.has_more).to.be.a("boolean");',
        "  pm.expect(answer.has_more).to.equal(answer.next_cursor !== null);",
        f"  for (const one of answer.data) pm.expect(one).to.include.all.keys({json.dumps(names)});",
        "});",
    ]


def _save_id(endpoint: Operation, name: str) -> list[str]:
    """Save the id that a request created, for the next ones; a run stops where nothing was created."""
    if is_creation(endpoint):
        return [
            f'if (pm.response.code === 201) pm.collectionVariables.set("{name}", pm.response.json().id);',
            "else pm.execution.setNextRequest(null);",
        ]
    if not endpoint.is_list:
        return []
    return [
        "const [first] = pm.response.code === 200 ? pm.response.json().data : [];",
        f'if (first && !pm.variables.get("{name}")) pm.collectionVariables.set("{name}", first.id);',
    ]
