"""What each layer of one call costs: `python -m bench.budget`, and with `--store` the measure of later ones.

The call is GET /api/v1/projects, in this process, from where the server hands it over. Its CPU is compared with that of a fixed
loop, so that the ratio holds on another machine; a change that costs more than 3 % shows against bench/budget.json. Where it goes
is sampled: a sample belongs to the innermost function that is of a layer, so to the one that called a library.
"""

import argparse
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

import msgspec
from flask import Flask
from werkzeug.test import EnvironBuilder, run_wsgi_app

from bench.quiet import quiet
from bench.side_by_side.filled import Filled, filled_database
from bench.side_by_side.process_cost import calibrate
from bench.side_by_side.seed import Size
from tests.support.servers.databases import open_databases
from tests.support.servers.postgres import stop_postgres
from tests.support.servers.redis_server import running_redis
from tests.support.servers.run import make_run_dir
from tests.support.servers.server import ROOT
from web.serving import ServerApp, serve_app
from wsgi import create_app

ROUNDS, REQUESTS, CALLERS = 80, 50, 20
SAMPLE_EVERY_S = 0.001
MORE_AT_MOST = 0.03

STORED = Path(__file__).with_name("budget.json")
# The first part of a path that fits a file says whose it is; what is in none of them belongs to what called it.
LAYERS = {
    "log": ("calmboard/logs/", "calmboard/access/request_record.py", "calmboard/access/request_log/last_use.py", "web/record.py"),
    "limit": ("calmboard/access/limits/", "calmboard/access/plans.py"),
    "identify": ("calmboard/access/credentials/", "calmboard/access/secret_format.py", "api/framework/auth.py", "web/bearer.py"),
    "permission": ("calmboard/access/permissions.py", "calmboard/access/scopes.py", "calmboard/access/access.py"),
    "query": (
        "calmboard/work/",
        "calmboard/pagination.py",
        "calmboard/access/reads.py",
        "calmboard/prepared/",
        "calmboard/engines/",
    ),
    "encode": ("api/framework/answers.py", "api/framework/conversion/", "api/shapes/", "api/framework/queries.py"),
    "headers": ("web/origin.py", "api/framework/etags.py", "api/framework/deprecation.py"),
    "views": ("api/", "web/", "portal/", "wsgi.py"),
}
_FRAMEWORK = "framework"
_FRAMEWORK_PACKAGES = ("flask/", "werkzeug/", "whitenoise/")

