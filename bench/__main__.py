"""CalmBoard beside its peers: `make bench`, or `make bench ONLY=list` to work with.

The whole run writes docs/performance.md; one of some works prints their figures, and writes nothing.
"""

import argparse
import shutil
import signal
import sys
import time
from contextlib import ExitStack
from pathlib import Path

from bench.budget import measure_all_layers
from bench.log_cost import measure_log
from bench.side_by_side import document
from bench.side_by_side.memory import measure_all
from bench.side_by_side.results import PARTIAL, RESULTS, Results, describe
from bench.side_by_side.rounds import Rounds
from bench.side_by_side.seed import Size
from bench.side_by_side.stage import Stage, running_stage
from bench.side_by_side.table import printed
from bench.side_by_side.works import WORKS
from tests.support.servers.run import make_run_dir

_MEMORY, _LAYERS, _LOG = "memory", "layers", "log"
_started_s = time.monotonic()


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM):  # of both the servers are stopped, where it runs in the background too
        signal.signal(number, signal.default_int_handler)
    options = _options()
    results = Results(describe(options.scale, options.rounds, options.seconds))
    run_dir = make_run_dir()
    try:
        _measure(options, results, run_dir)
    except KeyboardInterrupt:
        sys.exit("Stopped." if options.only else f"Stopped. What was measured until then is in {PARTIAL}.")
    finally:
        shutil.rmtree(run_dir, ignore_errors=True)
    if options.only is None:
        PARTIAL.replace(RESULTS)
        document.main()
        note("docs/performance.md is written")


def note(text: str) -> None:
    """What is being done, and since when."""
    print(f"{time.monotonic() - _started_s:5.0f} s  {text}", file=sys.stderr, flush=True)


def _measure(options: argparse.Namespace, results: Results, run_dir: Path) -> None:
    note(f"filling the databases at scale {options.scale:g}")
    names = options.only or [*WORKS, _MEMORY, _LAYERS, _LOG]
    with running_stage(run_dir, Size.of(options.scale)) as stage:
        _measure_works([name for name in names if name in WORKS], options, results, stage)
        if _MEMORY in names:
            results.memory, failures = measure_all(stage, note)
            results.failures |= failures
            _keep(options, results)
            for name, memory in results.memory.items():
                print(f"{name:32}{memory.at_rest_mb:8.0f} MB at rest{memory.under_load_mb:8.0f} MB under load")
    if _LAYERS in names:
        note("where the CPU of a list goes")
        results.layers = {kind: cost.by_layer for kind, cost in measure_all_layers().items()}
        _keep(options, results)
        for kind, layers in results.layers.items():
            print(kind, ", ".join(f"{layer} {us:.0f} µs" for layer, us in layers.items()))
    if _LOG in names:
        note("what the log of requests costs a call")
        results.log = measure_log()
        _keep(options, results)
        for kind, cost in results.log.items():
            print(f"{kind:16}{cost.without_us:6.0f} µs a call, {cost.more:+.1%} with the log")


def _measure_works(names: list[str], options: argparse.Namespace, results: Results, stage: Stage) -> None:
    with ExitStack() as until_end:
        rounds = Rounds(stage, until_end, note)
        for name in names:
            results.samples[name] = rounds.run(WORKS[name], options.rounds, options.seconds)
            results.failures = rounds.failures
            _keep(options, results)
            print(f"\n{WORKS[name].title}\n{printed(results.samples[name])}\n", flush=True)


def _keep(options: argparse.Namespace, results: Results) -> None:
    if options.only is None:
        results.save(PARTIAL)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", type=_works, help=f"some of {', '.join(WORKS)}, {_MEMORY}, {_LAYERS}, {_LOG}")
    parser.add_argument("--scale", type=float, help="1 for 1,000,000 tasks and keys: so a whole run; others 0.1")
    parser.add_argument("--rounds", type=int, help="5 in a whole run, others 3")
    parser.add_argument("--seconds", type=int, default=3, help="the length of a measurement")
    options = parser.parse_args()
    options.scale = options.scale or (0.1 if options.only else 1)
    options.rounds = options.rounds or (3 if options.only else 5)
    return options


def _works(text: str) -> list[str]:
    names = text.split(",")
    if unknown := set(names).difference(WORKS, [_MEMORY, _LAYERS, _LOG]):
        raise argparse.ArgumentTypeError(f"there is no {', '.join(sorted(unknown))}; choose of {', '.join(WORKS)}, {_MEMORY}")
    return names


if __name__ == "__main__":
    main()
