"""What processes cost: their CPU and memory, and how fast and how busy the machine itself is."""

import os
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_PROC = Path("/proc")
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_CALIBRATION_STEPS = 200_000


def cpu_s(root: int) -> float:
    """Seconds of CPU that a process and all below it have used, with those below that have ended."""
    return sum(sum(map(int, fields[11:15])) for fields in _tree(root)) / _TICKS_PER_S


def pss_mb(root: int) -> float:
    """The memory of a process and all below it; of what several share each counts its part."""
    return sum(_pss_kb(int(fields[-1])) for fields in _tree(root)) / 1024


def machine_cpu_s() -> float:
    """Seconds of CPU that all of the machine has used."""
    user, nice, system, _idle, _waiting, irq, soft_irq, stolen = map(int, (_PROC / "stat").read_text().split()[1:9])
    return (user + nice + system + irq + soft_irq + stolen) / _TICKS_PER_S


def calibrate() -> float:
    """Milliseconds of CPU of one fixed loop: where they differ, the machine did."""
    started_s = time.process_time()
    total = 0
    for number in range(_CALIBRATION_STEPS):
        total += number * number % 7
    return (time.process_time() - started_s) * 1000


def _tree(root: int) -> list[list[str]]:
    """The fields of /proc/PID/stat (proc(5)) behind the name, and the id, of a process and all below it."""
    children = defaultdict(list)
    known = {}
    for fields in _all_processes():
        known[int(fields[-1])] = fields
        children[int(fields[1])].append(int(fields[-1]))
    found, waiting = [], [root]
    while waiting:
        process = waiting.pop()
        found += [known[process]] if process in known else []
        waiting += children[process]
    return found


def _all_processes() -> Iterator[list[str]]:
    for path in _PROC.glob("[0-9]*"):
        with suppress(FileNotFoundError, ProcessLookupError):
            yield [*(path / "stat").read_text().rpartition(")")[2].split(), path.name]


def _pss_kb(process: int) -> int:
    with suppress(FileNotFoundError, ProcessLookupError):
        lines = (_PROC / str(process) / "smaps_rollup").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return 0
