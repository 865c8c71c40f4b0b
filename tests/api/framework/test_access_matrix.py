"""Who may call what: derived from the described views, so that it holds for every endpoint added later."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from jsonschema import Draft202012Validator
from msgspec import Struct

import api
from api.docs.examples import example_of, required_example_of
from api.docs.nouns import ID_PREFIXES
from api.framework.describe import Operation, operations
from api.framework.uploads import FORM
from calmboard import ids
from tests.support.resources import as_request, create_resources, with_ids
from tests.support.users import Answer, Api, TestUser, add_project_and_board


def _described() -> list[Operation]:
    app = Flask("described")
    api.install(app)
    return list(operations(app))


OPERATIONS = _described()
WITH_IDS = [operation for operation in OPERATIONS if operation.parameters]
# Anybody makes a project of their own.
WRITES = [operation for operation in OPERATIONS if operation.method != "GET" and operation.name != "create_project"]
# A key revokes itself only; what it does then is shown where keys are tested.
WITHOUT_END = [operation for operation in OPERATIONS if operation.name != "revoke_key"]
WITHOUT_SCOPE = {"read_me", "revoke_key"}
ResourceIds = dict[str, str]
every_endpoint = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
every_endpoint_with_ids = pytest.mark.parametrize("operation", WITH_IDS, ids=lambda operation: operation.name)
every_endpoint_that_leaves_its_key = pytest.mark.parametrize("operation", WITHOUT_END, ids=lambda operation: operation.name)
every_write = pytest.mark.parametrize("operation", WRITES, ids=lambda operation: operation.name)


@pytest.fixture(scope="module")
def shared_resources(app: Flask, owner: TestUser, viewer: TestUser, free: TestUser) -> ResourceIds:
    """The ids of one of everything, which all refused callers may share: nothing happens to it."""
    return create_resources(owner.api, add_project_and_board(app, owner, viewer=viewer, member=free))


@pytest.fixture
def resources(app: Flask, operation: Operation, owner: TestUser) -> ResourceIds:
    """The ids of one of everything that is this test's own, in the state that the endpoint acts on."""
    return create_resources(owner.api, add_project_and_board(app, owner), operation.name)


def _call(caller: Api, operation: Operation, resources: ResourceIds, body: dict[str, Any] | None = None) -> Answer:
    takes = operation.description.takes
    example = with_ids(body or required_example_of(takes), resources) if takes else None
    sent = as_request(example, is_form=FORM in operation.description.media_types)
    return caller.ask(operation.method, operation.path.format(**resources), buffered=True, **sent)


@every_endpoint
def test_no_key_is_401(app: Flask, operation: Operation, shared_resources: ResourceIds) -> None:
    answer = _call(Api(app, None), operation, shared_resources)
    assert (answer.status_code, answer.json["code"]) == (401, "missing_api_key")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer resource_metadata=")


@every_endpoint
def test_a_wrong_key_is_401(app: Flask, operation: Operation, shared_resources: ResourceIds, owner: TestUser) -> None:
    wrong = owner.key[:-1] + ("a" if owner.key[-1] != "a" else "b")
    answer = _call(Api(app, wrong), operation, shared_resources)
    assert (answer.status_code, answer.json["code"]) == (401, "invalid_api_key")


@every_endpoint_with_ids
def test_an_outsider_is_403(operation: Operation, shared_resources: ResourceIds, outsider: TestUser) -> None:
    answer = _call(outsider.api, operation, shared_resources)
    assert (answer.status_code, answer.json["code"]) == (403, "forbidden")


@every_endpoint_with_ids
def test_a_key_for_other_projects_is_403(
    app: Flask, operation: Operation, shared_resources: ResourceIds, owner: TestUser
) -> None:
    elsewhere = add_project_and_board(app, owner)
    key = owner.new_key(ids.new_id("key"), project_ids=frozenset({elsewhere.project_id}))
    answer = _call(Api(app, key), operation, shared_resources)
    assert (answer.status_code, answer.json["code"]) == (403, "forbidden")


@every_endpoint_with_ids
@pytest.mark.parametrize("form", ["unknown", "of another kind", "no id"])
def test_an_unknown_id_is_404(operation: Operation, owner: TestUser, form: str) -> None:
    generators = {"unknown": ids.new_id, "of another kind": lambda _: ids.new_id("zzz"), "no id": lambda _: "%00"}
    generate: Callable[[str], str] = generators[form]
    unknown = {"source": "jira", "external_id": "CB-1"} | {name: generate(prefix) for name, prefix in ID_PREFIXES.items()}
    answer = _call(owner.api, operation, unknown)
    assert (answer.status_code, answer.json["code"]) == (404, "not_found")


@every_write
def test_a_viewer_cannot_write(operation: Operation, shared_resources: ResourceIds, viewer: TestUser) -> None:
    answer = _call(viewer.api, operation, shared_resources)
    assert (answer.status_code, answer.json["code"]) == (403, "forbidden")


@every_endpoint
def test_the_free_plan_is_403(operation: Operation, shared_resources: ResourceIds, free: TestUser) -> None:
    answer = _call(free.api, operation, shared_resources)
    assert (answer.status_code, answer.json["code"]) == (403, "paid_plan_required")


@every_endpoint
def test_a_key_without_the_scope_is_403_and_learns_which(
    app: Flask, operation: Operation, shared_resources: ResourceIds, owner: TestUser
) -> None:
    scope = operation.description.scope
    if scope is None:
        assert operation.name in WITHOUT_SCOPE, "every endpoint but these names its scope"
        return
    answer = _call(Api(app, owner.new_key(ids.new_id("key"), "webhooks:read")), operation, shared_resources)
    assert (answer.status_code, answer.json["code"]) == (403, "insufficient_scope")
    assert scope in answer.json["detail"]
    assert scope in answer.headers["WWW-Authenticate"]


@every_endpoint_that_leaves_its_key
def test_its_scope_alone_is_enough(app: Flask, operation: Operation, resources: ResourceIds, owner: TestUser) -> None:
    scope = operation.description.scope or "webhooks:read"
    answer = _call(Api(app, owner.new_key(ids.new_id("key"), scope)), operation, resources)
    assert answer.status_code in operation.statuses, answer.text


@every_endpoint_that_leaves_its_key
@pytest.mark.parametrize("example", [required_example_of, example_of])
def test_its_own_example_works(
    operation: Operation, resources: ResourceIds, owner: TestUser, example: Callable[[type[Struct]], dict[str, Any]]
) -> None:
    takes = operation.description.takes
    answer = _call(owner.api, operation, resources, example(takes) if takes else None)
    assert answer.status_code in operation.statuses, answer.text
    document = owner.api.get("/api/openapi.json").json
    promised = document["paths"][operation.path][operation.method.lower()]["responses"][str(answer.status_code)]
    if operation.description.gives_file:
        assert list(promised["content"]) == [answer.mimetype]
    elif "content" in promised:
        schema = {**promised["content"]["application/json"]["schema"], "components": document["components"]}
        Draft202012Validator(schema).validate(answer.json)
    else:
        assert answer.data == b""


@every_endpoint
def test_an_unknown_parameter_is_400(operation: Operation, shared_resources: ResourceIds, owner: TestUser) -> None:
    takes = operation.description.takes
    path = operation.path.format(**shared_resources) + "?colour=blue"
    sent = as_request(required_example_of(takes) if takes else None, is_form=FORM in operation.description.media_types)
    answer = owner.api.ask(operation.method, path, **sent)
    assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")
    assert [error["pointer"] for error in answer.json["errors"]] == ["colour"]
