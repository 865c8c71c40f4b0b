"""Runs tests against a mutant in a fork of this process, which has imported all that is not ours."""

import importlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType

import pytest

from tests.mutants.mutations import Mutant, mutated_tree
from tests.mutants.targets import ROOT

_LIST_MODULES = "import sys, wsgi; print(*(name for name, module in sys.modules.items() if '/site-packages/' in str(module)))"
_OPTIONS = (
    "-x",
    "-q",
    "--no-header",
    "-p",
    "no:cacheprovider",
    "--database=sqlite",
    "--quick",
    "-W",
    "ignore::pytest.PytestWarning",
)


def import_packages() -> None:
    """Import what CalmBoard imports of others, once for all forks."""
    listed = subprocess.run([sys.executable, "-c", _LIST_MODULES], cwd=ROOT, check=True, capture_output=True, text=True)
    for name in listed.stdout.split():
        importlib.import_module(name)


def notices(tests: Sequence[str], mutant: Mutant | None, timeout_s: float, *options: str) -> str | None:
    """The line in which the tests say that they notice the mutant, or None where they pass."""
    finder = _MutantFinder(mutant) if mutant else None
    with tempfile.TemporaryFile("w+") as output:
        pid = os.fork()
        if pid == 0:
            _run_tests((*options, *tests), finder, output.fileno())
        status = _wait(pid, time.monotonic() + timeout_s)
        output.seek(0)
        return None if status == 0 else _last_line(output.read()) if status is not None else "took too long"


def _run_tests(arguments: Sequence[str], finder: MetaPathFinder | None, output: int) -> None:
    """In the fork: never returns."""
    status = 70
    try:
        os.setsid()
        os.dup2(output, 1)
        os.dup2(output, 2)
        if finder is not None:
            sys.meta_path.insert(0, finder)
        status = int(pytest.main([*_OPTIONS, *arguments]))
    finally:
        os._exit(status)


def _wait(pid: int, deadline: float) -> int | None:
    """The status with which a fork ended, or None for one that had to be ended."""
    while time.monotonic() < deadline:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.05)
    for number in (signal.SIGTERM, signal.SIGKILL):
        os.killpg(pid, number)
        time.sleep(2)
    os.waitpid(pid, 0)
    return None


def _last_line(output: str) -> str:
    lines = [line for line in output.splitlines() if line.startswith(("FAILED", "ERROR", "E  "))]
    return (lines or output.splitlines() or [""])[-1]


class _MutantFinder(MetaPathFinder):
    def __init__(self, mutant: Mutant) -> None:
        self.path = mutant.path
        self.code = compile(mutated_tree(mutant.path, mutant.index), str(mutant.path), "exec", dont_inherit=True)
        parts = mutant.path.relative_to(ROOT).with_suffix("").parts
        self.name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    def find_spec(self, fullname: str, *_: object) -> ModuleSpec | None:
        if fullname != self.name:
            return None
        return spec_from_file_location(fullname, self.path, loader=_CodeLoader(fullname, self.path, self.code))


class _CodeLoader(SourceFileLoader):
    def __init__(self, name: str, path: Path, code: CodeType) -> None:
        super().__init__(name, str(path))
        self.code = code

    def get_code(self, _: str) -> CodeType:
        return self.code
