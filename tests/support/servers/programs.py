"""The programs that tests start: where they are, and which package a missing one belongs to."""

import os
import shutil
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

_DIRECTORIES = ("/usr/lib/postgresql/*/bin", "/usr/sbin", "/usr/local/bin")


def find_program(package: str, *names: str) -> str:
    """The path of the first of these programs. Without any, the test is skipped, and names the package that it needs."""
    found = next((path for name in names if (path := shutil.which(name) or _find_off_path(name))), None)
    if found is None:
        not_run(f"{names[0]} is not installed: apt-get install {package}")
    return found


def not_run(reason: str) -> NoReturn:
    """Skip a test that lacks a tool; with CI=true it fails."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def wait_until(answers: Callable[[], bool], what: str, within_s: float = 20) -> None:
    """Poll until it answers. Raises TimeoutError, which names `what`, after `within_s` seconds."""
    deadline_s = time.monotonic() + within_s
    while not answers():
        if time.monotonic() > deadline_s:
            raise TimeoutError(f"{what} did not answer within {within_s} seconds")
        time.sleep(0.03)


def _find_off_path(name: str) -> str | None:
    paths = [path for directory in _DIRECTORIES for path in Path("/").glob(f"{directory[1:]}/{name}")]
    return str(max(paths, key=_version)) if paths else None


def _version(path: Path) -> int:
    return max((int(part) for part in path.parts if part.isdigit()), default=0)
