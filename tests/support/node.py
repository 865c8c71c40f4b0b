"""Judges that are written in JavaScript: the Node that runs them, and how they ask a person something."""

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer

import requests

from tests.support.programs import find_program, not_run
from tests.support.visitor import Visitor

MODULES = Path(__file__).parents[1] / "node_modules"
_OLDEST = 22
_TIMEOUT_S = 60
_ASKED = re.compile(r"(?:(deny) )?(https?://[!-~]+?/api/oauth/authorize\?[!-~]+)")
_INSTALL = "npm install --no-package-lock --ignore-scripts in tests/"


def find_node() -> str:
    """A Node that is new enough: the one that npm installed for the tests, or else the machine's own."""
    brought = next(MODULES.glob("node-linux-*/bin/node"), None)
    node = str(brought) if brought else find_program("nodejs", "node")
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    if int(version.lstrip("v").partition(".")[0]) < _OLDEST:
        not_run(f"Node {_OLDEST} is not installed: {_INSTALL}")
    return node


def find_module(path: str) -> str:
    """A file that npm installed, such as `mcp-remote/dist/client.js`."""
    found = MODULES / path
    if not found.exists():
        not_run(f"{path} is not installed: {_INSTALL}")
    return str(found)


def run_judge(script: str, *words: str, visitor: Visitor, directory: Path, **environment: str) -> str:
    """Run a judge to a good end, with a directory of its own as home; returns what it said."""
    return run_asking([find_node(), script, *words], visitor, directory, **environment)


def run_asking(command: list[str], visitor: Visitor, directory: Path, **environment: str) -> str:
    """Every authorization request that the program prints, the person answers, and their browser goes back to it."""
    said = []
    with _started(command, directory, environment) as process:
        for line in process.stdout or ():
            said.append(line)
            if asked := _ASKED.search(line):
                requests.get(visitor.decide(asked[2], asked[1] or "allow"), timeout=_TIMEOUT_S)
    assert process.returncode == 0, "".join(said)
    return "".join(said)


@contextmanager
def _started(command: list[str], directory: Path, environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """A process that writes to one stream, opens no browser of its own, and is ended when it takes too long."""
    surroundings = {**os.environ, "HOME": str(directory), "BROWSER": "true", **environment}
    process = subprocess.Popen(
        command, cwd=directory, env=surroundings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    patience = Timer(_TIMEOUT_S, process.kill)
    patience.start()
    try:
        with process:
            yield process
    finally:
        patience.cancel()
