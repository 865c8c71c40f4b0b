"""CalmBoard beside its peers: `make bench`, or `make bench ONLY=list` to work with."""

import argparse
import shutil
import signal
import sys
import time
from contextlib import ExitStack

from bench.side_by_side.rounds import Rounds
from bench.side_by_side.seed import Size
from bench.side_by_side.stage import running_stage
from bench.side_by_side.table import printed
from bench.side_by_side.works import WORKS
from tests.support.servers.run import make_run_dir

_started_s = time.monotonic()


def main() -> None:
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C does, it stops the servers too
    options = _options()
    run_dir = make_run_dir()
    try:
        with ExitStack() as until_end:
            note(f"filling the databases at scale {options.scale:g}")
            stage = until_end.enter_context(running_stage(run_dir, Size.of(options.scale)))
            rounds = Rounds(stage, until_end, note)
            for name in options.only:
                print(f"\n{WORKS[name].title}\n{printed(rounds.run(WORKS[name], options.rounds, options.seconds))}\n", flush=True)
    finally:
        shutil.rmtree(run_dir, ignore_errors=True)


def note(text: str) -> None:
    """What is being done, and since when."""
    print(f"{time.monotonic() - _started_s:5.0f} s  {text}", file=sys.stderr, flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", type=lambda names: names.split(","), default=list(WORKS), help=", ".join(WORKS))
    parser.add_argument("--scale", type=float, default=0.1, help="1 for 1,000,000 tasks and keys")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=3, help="the length of a measurement")
    return parser.parse_args()


if __name__ == "__main__":
    main()
