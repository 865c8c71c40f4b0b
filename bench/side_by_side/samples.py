"""One measurement of a server under load, with what it cost and how quiet the machine was meanwhile."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from bench.side_by_side import load, process_cost
from bench.side_by_side.servers import Server
from bench.side_by_side.stage import Stage
from bench.side_by_side.works import Work

_CORES = len(os.sched_getaffinity(0))
_WARM_UP_S = 1


@dataclass(frozen=True, slots=True)
class Sample:
    """CPU in milliseconds for each request: of the server's processes, and of those that it keeps its rows and counts in.

    `foreign_share` is the part of the machine's CPU that went to processes that were none of the measurement.
    """

    requests_per_s: float
    p50_ms: float
    p99_ms: float
    cpu_ms: float
    stores_ms: float
    foreign_share: float
    calibration_ms: float


def warm_up(stage: Stage, work: Work, name: str, server: Server) -> None:
    """Raises LoadFailed where the server does not answer each request with success, or not with what it should."""
    load.require_answer(server.port, work.requests[name](server)[0], work.answer)
    load.run(server.port, work.requests[name](server), _WARM_UP_S, stage.directory)


def measure(server: Server, requests: Sequence[load.Request], seconds: int, stage: Stage) -> Sample:
    processes = {"server": server.process, **stage.stores, "bench": os.getpid()}
    before_ms = process_cost.calibrate()
    with _spent(processes) as cpu_s:
        answers = load.run(server.port, requests, seconds, stage.directory)
    after_ms = process_cost.calibrate()
    stores_s = sum(cpu_s[name] for name in stage.stores)
    return Sample(
        requests_per_s=answers.requests / answers.seconds,
        p50_ms=answers.p50_ms,
        p99_ms=answers.p99_ms,
        cpu_ms=cpu_s["server"] / answers.requests * 1000,
        stores_ms=stores_s / answers.requests * 1000,
        foreign_share=max(0.0, cpu_s["machine"] - cpu_s["load"] - cpu_s["server"] - stores_s) / (answers.seconds * _CORES),
        calibration_ms=(before_ms + after_ms) / 2,
    )


@contextmanager
def _spent(processes: Mapping[str, int]) -> Iterator[dict[str, float]]:
    """The CPU that was used within the block, by name; `load` is what this process let others do for it."""
    before = _cpu_s(processes)
    spent: dict[str, float] = {}
    yield spent
    spent.update({name: after - before[name] for name, after in _cpu_s(processes).items()})
    spent["load"] = spent.pop("bench")


def _cpu_s(processes: Mapping[str, int]) -> dict[str, float]:
    servers = {name: process_cost.cpu_s(process) for name, process in processes.items() if name != "bench"}
    own = os.times()
    return {
        **servers,
        "bench": own.user + own.system + own.children_user + own.children_system,
        "machine": process_cost.machine_cpu_s(),
    }
