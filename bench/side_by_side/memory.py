"""The memory of each server, started by itself: at rest after its first answer, and the most under load."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import sleep

from bench.side_by_side import load, process_cost
from bench.side_by_side.rounds import start
from bench.side_by_side.servers import Server
from bench.side_by_side.stage import Stage
from bench.side_by_side.works import OURS, WORKS, Work

MEASURED_AT = {**dict.fromkeys((*OURS, "fastapi", "django_rest_framework", "fastify", "go"), "list"), "mcp_sdk": "tool"}
_REST_S, _LOAD_S, _EVERY_S = 5, 6, 0.5


@dataclass(frozen=True, slots=True)
class Memory:
    """Megabytes of all processes of a server together, of what they share their part (PSS)."""

    at_rest_mb: float
    under_load_mb: float


def measure_all(stage: Stage, note: Callable[[str], None]) -> tuple[dict[str, Memory], dict[str, str]]:
    """What each server takes, and why some could not be measured."""
    measured, failures = {}, {}
    for name, work in MEASURED_AT.items():
        note(f"memory of {name}")
        try:
            with start(stage, name) as server:
                measured[name] = _measure(stage, server, name, WORKS[work])
        except Exception as error:
            failures[f"memory: {name}"] = f"{type(error).__name__}: {error}"
    return measured, failures


def _measure(stage: Stage, server: Server, name: str, work: Work) -> Memory:
    requests = work.requests[name](server)
    load.require_answer(server.port, requests[0], work.answer)
    sleep(_REST_S)
    at_rest_mb = process_cost.pss_mb(server.process)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(load.run, server.port, requests, _LOAD_S, stage.directory)
        under_load_mb = at_rest_mb
        while not running.done():
            under_load_mb = max(under_load_mb, process_cost.pss_mb(server.process))
            sleep(_EVERY_S)
        running.result()
    return Memory(at_rest_mb, under_load_mb)
