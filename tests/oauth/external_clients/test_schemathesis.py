"""Schemathesis finds nothing at the OAuth endpoints, which openapi.yaml describes."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
import yaml
from openapi_spec_validator import validate

from tests.support.servers.server import ROOT, Server
from tests.support.users import SESSION_COOKIE, TestUser

HERE = Path(__file__).parent
CALLBACK = "https://app.example/callback"
_OWN_OPERATIONS = ("read_registration", "change_registration")

pytestmark = [pytest.mark.judge, pytest.mark.database("sqlite")]


@dataclass(frozen=True)
class SchemathesisRun:
    """The description of a server's endpoints for one client, and its registration access token."""

    server: Server
    document: Path
    token: str
    searches: list[list[str]]

    def run(self, *options: str, token: str | None = None) -> None:
        """Run schemathesis with every check."""
        for search in self.searches:
            self._search(token or self.token, *search, *options)

    def _search(self, token: str, *options: str) -> None:
        config = HERE / "schemathesis.toml"
        command = [sys.executable, "-m", "schemathesis.cli", f"--config-file={config}", "run", str(self.document)]
        command += [f"--url={self.server.url}", "--phases=coverage,fuzzing", "--checks=all"]
        command += ["--max-redirects=0", "--continue-on-failure", "--no-color", *options]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "REGISTRATION_TOKEN": token}
        process = subprocess.run(command, cwd=self.document.parent, env=environment, capture_output=True, text=True, check=False)
        assert process.returncode == 0, process.stdout + process.stderr


@pytest.fixture
def schemathesis(server: Server, tmp_path: Path, searches: list[list[str]]) -> SchemathesisRun:
    client, path = register(server), tmp_path / "openapi.yaml"
    text = (HERE / "openapi.yaml").read_text()
    for name, value in {"$ORIGIN": server.url, "$CLIENT": client["client_id"], "$CALLBACK": CALLBACK}.items():
        text = text.replace(name, value)
    path.write_text(text)
    return SchemathesisRun(server, path, client["registration_access_token"], searches)


def register(server: Server) -> dict[str, str]:
    body = {"client_name": "Harbour bot", "redirect_uris": [CALLBACK]}
    answer = requests.post(f"{server.url}/api/oauth/register", json=body, timeout=10)
    registered: dict[str, str] = answer.json()
    return registered


def test_the_description_is_valid(schemathesis: SchemathesisRun) -> None:
    validate(yaml.safe_load(schemathesis.document.read_text()))


def test_schemathesis_finds_nothing_as_another_client(schemathesis: SchemathesisRun) -> None:
    others = (f"--exclude-operation-id={operation}" for operation in _OWN_OPERATIONS)
    schemathesis.run(*others, token=register(schemathesis.server)["registration_access_token"])


def test_schemathesis_finds_nothing_as_the_client_itself(schemathesis: SchemathesisRun) -> None:
    schemathesis.run(*(f"--include-operation-id={operation}" for operation in _OWN_OPERATIONS))


def test_schemathesis_finds_nothing_as_a_person(schemathesis: SchemathesisRun, owner: TestUser) -> None:
    schemathesis.run("--include-path=/api/oauth/authorize", f"--header=Cookie: {SESSION_COOKIE}={owner.session_cookie}")
