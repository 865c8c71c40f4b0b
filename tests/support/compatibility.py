"""docs/compatibility.md: clients and frameworks that tests run, by the mark on each test; versions are those that are pinned.

`@pytest.mark.compatibility("client", "what is tried")` with `pin=` where its package has another name, and `limits=` where it
does not do all of it; `frameworks=True` prefers the version in the environment of agent frameworks, `version=` names one that
no file pins.
`pytest --collect-only --compatibility` writes the table; a test holds that it agrees.
"""

import json
import re
from pathlib import Path
from typing import NamedTuple

import pytest

_TESTS = Path(__file__).parents[1]
TABLE = _TESTS.parent / "docs" / "compatibility.md"
_FRAMEWORKS = _TESTS / "judges" / "requirements.txt"
_OURS = (_TESTS.parent / "requirements-dev.txt", _TESTS.parent / "requirements.txt")
_PIN = re.compile(r"^([\w.-]+)(?:\[[\w,-]+\])?==(\S+)", re.MULTILINE)
_HEAD = """# What CalmBoard works with

Clients and frameworks that the tests run against CalmBoard, with the version that they run. `make test` runs them all.

| Client | Version | What is tried | Result |
|---|---|---|---|
"""

COLLECTED = pytest.StashKey[frozenset["Row"]]()


class Row(NamedTuple):
    """A line of the table."""

    client: str
    version: str
    tried: str
    result: str


def render(rows: frozenset[Row]) -> str:
    ordered = sorted(rows, key=lambda row: (row.client.lower(), row.version, row.tried))
    return _HEAD + "".join(f"| {' | '.join(row)} |\n" for row in ordered)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--compatibility", action="store_true", help="write docs/compatibility.md; with --collect-only")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Before any test is left out, since the table does not depend on which are run."""
    rows = frozenset(_row(mark) for item in items for mark in item.iter_markers("compatibility"))
    config.stash[COLLECTED] = rows
    if config.getoption("--compatibility"):
        TABLE.write_text(render(rows), encoding="utf-8")


def _row(mark: pytest.Mark) -> Row:
    client, tried = mark.args
    pinned = _pinned(mark.kwargs.get("pin", client), frameworks_first=mark.kwargs.get("frameworks", False))
    return Row(client, mark.kwargs.get("version", pinned), tried, mark.kwargs.get("limits", "works"))


def _pinned(package: str, *, frameworks_first: bool) -> str:
    """The version of a package that the tests install; what Debian installs has none of ours."""
    node = json.loads((_TESTS / "package.json").read_text(encoding="utf-8"))["devDependencies"]
    files = (_FRAMEWORKS, *_OURS) if frameworks_first else (*_OURS, _FRAMEWORKS)
    pins = [*node.items(), *(pin for file in files for pin in _PIN.findall(file.read_text(encoding="utf-8")))]
    return next((version for name, version in pins if name == package), "Debian’s")
