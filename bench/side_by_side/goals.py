"""What is to be reached, as ratios of medians of one run."""

from collections.abc import Mapping
from dataclasses import dataclass

from bench.side_by_side.memory import Memory
from bench.side_by_side.rounds import Samples
from bench.side_by_side.table import middle
from bench.side_by_side.works import OURS_POSTGRESQL, OURS_SQLITE

_FIGURES = {"requests_per_s": "requests/s", "cpu_ms": "CPU", "p99_ms": "p99"}


@dataclass(frozen=True, slots=True)
class Goal:
    """A figure of ours, at least or at most so many times that of a peer at the same work; without one, milliseconds."""

    work: str
    figure: str
    peer: str | None
    bound: float
    ours: str = OURS_POSTGRESQL

    @property
    def is_least(self) -> bool:
        return self.figure == "requests_per_s"

    def is_met(self, reached: float) -> bool:
        return reached >= self.bound if self.is_least else reached <= self.bound

    def reached(self, samples: Mapping[str, Samples]) -> float | None:
        """The ratio, or None where one of the two was not measured."""
        of_work = samples.get(self.work, {})
        if self.ours not in of_work or (self.peer is not None and self.peer not in of_work):
            return None
        return middle(of_work[self.ours], self.figure) / (middle(of_work[self.peer], self.figure) if self.peer else 1)

    @property
    def text(self) -> str:
        bound = f"{'≥' if self.is_least else '≤'} {self.bound:.2f}".rstrip("0").rstrip(".")
        return f"{bound} × {self.peer}" if self.peer else f"{bound} ms"

    @property
    def figure_name(self) -> str:
        return _FIGURES[self.figure]


GOALS = (
    Goal("list", "cpu_ms", "fastapi", 0.25),
    Goal("list", "cpu_ms", "django_rest_framework", 0.15),
    Goal("list", "cpu_ms", "fastify", 1.2),
    Goal("list", "requests_per_s", "fastapi", 4),
    Goal("list", "requests_per_s", "django_rest_framework", 7),
    Goal("list", "requests_per_s", "fastify", 0.9),
    Goal("list", "requests_per_s", "go", 0.5),
    Goal("list", "requests_per_s", "go", 0.9, OURS_SQLITE),
    Goal("list", "p99_ms", "fastapi", 0.25),
    Goal("tasks", "requests_per_s", "fastapi", 3),
    Goal("create", "requests_per_s", "fastapi", 3),
    Goal("create", "requests_per_s", "fastapi, bare insert", 1.2),
    Goal("create", "p99_ms", None, 100, OURS_SQLITE),
    Goal("tool", "requests_per_s", "mcp_sdk", 4),
    Goal("tool", "cpu_ms", "mcp_sdk", 0.6),
    Goal("refresh", "requests_per_s", "oidc_provider", 1 / 3),
    Goal("page", "cpu_ms", "fastapi, list of projects", 15 / 3.5),
)

MOST_MB = Memory(at_rest_mb=200, under_load_mb=260)

# What stands in the way of a goal that is not met, and what it would take; `python -m bench.budget` shows the layers.
OBSTACLES = {
    "list": (
        "A call spends most of its time in the interpreter, not in waiting: Flask's contexts and hooks, Werkzeug's request and"
        " response, who asks, the window, two statements and the way to JSON share it. The largest step left is not to read a key"
        " again whose rights nothing has changed, by a sign in the window's script: each change of a right would have to give it,"
        " and one made past us would go unseen. Then comes a dispatch of our own before Flask's, then compiled code."
    ),
    "create": (
        "Each statement waits for the one before. It would take those without a result in one round trip with the commit, by"
        " libpq's pipeline mode, which also holds the locks for less time."
    ),
    "tool": (
        "An answer is made twice, as data and as text, with the boards of each project by a further statement. Beside the steps"
        " of the list it would take the text written straight from the rows."
    ),
    "refresh": (
        "oidc-provider keeps its tokens in memory here. Ours locks the grant, rotates, writes two tokens and commits them to the"
        " disk. It would take its statements in one round trip, by libpq's pipeline mode."
    ),
    "page": "What is left are rows, links and forms of the reader's own. It would take fewer keys on a page.",
}