Call = Callable[[], None]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one call: how many fixed loops it takes, in microseconds too, and how those go to the layers."""

    loops: float
    microseconds: float
    shares: dict[str, float]

    @property
    def by_layer(self) -> dict[str, float]:
        """Microseconds."""
        return {layer: share * self.microseconds for layer, share in self.shares.items()}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.budget")
    parser.add_argument("--store", action="store_true", help="compare later runs with this one")
    stores = parser.parse_args().store
    costs = measure_all_layers()
    if stores:
        stored = {kind: round(cost.loops, 5) for kind, cost in costs.items()}
        STORED.write_bytes(msgspec.json.format(msgspec.json.encode(stored), indent=1) + b"\n")
    stored = msgspec.json.decode(STORED.read_bytes(), type=dict[str, float])
    for kind, cost in costs.items():
        _report(kind, cost, cost.loops / stored[kind] - 1)
    sys.exit(any(cost.loops > stored[kind] * (1 + MORE_AT_MOST) for kind, cost in costs.items()))


def measure_all_layers() -> dict[str, Cost]:
    """By the kind of the database."""
    return on_each_database(lambda _app, calls: _measure(calls))


def on_each_database(measure: Callable[[Flask, list[Call]], T]) -> dict[str, T]:
    """What is measured of an app and calls of it, by the kind of the database."""
    run_dir = make_run_dir()
    try:
        with ExitStack() as until_end:
            redis_url = until_end.enter_context(running_redis(run_dir))
            kinds: dict[str, dict[str, str]] = {"sqlite": {}, "postgresql": {"CALMBOARD_RATE_STORAGE_URL": redis_url}}
            return {kind: measure(*_calls(_filled(kind, run_dir, **environment))) for kind, environment in kinds.items()}
    finally:
        stop_postgres(run_dir)
        shutil.rmtree(run_dir, ignore_errors=True)


def _filled(kind: str, run_dir: Path, **environment: str) -> Filled:
    databases = open_databases(kind, run_dir, "budget")
    return filled_database(databases.empty(), databases.directory, Size.of(0.001), **environment)


def _calls(filled: Filled) -> tuple[Flask, list[Call]]:
    """The app, and a call by each of some keys, as a thread of the server makes it."""
    app = create_app(filled.settings)
    server_app = serve_app(app, filled.settings)
    return app, [partial(_send, server_app, _environ(filled.settings.origin, key)) for key in filled.keys[:CALLERS]]


def _environ(origin: str, key: str) -> dict[str, Any]:
    return EnvironBuilder("/api/v1/projects", origin, headers=[("Authorization", f"Bearer {key}")]).get_environ()


def _send(server_app: ServerApp, environ: dict[str, Any]) -> None:
    _, status, _ = run_wsgi_app(server_app, dict(environ), buffered=True)
    assert status.startswith("200"), status


def _measure(calls: list[Call]) -> Cost:
    with quiet():
        _run(calls)
        rounds = [(_cpu_us(calls), calibrate() * 1000) for _ in range(ROUNDS)]
        shares = _sampled(calls)
    # The least of each: what others do on the machine only adds.
    least_us, least_loop_us = map(min, zip(*rounds, strict=True))
    return Cost(least_us / least_loop_us, least_us, shares)


def _cpu_us(calls: list[Call]) -> float:
    started_s = time.thread_time()
    _run(calls)
    return (time.thread_time() - started_s) / REQUESTS * 1e6


def _run(calls: list[Call]) -> None:
    for number in range(REQUESTS):
        calls[number % len(calls)]()


def _sampled(calls: list[Call]) -> dict[str, float]:
    """The part of each layer, the largest first."""
    counts: Counter[str] = Counter()
    with _sampling(lambda frame: counts.update([_layer_of(frame)])):
        for _ in range(ROUNDS):
            _run(calls)
    return {layer: number / counts.total() for layer, number in counts.most_common()}


@contextmanager
def _sampling(note: Callable[[FrameType | None], None]) -> Iterator[None]:
    signal.signal(signal.SIGPROF, lambda _number, frame: note(frame))
    signal.setitimer(signal.ITIMER_PROF, SAMPLE_EVERY_S, SAMPLE_EVERY_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _layer_of(frame: FrameType | None) -> str:
    while frame is not None:
        if (layer := _layer_of_file(frame.f_code.co_filename)) is not None:
            return layer
        frame = frame.f_back
    return _FRAMEWORK


@cache
def _layer_of_file(path: str) -> str | None:
    """None for other libraries, and for what many layers use, such as calmboard/db.py."""
    if (package := path.rpartition("/site-packages/")[2]) != path:
        return _FRAMEWORK if package.startswith(_FRAMEWORK_PACKAGES) else None
    inside = path.removeprefix(f"{ROOT}/")
    return next((layer for layer, parts in LAYERS.items() if inside.startswith(parts)), None)


def _report(kind: str, cost: Cost, more: float) -> None:
    print(f"\n{kind}: {cost.microseconds:.0f} µs of CPU a call, {cost.loops:.4f} loops, {more:+.1%} of what was stored")
    for layer, microseconds in cost.by_layer.items():
        print(f"  {layer:<12}{microseconds:>7.0f} µs{cost.shares[layer]:>8.1%}")


if __name__ == "__main__":
    main()
