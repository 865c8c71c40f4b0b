"""What is counted as the cost of a server: all its processes, also those that have ended."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from bench.side_by_side import process_cost

BURN = "import sys, time\nwhile time.process_time() < 0.2: pass\n"
STAY = BURN + "print('burnt', flush=True)\nsys.stdin.read()"
# It lets a process burn and end, then one that stays as long as its input does.
PARENT = f"""
import subprocess, sys
subprocess.run([sys.executable, "-c", {BURN!r}])
subprocess.run([sys.executable, "-c", {STAY!r}])
"""


@pytest.fixture
def parent() -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", PARENT]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.communicate()  # its input ends, and so it does


def test_cpu_and_memory_are_those_of_all_processes_below(parent: subprocess.Popen[str]) -> None:
    assert parent.stdout
    assert parent.stdout.readline() == "burnt\n"
    assert process_cost.cpu_s(parent.pid) >= 0.38
    assert process_cost.pss_mb(parent.pid) > 2
