"""Who may call what: read off the described views, so that it holds for every endpoint added later."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from jsonschema import Draft202012Validator
from msgspec import Struct

import api
from api.describe import Operation, operations
from api.examples import example_of, needed_example_of
from calmboard import ids
from tests.support.cast import Answer, Api, Character, Place, add_character, add_place


def _described() -> list[Operation]:
    app = Flask("described")
    api.install(app)
    return list(operations(app))


OPERATIONS = _described()
WITH_IDS = [operation for operation in OPERATIONS if operation.parameters]
WRITES = [operation for operation in OPERATIONS if operation.method != "GET"]
every_endpoint = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
every_endpoint_with_ids = pytest.mark.parametrize("operation", WITH_IDS, ids=lambda operation: operation.name)
every_write = pytest.mark.parametrize("operation", WRITES, ids=lambda operation: operation.name)


@pytest.fixture
def place(app: Flask, owner: Character, viewer: Character) -> Place:
    """A place of the owner's with one task; the viewer may look."""
    place = add_place(app, owner, viewer=viewer)
    task = owner.api.post(f"/boards/{place.board_id}/tasks", json={"title": "Measure the mirror"}).json
    assert task
    return replace(place, task_id=task["id"])


def _ask(caller: Api, operation: Operation, place: Place | None, body: dict[str, Any] | None = None) -> Answer:
    path = operation.path.format(**vars(place)) if place else operation.path
    takes = operation.description.takes
    json = (body or needed_example_of(takes)) if takes else None
    return caller.ask(operation.method, path, json=json)


@every_endpoint
def test_no_key_is_401(app: Flask, operation: Operation, place: Place) -> None:
    answer = _ask(Api(app, None), operation, place)
    assert (answer.status_code, answer.json["code"]) == (401, "missing_api_key")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer resource_metadata=")


@every_endpoint
def test_a_wrong_key_is_401(app: Flask, operation: Operation, place: Place, owner: Character) -> None:
    wrong = owner.key[:-1] + ("a" if owner.key[-1] != "a" else "b")
    answer = _ask(Api(app, wrong), operation, place)
    assert (answer.status_code, answer.json["code"]) == (401, "invalid_api_key")


@every_endpoint_with_ids
def test_an_outsider_is_403(operation: Operation, place: Place, outsider: Character) -> None:
    answer = _ask(outsider.api, operation, place)
    assert (answer.status_code, answer.json["code"]) == (403, "forbidden")


@every_endpoint_with_ids
def test_a_key_for_other_projects_is_403(app: Flask, operation: Operation, place: Place, owner: Character) -> None:
    elsewhere = add_place(app, owner)
    key = owner.new_key(ids.new_id("key"), project_ids=frozenset({elsewhere.project_id}))
    answer = _ask(Api(app, key), operation, place)
    assert (answer.status_code, answer.json["code"]) == (403, "forbidden")


@every_endpoint_with_ids
@pytest.mark.parametrize("form", ["unknown", "of another kind", "no id"])
def test_an_unknown_id_is_404(operation: Operation, owner: Character, form: str) -> None:
    made = {"unknown": ids.new_id, "of another kind": lambda _: ids.new_id("zzz"), "no id": lambda _: "%00"}
    make: Callable[[str], str] = made[form]
    nowhere = Place(*(make(prefix) for prefix in ("prj", "brd", "tsk")))
    answer = _ask(owner.api, operation, nowhere)
    assert (answer.status_code, answer.json["code"]) == (404, "not_found")


@every_write
def test_a_viewer_cannot_write(operation: Operation, place: Place, viewer: Character) -> None:
    answer = _ask(viewer.api, operation, place)
    assert (answer.status_code, answer.json["code"]) == (403, "forbidden")


@every_endpoint
def test_the_free_plan_is_403(app: Flask, operation: Operation, owner: Character) -> None:
    free = add_character(app, "free")
    answer = _ask(free.api, operation, replace(add_place(app, owner, member=free), task_id=ids.new_id("tsk")))
    assert (answer.status_code, answer.json["code"]) == (403, "paid_plan_required")


@every_endpoint
def test_a_key_without_the_scope_is_403_and_told_which(app: Flask, operation: Operation, place: Place, owner: Character) -> None:
    scope = operation.description.scope
    if scope is None:
        assert operation.name == "read_me", "every endpoint but this one names its scope"
        return
    answer = _ask(Api(app, owner.new_key(ids.new_id("key"), "webhooks:read")), operation, place)
    assert (answer.status_code, answer.json["code"]) == (403, "insufficient_scope")
    assert scope in answer.json["detail"]
    assert scope in answer.headers["WWW-Authenticate"]


@every_endpoint
def test_its_scope_alone_is_enough(app: Flask, operation: Operation, place: Place, owner: Character) -> None:
    scope = operation.description.scope or "webhooks:read"
    answer = _ask(Api(app, owner.new_key(ids.new_id("key"), scope)), operation, place)
    assert answer.status_code == operation.status, answer.text


@every_endpoint
@pytest.mark.parametrize("example", [needed_example_of, example_of])
def test_its_own_example_works(
    operation: Operation, place: Place, owner: Character, example: Callable[[type[Struct]], dict[str, Any]]
) -> None:
    takes = operation.description.takes
    answer = _ask(owner.api, operation, place, example(takes) if takes else None)
    assert answer.status_code == operation.status, answer.text
    document = owner.api.get("/api/openapi.json").json
    promised = document["paths"][operation.path][operation.method.lower()]["responses"][str(operation.status)]
    if "content" in promised:
        schema = {**promised["content"]["application/json"]["schema"], "components": document["components"]}
        Draft202012Validator(schema).validate(answer.json)
    else:
        assert answer.data == b""


@every_endpoint
def test_an_unknown_parameter_is_400(operation: Operation, place: Place, owner: Character) -> None:
    takes = operation.description.takes
    path = operation.path.format(**vars(place)) + "?colour=blue"
    answer = owner.api.ask(operation.method, path, json=needed_example_of(takes) if takes else None)
    assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")
    assert [fault["pointer"] for fault in answer.json["errors"]] == ["colour"]
