"""What the linters of OpenAPI say of the served document: nothing, at their strictest."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from flask import Flask

from tests.support.servers.programs import not_run
from tests.support.users import Api

_PROGRAMS = Path(__file__).parents[2] / "node_modules" / ".bin"

pytestmark = [pytest.mark.judge, pytest.mark.database("sqlite")]


@pytest.fixture
def document(app: Flask, tmp_path: Path) -> Path:
    path = tmp_path / "openapi.json"
    path.write_bytes(Api(app, None).get("/api/openapi.json").data)
    return path


def test_redocly_has_nothing_to_say(document: Path) -> None:
    output = _run(document, "redocly", "lint", "--extends=recommended-strict", "--format=json", str(document))
    assert json.loads(output)["problems"] == []


def test_spectral_has_nothing_to_say(document: Path) -> None:
    rules = document.with_name("rules.yaml")
    rules.write_text('extends: ["spectral:oas"]\n')
    options = (f"--ruleset={rules}", "--fail-severity=hint", "--format=json", "--quiet")
    assert json.loads(_run(document, "spectral", "lint", *options, str(document))) == []


def _run(document: Path, program: str, *arguments: str) -> str:
    """What a linter wrote to its output, whatever it found."""
    if not (_PROGRAMS / program).exists():
        not_run(f"{program} is not installed: npm install --no-package-lock in tests/")
    environment = {**os.environ, "REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}
    command = [str(_PROGRAMS / program), *arguments]
    finished = subprocess.run(
        command, cwd=document.parent, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert finished.stdout.strip(), finished.stderr
    return finished.stdout
