"""The figures of a work as a table: medians of the rounds, and how far these were apart."""

from collections.abc import Mapping, Sequence
from statistics import median

from bench.side_by_side.samples import Sample

HEADINGS = ("", "requests/s", "CPU ms", "± %", "stores ms", "p50 ms", "p99 ms", "others %", "loop ms")


def rows(samples: Mapping[str, Sequence[Sample]]) -> list[tuple[str, ...]]:
    """A row for each server, in the order of HEADINGS."""
    return [(name, *_figures(of_server)) for name, of_server in samples.items()]


def middle(samples: Sequence[Sample], figure: str) -> float:
    """The median of one figure."""
    figures: list[float] = [getattr(sample, figure) for sample in samples]
    return median(figures)


def spread(samples: Sequence[Sample]) -> float:
    """Half the distance between the least and the most CPU of the rounds, as a part of their median."""
    costs = [sample.cpu_ms for sample in samples]
    return (max(costs) - min(costs)) / 2 / median(costs)


def printed(samples: Mapping[str, Sequence[Sample]]) -> str:
    lines = [HEADINGS, *rows(samples)]
    width = max(len(line[0]) for line in lines)
    return "\n".join(line[0].ljust(width) + "".join(cell.rjust(12) for cell in line[1:]) for line in lines)


def _figures(samples: Sequence[Sample]) -> tuple[str, ...]:
    return (
        f"{middle(samples, 'requests_per_s'):,.0f}",
        f"{middle(samples, 'cpu_ms'):.2f}",
        f"{spread(samples):.0%}".removesuffix("%"),
        f"{middle(samples, 'stores_ms'):.2f}",
        f"{middle(samples, 'p50_ms'):.1f}",
        f"{middle(samples, 'p99_ms'):.1f}",
        f"{middle(samples, 'foreign_share'):.0%}".removesuffix("%"),
        f"{middle(samples, 'calibration_ms'):.1f}",
    )
