"""Puts small faults into what decides who may what, and shows which of them no test notices: `make mutants`."""

import argparse
import random
import sys
import time
from collections.abc import Iterable

from tests.mutants.forks import import_packages, notices
from tests.mutants.mutations import Mutant, mutants_of
from tests.mutants.targets import OTHER_TESTS, ROOT, first_tests, target_files


def main() -> None:
    options = _options()
    mutants = _sample(options)
    import_packages()
    if not options.no_check:
        _require_green(mutants, options.timeout)
    survivors = [mutant for mutant in mutants if not _is_noticed(mutant, options)]
    _say(f"{len(mutants)} mutants, {len(mutants) - len(survivors)} noticed, {len(survivors)} survived (seed {options.seed})")
    sys.exit(bool(survivors))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--sample", type=int, default=80, help="how many mutants (80); 0 takes all")
    parser.add_argument("--seed", type=int, default=1, help="which of them (1)")
    parser.add_argument("--only", default="", help="mutate files whose path starts so")
    parser.add_argument("--wide", action="store_true", help="ask all tests about those that the nearest let live")
    parser.add_argument("--timeout", type=float, default=600, help="seconds for the tests of one mutant (600)")
    parser.add_argument("--no-check", action="store_true", help="do not run the tests without a mutant first")
    return parser.parse_args()


def _sample(options: argparse.Namespace) -> list[Mutant]:
    files = [path for path in target_files() if path.relative_to(ROOT).as_posix().startswith(options.only)]
    mutants = [mutant for path in files for mutant in mutants_of(path)]
    _say(f"{len(mutants)} mutants of {len(files)} files")
    size = options.sample or len(mutants)
    return random.Random(options.seed).sample(mutants, min(size, len(mutants)))


def _require_green(mutants: Iterable[Mutant], timeout_s: float) -> None:
    """Tests that fail by themselves notice everything."""
    for tests in dict.fromkeys(first_tests(mutant.path) for mutant in mutants):
        if (line := notices(tests, None, timeout_s)) is not None:
            sys.exit(f"{' '.join(tests)} fail without any mutant; make them pass first: {line}")


def _is_noticed(mutant: Mutant, options: argparse.Namespace) -> bool:
    started_at = time.monotonic()
    tests = first_tests(mutant.path)
    line = notices(tests, mutant, options.timeout, "--cases=1", "--no-slow") or notices(tests, mutant, options.timeout)
    if line is None and options.wide:
        line = notices(OTHER_TESTS, mutant, 4 * options.timeout)
    _say(f"{'survived' if line is None else 'noticed':8} {time.monotonic() - started_at:6.1f} s {_describe(mutant)}")
    _say(f"    {line}" if line is not None else f"  - {mutant.before}\n  + {mutant.after}")
    return line is not None


def _describe(mutant: Mutant) -> str:
    return f"{mutant.path.relative_to(ROOT)}:{mutant.line} {mutant.operator}"


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
