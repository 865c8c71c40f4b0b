"""Calls and bytes of twenty everyday jobs of an agent: `python -m bench.agent_tasks [--base CHECKOUT]`.

Without `--base` today's sequences run on this checkout, and are compared with what was measured before there were names,
filters and change_tasks. With it, the sequences of before run on that checkout, which has an environment of its own.
"""

import argparse
import shutil
import sys
from pathlib import Path

from bench.agent.jobs import JOBS, Tasks
from bench.agent.workspace import Agent, prepared_board, served
from tests.support.servers.run import make_run_dir

ROOT = Path(__file__).parents[1]
# Calls and bytes of each job as they were before.
BEFORE_CALLS = (2, 12, 9, 5, 2, 5, 4, 2, 2, 2, 7, 3, 4, 2, 12, 4, 11, 2, 1, 2)
BEFORE_BYTES = (
    11675,
    46692,
    48601,
    14899,
    21723,
    34810,
    25766,
    7106,
    9818,
    31505,
    15697,
    8091,
    32568,
    1985,
    26143,
    7358,
    24854,
    4339,
    27280,
    2852,
)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--base", type=Path, help="a checkout from before, with its .venv")
    base = parser.parse_args().base
    before = _measure(base, is_base=True) if base else list(zip(BEFORE_CALLS, BEFORE_BYTES, strict=True))
    _report(before, _measure(ROOT, is_base=False))


def _measure(checkout: Path, *, is_base: bool) -> list[tuple[int, int]]:
    run_dir = make_run_dir()
    try:
        with served(checkout, run_dir / "instance") as agent:
            return [_run(agent, number, is_base=is_base) for number in range(len(JOBS))]
    finally:
        shutil.rmtree(run_dir, ignore_errors=True)


def _run(agent: Agent, number: int, *, is_base: bool) -> tuple[int, int]:
    with prepared_board(agent) as task_ids:
        tasks = [agent.api("GET", f"/tasks/{task_id}") for task_id in task_ids[:20]]
        seen = Tasks([task["title"] for task in tasks], [f"#{task.get('number')}" for task in tasks])
        agent.calls = agent.sent_and_received = 0
        (JOBS[number].before if is_base else JOBS[number].now)(agent, seen)
        return agent.calls, agent.sent_and_received


def _report(before: list[tuple[int, int]], now: list[tuple[int, int]]) -> None:
    print(f"{'calls':>12} {'bytes':>16}  job")
    for job, (old_calls, old_bytes), (calls, size) in zip(JOBS, before, now, strict=True):
        print(f"{old_calls:>5} → {calls:>3}  {old_bytes:>7} → {size:>6}  {job.text}")
    old_calls, old_bytes = map(sum, zip(*before, strict=True))
    new_calls, new_bytes = map(sum, zip(*now, strict=True))
    print(f"{old_calls:>5} → {new_calls:>3}  {old_bytes:>7} → {new_bytes:>6}  in all:", end=" ")
    print(f"{new_calls / old_calls:.0%} of the calls, {new_bytes / old_bytes:.0%} of the bytes")
    if "--base" in sys.argv:
        for name, part in zip(("CALLS", "BYTES"), zip(*before, strict=True), strict=True):
            print(f"BEFORE_{name} = {part}")


if __name__ == "__main__":
    main()
