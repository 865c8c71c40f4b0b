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

# What stands in the way of a goal that is not met, and what it would take, with medians of the same run; where the CPU goes, the
# page shows by layers.
OBSTACLES = {
    "list": (
        "Of {ours, PostgreSQL and Redis[cpu_ms]:.2f} ms the framework and the server alone take {flask, a constant[cpu_ms]:.2f}"
        " (`flask, a constant`). The rest is ours, in three waits: who asks, the window, the rows. Around each the interpreter"
        " passes from one thread to another. Not to read a key again would leave {ours, keys kept for 20 s[cpu_ms]:.2f} ms"
        " (`ours, keys kept for 20 s`) and would still not do. It would take a sign that each change of a right gives, and what"
        " is changed past us would be seen late, so it is not done. What is left then, the driver's calls and rows to JSON, would"
        " take compiled code."
    ),
    "create": (
        "PostgreSQL itself takes {ours, PostgreSQL and Redis[stores_ms]:.2f} ms of CPU for each task, and"
        " {fastapi[stores_ms]:.2f} for fastapi's; the servers take {ours, PostgreSQL and Redis[cpu_ms]:.2f} and"
        " {fastapi[cpu_ms]:.2f}. What ours has more is the lock on the project, which a change of members takes too. Ten"
        " statements wait one for another. It would take libpq's pipeline mode to send them in three, which spares the waits,"
        " but not the work of PostgreSQL: that alone takes nearly all that the goal leaves."
    ),
    "tool": (
        "An answer is made twice, as data and as text, and costs {ours, PostgreSQL and Redis[cpu_ms]:.2f} ms; the SDK's server"
        " takes {mcp_sdk[cpu_ms]:.2f}. Beside the steps of the list it would take the text written straight from the rows."
    ),
    "refresh": (
        "oidc-provider keeps its tokens in memory here, and takes {oidc_provider[cpu_ms]:.2f} ms. Ours reads the client, locks"
        " the grant, rotates, writes two tokens and commits them to the disk, in seven waits: PostgreSQL alone takes"
        " {ours, PostgreSQL and Redis[stores_ms]:.2f} ms for it. It would take a store that forgets what it confirmed."
    ),
    "tasks": (
        "PostgreSQL and Redis take {ours, PostgreSQL and Redis[stores_ms]:.2f} ms beside our"
        " {ours, PostgreSQL and Redis[cpu_ms]:.2f}. It would take the steps of the list."
    ),
    "page": "What is left are rows, links and forms of the reader's own. It would take fewer keys on a page.",
}
