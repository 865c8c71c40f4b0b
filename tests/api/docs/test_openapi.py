"""The served OpenAPI document, and what schemathesis finds with it on a running server."""

import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask
from openapi_spec_validator import validate

from calmboard.ids import new_id
from tests.api.framework.test_access_matrix import OPERATIONS
from tests.support.servers.server import Server
from tests.support.users import Api, TestUser

CONFIG = Path(__file__).with_name("schemathesis.toml")


def test_the_document_is_valid(app: Flask) -> None:
    answer = Api(app, None).get("/api/openapi.json")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    validate(answer.json)


def test_the_document_holds_every_endpoint(app: Flask) -> None:
    paths = Api(app, None).get("/api/openapi.json").json["paths"]
    listed = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    assert listed == {(operation.method, operation.path) for operation in OPERATIONS}


def test_every_field_has_a_description_and_no_operation_shares_its_name(app: Flask) -> None:
    document = Api(app, None).get("/api/openapi.json").json
    names = [operation["operationId"] for methods in document["paths"].values() for operation in methods.values()]
    assert len(names) == len(set(names))
    assert all(schema.get("description") for schema in document["components"]["schemas"].values())


def test_lists_and_operations_have_names_for_generated_clients(app: Flask) -> None:
    """No client has to make up the name of an object."""
    document = Api(app, None).get("/api/openapi.json").json
    for operation in (operation for methods in document["paths"].values() for operation in methods.values()):
        assert operation["operationId"].isidentifier()
        for response in operation["responses"].values():
            for media in response.get("content", {}).values():
                assert "properties" not in media["schema"], operation["operationId"]
    listed = document["paths"]["/api/v1/boards/{board_id}/tasks"]["get"]["responses"]["200"]["content"]["application/json"]
    assert listed["schema"] == {"$ref": "#/components/schemas/TaskList"}


@pytest.mark.database("postgresql")  # the stricter one about values; chance and sequences are tried on SQLite
@pytest.mark.judge
def test_schemathesis_finds_nothing_at_the_edges(server: Server, owner: TestUser, tmp_path: Path) -> None:
    """What no schema can say is allowed in schemathesis.toml, operation by operation."""
    _run_schemathesis(server, owner, tmp_path, "examples,coverage")


@pytest.mark.judge
@pytest.mark.database("sqlite")
def test_schemathesis_finds_nothing_by_chance_or_in_sequences(
    server: Server, owner: TestUser, tmp_path: Path, searches: list[list[str]]
) -> None:
    for search in searches:
        _run_schemathesis(server, owner, tmp_path, "fuzzing,stateful", *search)


def _run_schemathesis(server: Server, owner: TestUser, directory: Path, phases: str, *options: str) -> None:
    """Run schemathesis with every check. Both headers carry the key, since different ones are refused by contract."""
    key = owner.new_key(new_id("key"))
    command = [sys.executable, "-m", "schemathesis.cli", f"--config-file={CONFIG}", "run", f"{server.url}/api/openapi.json"]
    command += [f"--header=Authorization: Bearer {key}", f"--header=X-CalmBoard-API-Key: {key}"]
    # A run that revokes its own key stops there.
    command += ["--exclude-operation-id=revoke_key", f"--phases={phases}", "--checks=all"]
    command += ["--continue-on-failure", "--no-color", *options]
    run = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
