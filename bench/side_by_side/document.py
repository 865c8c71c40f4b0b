"""docs/performance.md, wholly written from what a run found: `python -m bench.side_by_side.document` writes it again."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from math import nan
from statistics import median

from bench.log_cost import MORE_AT_MOST
from bench.side_by_side.goals import GOALS, MOST_MB, OBSTACLES, Goal
from bench.side_by_side.results import DOCUMENT, RESULTS, Results, load
from bench.side_by_side.table import HEADINGS, middle, rows
from bench.side_by_side.works import FLOOR, KEPT_KEYS, OURS, WORKS

_INTRODUCTION = """\
# Performance

`make bench` wrote this page from [performance.json](performance.json); a figure is changed by measuring it again. What
each peer does and does not do stands in `bench/peers/<name>/README.md`: same tables and rows, same JSON, the same checks of
each request, and no credential kept from one request to the next.

Servers are measured in turn, in rounds, on the same cores as PostgreSQL, Redis and wrk, which sends the load. Figures are medians
of the rounds. CPU is that of a server's processes for one request, ± half the distance between the rounds' least and most; stores
are PostgreSQL and Redis. Others is the share of the machine's CPU that went elsewhere, and loop the CPU of one fixed loop before
and after each measurement: where they differ between the rows of a table, the machine was not quiet, and CPU says more than
requests/s. PostgreSQL runs as Debian configures it: each commit is on the disk before it is answered. SQLite runs as CalmBoard
configures it, with WAL and synchronous=NORMAL: a commit survives the end of the program, but not always a loss of power.
"""

_CREATION = """\
Ours and `fastapi` do the same work: a rank at the bottom of the column under a lock, the project's next number, the activity, the
board's time, one commit, and the task read back. A bare insert is the checks and one INSERT.
"""

_LIST = f"""\
Two rows show what ours could come to: `{KEPT_KEYS}` lets a revoked key work for so long, which ours may not,
and `{FLOOR}` is our server and framework without anything of ours.
"""

_LAYERS = """\
Of ours, a call after the other in one thread, so without what threads, processes and the caches of the machine take from each
other; a layer has what it calls in libraries.
"""

_NOTES = {"create": _CREATION, "list": _LIST}
# The share of the machine that others may take before its figures are doubted.
_QUIET = 0.1
_NOT_MEASURED = {"cpu_ms": nan, "stores_ms": nan}


def main() -> None:
    DOCUMENT.write_text(document(load(RESULTS)))


def document(results: Results) -> str:
    measured = [*_about(results), *_goals(results), *_works(results), *_memory(results), *_layers(results), *_log(results)]
    return "\n".join([_INTRODUCTION, *measured, *_failures(results)])


def _about(results: Results) -> Iterator[str]:
    yield _table(("", ""), results.about.items())
    shares = [
        sample.foreign_share for of_work in results.samples.values() for of_server in of_work.values() for sample in of_server
    ]
    if shares and median(shares) > _QUIET:
        yield f"**In the middle measurement others took {median(shares):.0%} of the machine: what follows holds only roughly.**\n"


def _goals(results: Results) -> Iterator[str]:
    yield "## Goals\n"
    reached = [(goal, goal.reached(results.samples)) for goal in GOALS]
    memory = list(_memory_goals(results))
    yield _table(("work", "of", "figure", "goal", "reached", ""), [*(_goal_row(goal, ratio) for goal, ratio in reached), *memory])
    unmet = {goal.work for goal, ratio in reached if ratio is not None and not goal.is_met(ratio)}
    if obstacles := [_obstacle(results, work) for work in OBSTACLES if work in unmet]:
        yield "What stands in the way of those that are not met, and what it would take:\n"
        yield "\n".join(obstacles) + "\n"


def _obstacle(results: Results, work: str) -> str:
    """With the medians of each server where the text names them."""
    figures = {
        name: {figure: middle(samples, figure) for figure in ("cpu_ms", "stores_ms")}
        for name, samples in results.samples[work].items()
    }
    text = OBSTACLES[work].format_map(defaultdict(lambda: _NOT_MEASURED, figures))
    return f"- **{WORKS[work].title}.** {text}"


def _goal_row(goal: Goal, reached: float | None) -> Sequence[str]:
    figures = ("not measured", "") if reached is None else (f"{reached:.2f}", _verdict(goal.is_met(reached)))
    return (WORKS[goal.work].title, goal.ours, goal.figure_name, goal.text, *figures)


def _memory_goals(results: Results) -> Iterator[Sequence[str]]:
    for name in OURS:
        if (memory := results.memory.get(name)) is not None:
            for what, most, mb in (
                ("at rest", MOST_MB.at_rest_mb, memory.at_rest_mb),
                ("under load", MOST_MB.under_load_mb, memory.under_load_mb),
            ):
                yield "Server and worker", name, f"memory {what}", f"≤ {most:.0f} MB", f"{mb:.0f}", _verdict(mb <= most)


def _verdict(is_met: bool) -> str:
    return "met" if is_met else "**not met**"


def _works(results: Results) -> Iterator[str]:
    for name, samples in results.samples.items():
        yield f"## {WORKS[name].title}\n"
        if name in _NOTES:
            yield _NOTES[name]
        yield _table(HEADINGS, rows(samples))


def _memory(results: Results) -> Iterator[str]:
    if results.memory:
        yield "## Memory\n"
        yield "Of all processes of a server, what they share divided among them (PSS); ours with its launcher and its worker.\n"
        figures = ((name, f"{one.at_rest_mb:.0f}", f"{one.under_load_mb:.0f}") for name, one in results.memory.items())
        yield _table(("", "at rest MB", "under load MB"), figures)


def _layers(results: Results) -> Iterator[str]:
    if results.layers:
        yield "## Where the CPU of a list goes\n"
        yield _LAYERS
        names = dict.fromkeys(layer for layers in results.layers.values() for layer in layers)
        lines = [(name, *(f"{layers.get(name, 0):.0f}" for layers in results.layers.values())) for name in names]
        in_all = ("in all", *(f"{sum(layers.values()):.0f}" for layers in results.layers.values()))
        yield _table(("", *(f"{kind} µs" for kind in results.layers)), [*lines, in_all])


def _log(results: Results) -> Iterator[str]:
    if results.log:
        yield "## What the log of requests costs\n"
        yield "More CPU of a list with the log than without it, in turns; that of the thread that writes it too.\n"
        figures = (
            (kind, f"{one.without_us:.0f}", f"{one.more:.1%}", _verdict(one.is_little)) for kind, one in results.log.items()
        )
        yield _table(("", "µs without it", "more with it", f"≤ {MORE_AT_MOST:.0%}"), figures)


def _failures(results: Results) -> Iterator[str]:
    if results.failures:
        yield "## What failed\n"
        yield _table(("", ""), results.failures.items())


def _table(headings: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """A table whose columns of figures are aligned to the right."""
    lines = list(lines)
    rules = ["---:" if lines and all(line[index][:1].isdigit() for line in lines) else "---" for index in range(len(headings))]
    return "\n".join(f"| {' | '.join(line)} |" for line in (headings, rules, *lines)) + "\n"


if __name__ == "__main__":
    main()
