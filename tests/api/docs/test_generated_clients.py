"""Clients made from the served OpenAPI document: they compile, and one of them works with a server."""

import json
import os
import shutil
import subprocess
import venv
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from tests.support.clients.node import MODULES, find_module, find_node
from tests.support.servers.server import Server
from tests.support.users import Api, ProjectAndBoard, TestUser

PROGRAMS = Path(__file__).parent
_PYTHON_GENERATOR = "0.29.1"
_COMPILES = "OpenAPI: what it makes compiles strictly (`make deep`)"
_STRICT = {
    "strict": True,
    "noUncheckedIndexedAccess": True,
    "noEmit": True,
    "target": "es2022",
    "lib": ["es2022", "dom", "dom.iterable"],
    "module": "esnext",
    "moduleResolution": "bundler",
    "skipLibCheck": True,
    "types": [],
}

pytestmark = [pytest.mark.judge, pytest.mark.deep, pytest.mark.database("sqlite")]


@pytest.fixture
def document(app: Flask, tmp_path: Path) -> Path:
    (tmp_path / "node_modules").symlink_to(MODULES)
    path = tmp_path / "openapi.json"
    path.write_bytes(Api(app, None).get("/api/openapi.json").data)
    return path


@pytest.mark.compatibility("openapi-typescript", _COMPILES)
def test_the_types_of_openapi_typescript_compile(document: Path) -> None:
    run(find_node(), find_module("openapi-typescript/bin/cli.js"), document, "--output", "types.ts", within=document.parent)
    compile_program("generated-openapi-typescript.ts", document.parent)


@pytest.mark.compatibility("@hey-api/openapi-ts", _COMPILES)
def test_the_client_of_hey_api_compiles(document: Path) -> None:
    generator = find_module("@hey-api/openapi-ts/bin/run.js")
    run(find_node(), generator, "--input", document, "--output", "client", within=document.parent)
    compile_program("generated-hey-api.ts", document.parent)


@pytest.mark.compatibility(
    "openapi-python-client", "OpenAPI: what it makes lists, creates and changes (`make deep`)", version=_PYTHON_GENERATOR
)
def test_the_client_of_openapi_python_client_works(
    document: Path, server: Server, new_user: Callable[..., TestUser], new_project: Callable[..., ProjectAndBoard]
) -> None:
    """The generator wants other versions than the tests, so it has an environment of its own."""
    here, person = document.parent, new_user()
    project = new_project(person)
    venv.create(here / "venv", with_pip=True)
    python = here / "venv" / "bin" / "python"
    run(
        python,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        f"openapi-python-client=={_PYTHON_GENERATOR}",
        within=here,
    )
    generator = (here / "venv" / "bin" / "openapi-python-client", "generate", "--fail-on-warning")
    run(*generator, "--path", document, "--output-path", here / "client", within=here)
    program, key = PROGRAMS / "generated_python_client.py", person.new_key("Generated client")
    environment = {"PYTHONPATH": str(here / "client")}
    run(python, program, server.url, key, project.project_id, project.board_id, within=here, **environment)


def compile_program(name: str, directory: Path) -> None:
    shutil.copy(PROGRAMS / name, directory)
    (directory / "tsconfig.json").write_text(json.dumps({"compilerOptions": _STRICT, "files": [name]}))
    run(find_node(), find_module("typescript/bin/tsc"), "--project", "tsconfig.json", within=directory)


def run(*command: object, within: Path, **environment: str) -> None:
    words = [str(word) for word in command]
    variables = {**os.environ, **environment, "PATH": f"{Path(words[0]).parent}{os.pathsep}{os.environ['PATH']}"}
    finished = subprocess.run(words, cwd=within, env=variables, capture_output=True, text=True, timeout=240, check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr
