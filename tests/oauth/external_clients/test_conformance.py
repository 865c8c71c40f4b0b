"""The conformance suite of MCP accepts the authorization server in every check, without a warning."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.clients.node import find_module, run_script
from tests.support.clients.visitor import Visitor
from tests.support.servers.programs import free_port
from tests.support.servers.server import Server
from tests.support.users import TestUser

CHECKS = {"authorization-server-metadata", "authorization-server-metadata-cimd", "authorization-code-grant"}

pytestmark = [pytest.mark.judge, pytest.mark.database("sqlite")]


@pytest.mark.parametrize("suffix", ["", "/mcp"])
def test_the_authorization_server_conforms(
    server: Server, new_user: Callable[..., TestUser], tmp_path: Path, suffix: str
) -> None:
    visitor, port = Visitor(new_user()), free_port()
    client_id = visitor.own_client(server.url, f"http://127.0.0.1:{port}/callback")
    suite, results = find_module("@modelcontextprotocol/conformance/dist/index.js"), tmp_path / "results"
    arguments = ["authorization", f"--url={server.url}", f"--client-id={client_id}", f"--resource={server.url}{suffix}"]
    arguments += [f"--port={port}", f"--output-dir={results}"]
    run_script(suite, *arguments, visitor=visitor, directory=tmp_path)
    checks = [check for file in results.rglob("checks.json") for check in json.loads(file.read_text())]
    assert {(check["id"], check["status"]) for check in checks} == {(id_, "SUCCESS") for id_ in CHECKS}
