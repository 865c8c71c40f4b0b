"""MCP's own suite: every required scenario of every revision that it knows, and what needs no fixtures on the product itself."""

import re
from pathlib import Path

import pytest
from flask import Flask

from api.mcp.registry import REGISTRY
from tests.api.mcp.external_clients.conformance import failed, run_suite
from tests.support.servers.server import ROOT, Server
from tests.support.users import TestUser

# How many scenarios a revision requires.
REQUIRED = {"2026-07-28": 37, "2025-11-25": 30}
# What the suite runs besides, without counting it. The scenarios of the tasks extension ask for what is not declared.
PENDING = {
    "2026-07-28": {"json-schema-2020-12", "http-header-validation", "http-custom-header-server-validation"},
    "2025-11-25": {"json-schema-2020-12", "server-session-lifecycle", "server-sse-polling"},
}
WITHOUT_FIXTURES = {
    "2026-07-28": {
        "tools-list",
        "resources-list",
        "prompts-list",
        "caching",
        "sep-2164-resource-not-found",
        "dns-rebinding-protection",
        "server-sse-multiple-streams",
        "input-required-result-unsupported-methods",
        "http-header-validation",
        "http-custom-header-server-validation",
    },
    "2025-11-25": {
        "server-initialize",
        "ping",
        "logging-set-level",
        "tools-list",
        "resources-list",
        "prompts-list",
        "dns-rebinding-protection",
        "server-sse-multiple-streams",
    },
}
# These call a tool that the product has no reason to have.
FOR_FIXTURES = {
    "sep-2575-server-rejects-undeclared-capability",
    "sep-2575-missing-capability-http-400",
    "sep-2575-http-server-no-independent-requests-on-stream",
    "sep-2575-server-no-log-without-loglevel",
}
_IMPORT_OF_TESTS = re.compile(r"^\s*(from|import) tests\b", re.MULTILINE)

pytestmark = [
    pytest.mark.judge,
    pytest.mark.database("sqlite"),
    pytest.mark.compatibility("MCP conformance suite", "MCP: every required scenario", pin="@modelcontextprotocol/conformance"),
]


@pytest.mark.parametrize("revision", REQUIRED)
def test_every_required_scenario_passes(fixture_server: str, owner: TestUser, tmp_path: Path, revision: str) -> None:
    content, check_results = run_suite(fixture_server, owner.key, tmp_path / "results", f"--requirements={revision}")
    scored = {scenario for scenario in check_results if not scenario.startswith("tasks-")}
    assert content
    assert failed(check_results) & scored == set()
    assert scored >= PENDING[revision]
    assert len(scored - PENDING[revision]) == REQUIRED[revision]


def test_every_scenario_of_2025_06_18_passes(fixture_server: str, owner: TestUser, tmp_path: Path) -> None:
    content, check_results = run_suite(
        fixture_server, owner.key, tmp_path / "results", "--suite=all", "--spec-version=2025-06-18"
    )
    assert content
    assert failed(check_results) == set()


@pytest.mark.parametrize("revision", REQUIRED)
def test_the_product_itself_passes_what_needs_no_fixtures(server: Server, owner: TestUser, tmp_path: Path, revision: str) -> None:
    _, check_results = run_suite(server.url, owner.key, tmp_path / "results", f"--requirements={revision}")
    assert check_results.keys() >= WITHOUT_FIXTURES[revision]
    assert failed(check_results) & WITHOUT_FIXTURES[revision] == set()
    stateless = check_results.get("server-stateless", {})
    assert {check for check, status in stateless.items() if status == "FAILURE"} <= FOR_FIXTURES


def test_the_product_has_no_fixtures(app: Flask) -> None:
    registry = REGISTRY.get(app)
    names = [*registry.tools, *registry.prompts, *(resource.uri for resource in registry.resources)]
    assert [name for name in names if name.startswith("test")] == []


def test_nothing_of_the_product_imports_a_test() -> None:
    files = [
        *ROOT.glob("*.py"),
        *(file for floor in ("calmboard", "api", "oauth", "portal") for file in (ROOT / floor).rglob("*.py")),
    ]
    assert len(files) > 100
    assert [str(file) for file in files if _IMPORT_OF_TESTS.search(file.read_text())] == []
