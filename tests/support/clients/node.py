"""External clients written in JavaScript: the Node that runs them, and the person who answers their authorization requests."""

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer

import requests

from tests.support.clients.visitor import Visitor
from tests.support.servers.programs import find_program, not_run

MODULES = Path(__file__).parents[2] / "node_modules"
_MIN_VERSION = 22
_TIMEOUT_S = 60
_AUTHORIZATION_URL = re.compile(r"(?:(deny) )?(https?://[!-~]+?/api/oauth/authorize\?[!-~]+)")
_INSTALL = "npm install --no-package-lock --ignore-scripts in tests/"


def find_node() -> str:
    """A Node that is new enough: the one that npm installed for the tests, or else the system's."""
    installed = next(MODULES.glob("node-linux-*/bin/node"), None)
    node = str(installed) if installed else find_program("nodejs", "node")
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    if int(version.lstrip("v").partition(".")[0]) < _MIN_VERSION:
        not_run(f"Node {_MIN_VERSION} is not installed: {_INSTALL}")
    return node


def find_module(path: str) -> str:
    """A file that npm installed, such as `mcp-remote/dist/client.js`."""
    found = MODULES / path
    if not found.exists():
        not_run(f"{path} is not installed: {_INSTALL}")
    return str(found)


def run_script(script: str, *arguments: str, visitor: Visitor, directory: Path, **environment: str) -> str:
    """Run a script, which has to succeed, with a home directory of its own; returns its output."""
    return run_with_visitor([find_node(), script, *arguments], visitor, directory, **environment)


def run_with_visitor(command: list[str], visitor: Visitor, directory: Path, **environment: str) -> str:
    """The visitor answers every authorization request that the program prints, and follows the redirect back to it."""
    output = []
    with _running(command, directory, environment) as process:
        for line in process.stdout or ():
            output.append(line)
            if match := _AUTHORIZATION_URL.search(line):
                requests.get(visitor.decide(match[2], match[1] or "allow"), timeout=_TIMEOUT_S)
    assert process.returncode == 0, "".join(output)
    return "".join(output)


@contextmanager
def _running(command: list[str], directory: Path, environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """A process with one output stream and no browser of its own, killed when it takes too long."""
    variables = {**os.environ, "HOME": str(directory), "BROWSER": "true", **environment}
    process = subprocess.Popen(command, cwd=directory, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    timer = Timer(_TIMEOUT_S, process.kill)
    timer.start()
    try:
        with process:
            yield process
    finally:
        timer.cancel()
