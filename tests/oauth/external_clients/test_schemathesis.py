"""What schemathesis finds at the OAuth endpoints, told of them in openapi.yaml: nothing."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
import yaml
from openapi_spec_validator import validate

from tests.support.server import ROOT, Server
from tests.support.users import SESSION_COOKIE, TestUser

HERE = Path(__file__).parent
CALLBACK = "https://app.example/callback"
_OWN = ("read_registration", "change_registration")

pytestmark = pytest.mark.database("sqlite")


@dataclass(frozen=True)
class Judged:
    """The description of a server's endpoints for one client, whose registration access token is beside it."""

    server: Server
    document: Path
    token: str

    def judge(self, *options: str, token: str | None = None) -> None:
        """Run schemathesis with every check."""
        config = HERE / "schemathesis.toml"
        command = [sys.executable, "-m", "schemathesis.cli", f"--config-file={config}", "run", str(self.document)]
        command += [f"--url={self.server.url}", "--phases=coverage,fuzzing", "--max-examples=15", "--checks=all"]
        command += ["--max-redirects=0", "--continue-on-failure", "--no-color", *options]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "REGISTRATION_TOKEN": token or self.token}
        run = subprocess.run(command, cwd=self.document.parent, env=environment, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stdout + run.stderr


@pytest.fixture
def judged(server: Server, tmp_path: Path) -> Judged:
    client, path = register(server), tmp_path / "openapi.yaml"
    text = (HERE / "openapi.yaml").read_text()
    for name, value in {"$ORIGIN": server.url, "$CLIENT": client["client_id"], "$CALLBACK": CALLBACK}.items():
        text = text.replace(name, value)
    path.write_text(text)
    return Judged(server, path, client["registration_access_token"])


def register(server: Server) -> dict[str, str]:
    body = {"client_name": "Harbour bot", "redirect_uris": [CALLBACK]}
    answer = requests.post(f"{server.url}/api/oauth/register", json=body, timeout=10)
    registered: dict[str, str] = answer.json()
    return registered


def test_the_description_is_valid(judged: Judged) -> None:
    validate(yaml.safe_load(judged.document.read_text()))


def test_schemathesis_finds_nothing_as_another_client(judged: Judged) -> None:
    others = (f"--exclude-operation-id={one}" for one in _OWN)
    judged.judge(*others, token=register(judged.server)["registration_access_token"])


def test_schemathesis_finds_nothing_as_the_client_itself(judged: Judged) -> None:
    judged.judge(*(f"--include-operation-id={one}" for one in _OWN))


def test_schemathesis_finds_nothing_as_a_person(judged: Judged, owner: TestUser) -> None:
    judged.judge("--include-path=/api/oauth/authorize", f"--header=Cookie: {SESSION_COOKIE}={owner.session_cookie}")
