"""Runs the official conformance suite as it was published, with a credential, and reads its own results."""

import json
import os
import re
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from tests.support.clients.node import find_module, find_node

_BEARER = Path(__file__).with_name("bearer.mjs")
_TIMEOUT_S = 120
_TIME = re.compile(r"-\d{4}-\d\d-\d\dT[\d-]+Z$")

CheckResults = dict[str, dict[str, str]]


def run_suite(origin: str, bearer: str, results: Path, *words: str) -> tuple[bool, CheckResults]:
    """Whether the suite is content, and the status of each check by scenario."""
    suite = find_module("@modelcontextprotocol/conformance/dist/index.js")
    command = [find_node(), f"--import={_BEARER}", suite, "server", f"--url={origin}/mcp", f"--output-dir={results}", *words]
    environment = {**os.environ, "HOME": str(results.parent), "BEARER": bearer, "SERVER_ORIGIN": origin}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False)
    check_results = _read(results)
    assert check_results, ended.stdout + ended.stderr
    return ended.returncode == 0, check_results


def failed(check_results: CheckResults) -> set[str]:
    """The scenarios in which a check failed."""
    return {scenario for scenario, checks in check_results.items() if "FAILURE" in checks.values()}


def _read(results: Path) -> CheckResults:
    check_results: CheckResults = defaultdict(dict)
    for scenario, check in _checks(results):
        known = check_results[scenario].get(check["id"])
        check_results[scenario][check["id"]] = known if known == "FAILURE" else check["status"]
    return dict(check_results)


def _checks(results: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Every check with its scenario; a directory is named `server-SCENARIO-TIME`."""
    for file in results.glob("server-*/checks.json"):
        scenario = _TIME.sub("", file.parent.name.removeprefix("server-"))
        for check in json.loads(file.read_text()):
            yield scenario, check
