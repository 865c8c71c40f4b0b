"""docs/performance.md is what `make bench` wrote, and says what is met and what is not."""

from dataclasses import replace

import pytest

from bench.log_cost import LogCost
from bench.side_by_side.document import document
from bench.side_by_side.goals import GOALS, Goal
from bench.side_by_side.memory import Memory
from bench.side_by_side.results import DOCUMENT, RESULTS, Results, load
from bench.side_by_side.samples import Sample
from bench.side_by_side.works import OURS_POSTGRESQL, WORKS

SAMPLE = Sample(100, 10, 20, cpu_ms=1, stores_ms=0.5, foreign_share=0.01, calibration_ms=10)
TEN_TIMES_SLOWER = replace(SAMPLE, requests_per_s=10, p99_ms=200, cpu_ms=10)


def results_of(ours: Sample, theirs: Sample) -> Results:
    results = Results({"Date": "2026-11-30"})
    results.samples = {"list": {OURS_POSTGRESQL: [ours] * 3, "fastapi": [theirs] * 3}}
    return results


def rows_of(page: str, work: str) -> list[str]:
    """The rows about a work under the heading Goals that were measured."""
    goals = page.partition("## Goals")[2].partition("\n## ")[0]
    return [line for line in goals.splitlines() if line.startswith(f"| {WORKS[work].title} |") and "not measured" not in line]


def test_the_document_is_written_from_the_results_beside_it() -> None:
    assert DOCUMENT.read_text() == document(load(RESULTS))


def test_a_whole_run_measured_every_work() -> None:
    results = load(RESULTS)
    assert list(results.samples) == list(WORKS)
    assert {name: list(of_work) for name, of_work in results.samples.items()} == {
        name: list(work.requests) for name, work in WORKS.items()
    }


@pytest.mark.parametrize(
    ("ours", "theirs", "verdict"), [(SAMPLE, TEN_TIMES_SLOWER, "met"), (TEN_TIMES_SLOWER, SAMPLE, "**not met**")]
)
def test_a_goal_is_judged_by_the_ratio_of_medians(ours: Sample, theirs: Sample, verdict: str) -> None:
    rows = rows_of(document(results_of(ours, theirs)), "list")
    assert len(rows) == 3
    assert all(row.endswith(f"| {verdict} |") for row in rows)


def test_what_stands_in_the_way_is_told_of_what_is_not_met_alone() -> None:
    assert "What stands in the way" in document(results_of(TEN_TIMES_SLOWER, SAMPLE))
    assert "What stands in the way" not in document(results_of(SAMPLE, TEN_TIMES_SLOWER))


def test_a_goal_whose_peer_failed_is_not_measured() -> None:
    results = results_of(SAMPLE, SAMPLE)
    results.failures = {"List of 25 projects: go": "FileNotFoundError: go"}
    page = document(results)
    assert "≥ 0.5 × go | not measured |" in page
    assert "| List of 25 projects: go | FileNotFoundError: go |" in page


def test_a_run_among_others_says_so() -> None:
    doubt = "what follows holds only roughly"
    assert doubt not in document(results_of(SAMPLE, SAMPLE))
    assert doubt in document(results_of(replace(SAMPLE, foreign_share=0.4), replace(SAMPLE, foreign_share=0.3)))


def test_memory_beyond_its_bound_is_not_met() -> None:
    results = results_of(SAMPLE, SAMPLE)
    results.memory = {OURS_POSTGRESQL: Memory(at_rest_mb=199, under_load_mb=261)}
    page = document(results)
    assert "memory at rest | ≤ 200 MB | 199 | met |" in page
    assert "memory under load | ≤ 260 MB | 261 | **not met** |" in page


def test_every_goal_is_of_servers_that_do_the_work() -> None:
    assert [goal for goal in GOALS if not _servers_of(goal) <= set(WORKS[goal.work].requests)] == []


def _servers_of(goal: Goal) -> set[str]:
    return {goal.ours} | ({goal.peer} if goal.peer else set())


@pytest.mark.parametrize(("more", "verdict"), [(0.029, "met"), (0.031, "**not met**")])
def test_what_the_log_costs_is_judged(more: float, verdict: str) -> None:
    results = Results({"Date": "2026-11-30"}, log={"sqlite": LogCost(500, more)})
    assert f"| sqlite | 500 | {more:.1%} | {verdict} |" in document(results)
