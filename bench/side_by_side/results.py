"""What a run found, as it is kept beside the document that is written from it."""

import os
import platform
import subprocess
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import msgspec

from bench.log_cost import LogCost
from bench.side_by_side.memory import Memory
from bench.side_by_side.rounds import Samples
from bench.side_by_side.servers import PEERS, find_node
from tests.support.servers.programs import find_program
from tests.support.servers.server import ROOT

RESULTS, DOCUMENT = ROOT / "docs" / "performance.json", ROOT / "docs" / "performance.md"
# Of a run that has not ended, or never did.
PARTIAL = ROOT / "docs" / "performance.partial.json"

_PACKAGES = ("Flask", "SQLAlchemy", "psycopg", "granian", "msgspec")


@dataclass(slots=True)
class Results:
    """`samples` and `failures` by the names of works and servers; `about` tells when, where and on what it was measured.

    `layers` are the microseconds of a list of ours in each of its layers, `log` is what it costs to log one; by the kind of the
    database.
    """

    about: dict[str, str]
    samples: dict[str, Samples] = field(default_factory=dict)
    memory: dict[str, Memory] = field(default_factory=dict)
    layers: dict[str, dict[str, float]] = field(default_factory=dict)
    log: dict[str, LogCost] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)

    def save(self, path: Path) -> None:
        path.write_bytes(msgspec.json.format(msgspec.json.encode(_rounded(msgspec.to_builtins(self))), indent=1) + b"\n")


def load(path: Path) -> Results:
    return msgspec.json.decode(path.read_bytes(), type=Results)


def describe(scale: float, rounds: int, seconds: int) -> dict[str, str]:
    """What has to be known of a run to judge its figures."""
    return {
        "Date": f"{datetime.now(UTC):%Y-%m-%d}",
        "Commit": _first_line("git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"),
        "Machine": f"{_processor()}, {len(os.sched_getaffinity(0))} cores, {_memory_gb()} GB",
        "System": f"{platform.system()} {platform.release()}, {platform.libc_ver()[0]} {platform.libc_ver()[1]}",
        "Scale": f"{scale:g} (at 1: 10,000 projects, 1,000,000 tasks, 1,000,000 keys)",
        "Rounds": f"{rounds} of {seconds} s each, 16 connections",
        "Python": platform.python_version(),
        "Node": _first_line(str(find_node()), "--version"),
        "Go": _first_line("go", "version").removeprefix("go version "),
        "PostgreSQL": _first_line(find_program("postgresql", "postgres"), "--version").removeprefix("postgres (PostgreSQL) "),
        "Redis": _first_line("redis-server", "--version"),
        "Ours": ", ".join(f"{package} {version(package)}" for package in _PACKAGES),
        "Peers": ", ".join(_peer_packages()),
    }


def _peer_packages() -> list[str]:
    """What the peers run on, as it is pinned."""
    lines = (PEERS / "requirements.txt").read_text().splitlines()
    in_python = [line.replace("==", " ") for line in lines if "==" in line]
    in_node = msgspec.json.decode((PEERS / "package.json").read_bytes())["dependencies"]
    return [*in_python, *(f"{name} {pin}" for name, pin in in_node.items())]


def _first_line(*command: str) -> str:
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return output.splitlines()[0].strip()


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _memory_gb() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1024**3


def _rounded(value: object) -> object:
    """The same as plain data, its figures to four digits behind the point."""
    if isinstance(value, dict):
        return {name: _rounded(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_rounded(part) for part in value]
    return round(value, 4) if isinstance(value, float) else value
